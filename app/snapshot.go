package app

import (
	"sort"
	"time"

	"github.com/google/uuid"

	"grove/app/pack"
)

// Snapshot is an immutable picture of the engine. A reader asks for one newer
// than the version it has; slow readers skip versions and miss nothing that
// still holds.
type Snapshot struct {
	Version   uint64
	At        time.Time
	Transfers []View // in the order of the list
	Settings  Settings
	Month     Month
	Around    Surroundings // with what ended a few seconds ago
	Down, Up  int64        // the limits that hold now, bytes a second; 0 is none
	Held      int          // transfers that PauseAll paused and ResumeAll would start
}

// Transfer returns the view of id, or nil.
func (s *Snapshot) Transfer(id uuid.UUID) *View {
	for i := range s.Transfers {
		if s.Transfers[i].ID == id {
			return &s.Transfers[i]
		}
	}
	return nil
}

// View is one transfer in a Snapshot. Sizes are bytes, rates bytes a second.
type View struct {
	ID      uuid.UUID
	Package pack.ID
	Name    string
	State   State
	Problem *Problem // why it is slow or stopped, or nil
	Size    int64    // of the selected files
	Have    int64    // verified, of those
	Checked float64  // 0..1 while Checking
	Pieces  int
	Counts  Counts
	Rates   Rates
	Left    time.Duration // estimated; negative when it cannot be known
	Sources []SourceView  // those with bytes in this run or connected now
	Serving ServeStats
	Folder  string
	Target  string
	Path    string        // once complete
	Elapsed time.Duration // in Downloading, in this run

	Publisher Publisher // the zero key until the description is known
	Poster    []byte
	Files     int       // selected
	Created   time.Time // when it was put on the list
	Finished  time.Time // zero until then, and for what was shared in place
	Expires   time.Time // zero is never
	Shared    bool      // made of files that were here
	Private   bool      // needs the secret in its link
	Limit     int64     // bytes a second; 0 is none
	Policy    Policy    // its own; empty is that of the settings
	Seed      bool      // goes on being shared until the user says stop
	Give      Give      // how much is given of it
	Held      bool      // PauseAll paused it
	NotGiving NotGiving // why it is not given to others while it is open; "": it is, or by its own choice
	// Interference is what is done to its connections with people while it is
	// Downloading. It is no problem: the download goes on another way.
	Interference Interference
	// Yields: while it is Downloading others fill the line, and it leaves room.
	Yields bool
}

// Rates are bytes a second, decayed over a few seconds.
type Rates struct {
	Peers  float64
	Origin float64
	Given  float64
}

// Down is the rate from all sources.
func (r Rates) Down() float64 { return r.Peers + r.Origin }

// SourceView is one source in a View.
type SourceView struct {
	SourceInfo
	Connected bool
	Stalled   bool
	Bytes     int64 // verified bytes in this run
	Wasted    int64
	Rate      float64
	Problem   *Problem // why it is not used now
}

// snapshot makes the picture of the state at one moment.
func (s *state) snapshot(version uint64, now time.Time) *Snapshot {
	snap := &Snapshot{Version: version, At: now, Transfers: make([]View, 0, len(s.list)),
		Settings: s.settings, Month: s.monthly(), Around: s.around.counts, Down: s.limits.Down, Up: s.limits.Up, Held: s.held()}
	for _, t := range s.list {
		snap.Transfers = append(snap.Transfers, t.view(s, now))
	}
	return snap
}

func (t *transfer) view(s *state, now time.Time) View {
	r := &t.rec
	v := View{ID: r.ID, Package: r.Package, Name: r.Name, State: r.State, Problem: t.problem,
		Size: r.Size, Have: r.Have, Checked: t.checked, Counts: r.Counts, Left: -1, Serving: t.serving,
		Folder: r.Folder, Target: r.Target, Path: r.Path,
		Publisher: s.publisher(r.Publisher), Files: r.Files, Created: r.Created, Finished: r.Finished, Expires: r.Expires,
		Shared: r.Shared(), Private: len(r.Secret)+len(t.lead.Link.Secret) > 0,
		Limit: r.Limit, Policy: r.Policy, Seed: r.Seed, Give: r.Gives(), Held: r.Held, NotGiving: s.notGiving(t)}
	v.Rates.Given, v.Interference = t.givenRate.value, t.interference(s)
	v.Yields = s.yields && r.State == Downloading
	if t.desc != nil {
		v.Pieces, v.Poster = t.desc.Package.Layout.Pieces(), t.desc.Poster
	}
	if t.complete() {
		v.Have = v.Size
	}
	d := t.down
	if d == nil {
		return v
	}
	if v.Elapsed = now.Sub(d.since); !d.ended.IsZero() {
		v.Elapsed = d.ended.Sub(d.since)
	}
	v.Rates.Peers, v.Rates.Origin = d.peers.value, d.origin.value
	if d.leftRate.seen == 0 && v.Elapsed > 0 { // before the first tick: the mean so far
		v.Rates.Peers = float64(d.got(KindPeer)) / v.Elapsed.Seconds()
		v.Rates.Origin = float64(d.got(KindOrigin)+d.got(KindMirror)) / v.Elapsed.Seconds()
	}
	if d.leftRate.known() && d.leftRate.value > 1 {
		v.Left = time.Duration(float64(d.left) / d.leftRate.value * float64(time.Second))
	}
	for _, f := range d.order {
		if f.connected || f.got > 0 || f.problem != nil {
			v.Sources = append(v.Sources, f.view())
		}
	}
	sort.Slice(v.Sources, func(i, j int) bool { return v.Sources[i].before(v.Sources[j]) })
	return v
}

// got is the verified bytes of this run from sources of one kind.
func (d *download) got(kind Kind) (n int64) {
	for _, f := range d.order {
		if f.info.Kind == kind {
			n += f.got
		}
	}
	return n
}

func (f *feed) view() SourceView {
	return SourceView{SourceInfo: f.info, Connected: f.connected, Stalled: f.stalled,
		Bytes: f.got, Wasted: f.wasted, Rate: f.rate.value, Problem: f.problem}
}

// before orders sources for people: peers first, each kind by name.
func (v SourceView) before(o SourceView) bool {
	if v.Kind != o.Kind {
		return v.Kind < o.Kind
	}
	return v.ID < o.ID
}
