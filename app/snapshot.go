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
	snap := &Snapshot{Version: version, At: now, Transfers: make([]View, 0, len(s.list))}
	for _, t := range s.list {
		snap.Transfers = append(snap.Transfers, t.view(now))
	}
	return snap
}

func (t *transfer) view(now time.Time) View {
	r := t.rec
	v := View{ID: r.ID, Package: r.Package, Name: r.Name, State: r.State, Problem: t.problem, Checked: t.checked,
		Counts: r.Counts, Serving: t.serving, Folder: r.Folder, Target: r.Target, Path: r.Path, Left: -1}
	v.Rates.Given = t.givenRate.value
	if t.desc != nil {
		v.Size = selectedBytes(t.desc, r.Selected)
		v.Pieces = t.desc.Package.Layout.Pieces()
	}
	if t.complete() {
		v.Have = v.Size
	}
	d := t.down
	if d == nil {
		return v
	}
	v.Have = v.Size - d.left
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
	for _, f := range d.feeds {
		if f.connected || f.got > 0 || f.problem != nil {
			v.Sources = append(v.Sources, f.view())
		}
	}
	sort.Slice(v.Sources, func(i, j int) bool { return v.Sources[i].before(v.Sources[j]) })
	return v
}

// got is the verified bytes of this run from sources of one kind.
func (d *download) got(kind Kind) (n int64) {
	for _, f := range d.feeds {
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
