package app

import (
	"fmt"
	"time"

	"github.com/google/uuid"
)

// The events between a transfer's turn and the moment its pieces move.

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
	t.rec.Describe(e.desc.Package)
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
	d := newDownload(t, s.self, s.rng, now, have)
	d.askingNear = s.peers && t.rec.Mode == ModeAll
	t.rec.Have = t.rec.Size - d.left
	t.pieces = foundPieces(t.pieces, have)
	if t.complete() {
		if !have.Contains(d.wanted) {
			return t.fail(now, NewProblem(FileChanged, t.rec.Path, nil))
		}
		return t.completed(s, now)
	}
	t.down = d
	t.enter(Downloading)
	return []effect{fxSave{t.rec}, t.log(now, "started",
		fmt.Sprintf("%d of %d pieces are here", have.Count(), d.wanted.Count())), fxFind{t.rec, t.want()}}
}

// want says what to look for: the manifest's origins and what the user typed.
func (t *transfer) want() Want { return wantOf(t.desc, t.rec.Secret, t.rec.Peers, t.rec.Typed) }

func wantOf(d *Described, secret []byte, peers []string, typed Typed) Want {
	w := Want{Package: d.Package, Hashes: d.Hashes, Secret: secret, Peers: peers, TypedPeers: typed.Peers}
	for _, u := range typed.Origins {
		w.Origins = append(w.Origins, Origin{URL: u, Typed: true})
	}
	for _, u := range d.Package.Manifest.Origins {
		w.Origins = append(w.Origins, Origin{URL: u})
	}
	return w
}
