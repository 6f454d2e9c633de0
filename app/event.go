package app

import (
	"fmt"
	"time"

	"github.com/google/uuid"
)

// event is one change, applied while nothing else touches the state. Commands
// of the user come first in this file, results of effects after them.
type event interface {
	apply(s *state, now time.Time) []effect
}

// reply is where a command's caller waits. It has room for the one answer, so
// that answering never blocks; nil where nobody waits.
type reply chan error

// evInspect puts a lead on the list that Inspect is resolving.
type evInspect struct {
	id   uuid.UUID
	lead Lead
}

func (e evInspect) apply(s *state, now time.Time) []effect {
	t := &transfer{lead: e.lead, rec: Record{ID: e.id, Name: e.lead.Link.Name, State: Resolving, Created: now}}
	s.list = append(s.list, t)
	return nil
}

// evResolved ends Resolving: with a verified description, or with a problem
// and no trace of the transfer.
type evResolved struct {
	id        uuid.UUID
	desc      Described
	publisher Publisher
	problem   *Problem
	reply     reply
}

func (e evResolved) apply(s *state, now time.Time) []effect {
	t := s.find(e.id)
	if t == nil || t.rec.State != Resolving {
		return []effect{fxReply{e.reply, NewProblem(Stopped, "looking it up", nil)}}
	}
	if e.problem != nil {
		s.drop(t)
		return []effect{fxReply{e.reply, e.problem}}
	}
	t.desc, t.publisher = &e.desc, e.publisher
	t.rec.Package, t.rec.Name = e.desc.Package.ID, e.desc.Package.Manifest.Name
	t.enter(Offered)
	return []effect{fxReply{e.reply, nil}}
}

// evAccept is the user's yes. It is the only way from Offered to Queued.
type evAccept struct {
	id     uuid.UUID
	choice Choice
	reply  reply
}

func (e evAccept) apply(s *state, now time.Time) []effect {
	t := s.find(e.id)
	if t == nil || t.rec.State != Offered {
		return []effect{fxReply{e.reply, NewProblem(BadInput, "There is no such offer any more", nil)}}
	}
	c, r := e.choice, &t.rec
	if c.Target == "" {
		c.Target = TargetName(t.desc.Package)
	}
	for _, o := range s.list {
		if o != t && o.rec.Folder == c.Folder && o.rec.Target == c.Target {
			return []effect{fxReply{e.reply, NewProblem(TargetExists, c.Target+" in "+c.Folder, nil)}}
		}
	}
	r.Folder, r.Target, r.Selected = c.Folder, c.Target, c.Selected
	r.Seed, r.NoShare, r.Limit = c.Seed, c.NoShare, c.Limit
	r.Secret, r.Peers = t.lead.Link.Secret, t.lead.Link.Peers
	r.Typed, r.Mode = t.lead.Typed, t.lead.Mode
	t.fresh = true
	t.enter(Queued)
	pub := t.publisher
	if pub.Packages == 0 {
		pub.FirstSeen = now
	}
	pub.Packages++
	if c := t.desc.Package.Manifest.Created; c.After(pub.Newest) {
		pub.Newest = c
	}
	return []effect{fxSave{*r}, fxSavePublisher{pub}, fxReply{e.reply, nil},
		t.log(now, "accepted", fmt.Sprintf("%s, into %s", r.Name, r.Folder))}
}

// evAdd puts a saved transfer, or files to be shared, on the list.
type evAdd struct {
	rec    Record
	desc   *Described // with adopt
	adopt  bool
	verify bool
	reply  reply
}

func (e evAdd) apply(s *state, now time.Time) []effect {
	if s.find(e.rec.ID) != nil {
		return []effect{fxReply{e.reply, nil}}
	}
	t := &transfer{rec: e.rec, desc: e.desc, adopt: e.adopt, verify: e.verify, given: e.rec.Counts.Given}
	s.list = append(s.list, t)
	switch e.rec.State {
	case Checking, Downloading, Seeding, Queued: // what ran when the program ended goes on
		t.enter(Queued)
	case Failed:
		t.problem = NewProblem(savedKind(e.rec.Problem), e.rec.Name, nil)
	}
	fx := []effect{fxReply{e.reply, nil}}
	if e.adopt {
		fx = append(fx, fxSave{t.rec}, t.log(now, "shared", e.rec.Path))
	}
	return fx
}

// evPause stops a transfer and keeps everything.
type evPause struct {
	id    uuid.UUID
	reply reply
}

func (e evPause) apply(s *state, now time.Time) []effect {
	t := s.find(e.id)
	if t == nil {
		return []effect{fxReply{e.reply, noTransfer(e.id)}}
	}
	switch t.rec.State {
	case Queued, Checking, Downloading, Seeding:
		t.enter(Paused)
		return append(t.close(), fxSave{t.rec}, t.log(now, "paused", ""), fxReply{e.reply, nil})
	}
	return []effect{fxReply{e.reply, nil}}
}

// evResume starts a transfer again that was paused, failed or done; one that
// is complete is shared again.
type evResume struct {
	id    uuid.UUID
	reply reply
}

func (e evResume) apply(s *state, now time.Time) []effect {
	t := s.find(e.id)
	if t == nil {
		return []effect{fxReply{e.reply, noTransfer(e.id)}}
	}
	switch t.rec.State {
	case Done:
		t.rec.Seed = true
		fallthrough
	case Paused, Failed:
		t.problem = nil
		t.enter(Queued)
		return []effect{fxSave{t.rec}, t.log(now, "resumed", ""), fxReply{e.reply, nil}}
	}
	return []effect{fxReply{e.reply, nil}}
}

// evRemove takes a transfer, or an offer, off the list. A part folder goes
// with it; finished and shared files stay.
type evRemove struct {
	id    uuid.UUID
	reply reply
}

func (e evRemove) apply(s *state, now time.Time) []effect {
	t := s.find(e.id)
	if t == nil {
		return []effect{fxReply{e.reply, noTransfer(e.id)}}
	}
	t.forget = true
	if t.open {
		t.enter(Paused)
		return append(t.close(), fxReply{e.reply, nil})
	}
	s.drop(t)
	fx := []effect{fxReply{e.reply, nil}}
	if t.rec.State != Resolving && t.rec.State != Offered {
		fx = append(fx, fxForget{t.rec})
	}
	return fx
}

func noTransfer(id uuid.UUID) *Problem {
	return NewProblem(BadInput, "There is no transfer "+id.String(), nil)
}

// evStop ends the program: every payload is closed, states stay as they are.
type evStop struct{}

func (evStop) apply(s *state, now time.Time) []effect {
	s.stopping = true
	var fx []effect
	for _, t := range s.list {
		fx = append(fx, t.close()...)
	}
	return fx
}

// evOpened: the payload is open, have is on disk.
type evOpened struct {
	id      uuid.UUID
	desc    *Described
	have    Bitmap
	recheck bool
	problem *Problem
}

func (e evOpened) apply(s *state, now time.Time) []effect {
	t := s.find(e.id)
	if t.leaving { // evClosed follows
		return nil
	}
	if e.problem != nil {
		return t.fail(now, e.problem)
	}
	t.desc, t.fresh, t.adopt, t.verify = e.desc, false, false, false
	if e.recheck {
		t.checked = 0
		return []effect{fxCheck{e.id}, t.log(now, "checking", "comparing the files with the hash list")}
	}
	return t.ready(s, now, e.have)
}

// evChecking says how far a check is.
type evChecking struct {
	id       uuid.UUID
	fraction float64
}

func (e evChecking) apply(s *state, now time.Time) []effect {
	if t := s.find(e.id); t != nil {
		t.checked = e.fraction
	}
	return nil
}

// evChecked ends a check: have is what is right on disk.
type evChecked struct {
	id      uuid.UUID
	have    Bitmap
	problem *Problem
}

func (e evChecked) apply(s *state, now time.Time) []effect {
	t := s.find(e.id)
	if t.leaving {
		return nil
	}
	if e.problem != nil {
		return t.fail(now, e.problem)
	}
	// What the check found is saved at once: it may have taken an hour.
	return append([]effect{fxCheckpoint{t.rec}}, t.ready(s, now, e.have)...)
}

// ready decides what an open payload is for: to download, to share, or
// neither.
func (t *transfer) ready(s *state, now time.Time, have Bitmap) []effect {
	d := newDownload(t, s.rng, now, have)
	if t.complete() {
		if !have.Contains(d.wanted) {
			return t.fail(now, NewProblem(FileChanged, t.rec.Path, nil))
		}
		return t.completed(now)
	}
	t.down = d
	t.enter(Downloading)
	fx := []effect{fxSave{t.rec}, t.log(now, "started",
		fmt.Sprintf("%d of %d pieces are here", have.Count(), d.wanted.Count()))}
	if !t.rec.NoShare {
		fx = append(fx, fxServe{t.rec.ID})
	}
	return append(fx, fxFind{t.rec, t.want()})
}

// completed goes on to share, or to be done.
func (t *transfer) completed(now time.Time) []effect {
	if t.rec.Seed && !t.rec.NoShare {
		t.enter(Seeding)
		return []effect{fxServe{t.rec.ID}, fxSave{t.rec}}
	}
	t.enter(Done)
	return append(t.close(), fxSave{t.rec})
}

// want says what to look for: the manifest's origins and what the user typed.
func (t *transfer) want() Want {
	w := Want{Package: t.desc.Package, Hashes: t.desc.Hashes, Secret: t.rec.Secret,
		Peers: t.rec.Peers, TypedPeers: t.rec.Typed.Peers}
	for _, u := range t.rec.Typed.Origins {
		w.Origins = append(w.Origins, Origin{URL: u, Typed: true})
	}
	for _, u := range t.desc.Package.Manifest.Origins {
		w.Origins = append(w.Origins, Origin{URL: u})
	}
	return w
}

// evFinished: the payload is in its place.
type evFinished struct {
	id      uuid.UUID
	path    string
	problem *Problem
}

func (e evFinished) apply(s *state, now time.Time) []effect {
	t := s.find(e.id)
	if e.problem != nil {
		return t.fail(now, e.problem)
	}
	t.rec.Path, t.rec.Finished, t.down.ended = e.path, now, now
	c := t.rec.Counts
	fx := []effect{t.log(now, "finished", fmt.Sprintf("%d bytes from peers, %d from the origin, at %s", c.Peers, c.Origin, e.path))}
	if t.leaving {
		return append(fx, fxSave{t.rec})
	}
	if t.rec.Seed && !t.rec.NoShare {
		t.enter(Seeding) // serving goes on as it was
		return append(fx, fxSave{t.rec})
	}
	return append(fx, t.completed(now)...)
}

// evClosed: nothing of the transfer is open or running any more.
type evClosed struct {
	id      uuid.UUID
	given   int64 // bytes sent to peers while it was open
	problem *Problem
}

func (e evClosed) apply(s *state, now time.Time) []effect {
	t := s.find(e.id)
	t.open, t.leaving = false, false
	t.given += e.given
	t.rec.Counts.Given, t.serving = t.given, ServeStats{}
	if !t.complete() { // what brought a complete one stays to be looked at
		t.down = nil
	}
	if t.forget {
		s.drop(t)
		return []effect{fxForget{t.rec}}
	}
	if e.problem != nil && t.rec.State != Failed {
		t.problem = e.problem
		t.enter(Failed)
		return []effect{fxSave{t.rec}, t.log(now, "failed", e.problem.Error())}
	}
	return []effect{fxSave{t.rec}}
}

// evFileChanged: a shared file is no longer what was verified.
type evFileChanged struct {
	id      uuid.UUID
	problem *Problem
}

func (e evFileChanged) apply(s *state, now time.Time) []effect {
	if t := s.find(e.id); t != nil && t.open && !t.leaving {
		return t.fail(now, e.problem)
	}
	return nil
}

// evRoom: how much room the disk has for a transfer that ran out of it.
type evRoom struct {
	id   uuid.UUID
	free int64
}

func (e evRoom) apply(s *state, now time.Time) []effect {
	t := s.find(e.id)
	if t == nil || !t.waitsForRoom() || t.desc == nil {
		return nil
	}
	if e.free < selectedBytes(t.desc, t.rec.Selected)-t.rec.Counts.Peers-t.rec.Counts.Origin {
		return nil
	}
	return evResume{id: e.id}.apply(s, now)
}

func (t *transfer) waitsForRoom() bool {
	return t.rec.State == Failed && t.problem != nil && t.problem.Meaning().Retry == RetryOnRoom && !t.open
}

// evStoreFault: a record could not be written.
type evStoreFault struct {
	id      uuid.UUID
	problem *Problem
}

func (e evStoreFault) apply(s *state, now time.Time) []effect {
	t := s.find(e.id)
	if t == nil || !t.open || t.leaving {
		return nil
	}
	t.problem = e.problem
	t.enter(Failed)
	return t.close()
}
