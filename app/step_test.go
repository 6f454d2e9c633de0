package app

import (
	"bytes"
	"crypto/rand"
	"flag"
	"fmt"
	"math"
	"os"
	"reflect"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"grove/app/pack"
)

var update = flag.Bool("update", false, "write the golden files anew")

// described makes a signed package of one file of four pieces.
func described(t *testing.T) Described {
	t.Helper()
	key, err := pack.NewKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	size := int64(4 * pack.MinPiece)
	whole, pieces, _, err := pack.HashFile(bytes.NewReader(make([]byte, size)), pack.MinPiece)
	if err != nil {
		t.Fatal(err)
	}
	b := pack.NewBuild(pack.MinPiece)
	if err := b.Add([]string{"film.mp4"}, whole, pieces, size); err != nil {
		t.Fatal(err)
	}
	m := pack.Manifest{Publisher: key.Public(), Created: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Name: "Film"}
	b.Fill(&m)
	grove, err := pack.Sign(m, key)
	if err != nil {
		t.Fatal(err)
	}
	p, err := pack.Open(grove)
	if err != nil {
		t.Fatal(err)
	}
	hashes, err := p.CheckHashes(b.List())
	if err != nil {
		t.Fatal(err)
	}
	return Described{Package: p, Hashes: hashes}
}

// stage brings a fresh state with one transfer into st, by events alone.
func stage(t *testing.T, d Described, st State) (*state, uuid.UUID, time.Time) {
	t.Helper()
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	set := DefaultSettings()
	set.MaxActive = 2
	s, id := newState(1, set), uuid.MustParse("00000000-0000-4000-8000-000000000001")
	s.lastTick = now
	none := NewBitmap(d.Package.Layout.Pieces())
	do := func(ev event) { s.step(now, ev) }
	road := []event{
		evInspect{id, Lead{}},
		evResolved{id: id, desc: d},
		evAccept{id: id, choice: Choice{Folder: "/f", Seed: true}},
	}
	switch st {
	case Resolving:
		road = road[:1]
	case Offered:
		road = road[:2]
	case Queued: // both places are taken
		s.settings.MaxActive = 0
	case Checking:
	case Downloading:
		road = append(road, evOpened{id: id, desc: &d, have: none})
	case Seeding, Done:
		road = append(road, evOpened{id: id, desc: &d, have: FullBitmap(none.Len())}, evFinished{id: id, path: "/f/film.mp4"})
	case Paused:
		road = append(road, evPause{id: id}, evClosed{id: id})
	case Failed:
		road = append(road, evOpened{id: id, problem: NewProblem(ReadOnly, "/f", nil)}, evClosed{id: id})
	}
	if st == Done {
		road[2] = evAccept{id: id, choice: Choice{Folder: "/f"}}
		road = append(road, evClosed{id: id})
	}
	for _, ev := range road {
		do(ev)
	}
	if got := s.find(id).rec.State; got != st {
		t.Fatalf("the road to %s led to %s", st, got)
	}
	return s, id, now
}

// TestTransitions writes down where every event leads from every state. A
// change of the golden file is a change of behaviour and is read as one.
func TestTransitions(t *testing.T) {
	d := described(t)
	n := d.Package.Layout.Pieces()
	source := SourceInfo{ID: "peer", Kind: KindPeer, Near: NearFar}
	givingOff := DefaultSettings()
	givingOff.Giving.On = false
	events := map[string]func(id uuid.UUID) event{
		"accept":              func(id uuid.UUID) event { return evAccept{id: id, choice: Choice{Folder: "/f"}} },
		"pause":               func(id uuid.UUID) event { return evPause{id: id} },
		"resume":              func(id uuid.UUID) event { return evResume{id: id} },
		"remove":              func(id uuid.UUID) event { return evRemove{id: id} },
		"pause all":           func(uuid.UUID) event { return evPauseAll{} },
		"resume all":          func(uuid.UUID) event { return evResumeAll{} },
		"stop sharing":        func(id uuid.UUID) event { return evStopSharing{id: id} },
		"give none":           func(id uuid.UUID) event { return evGive{id: id, give: GiveNone} },
		"give always":         func(id uuid.UUID) event { return evGive{id: id, give: GiveAlways} },
		"limit":               func(id uuid.UUID) event { return evLimit{id: id, limit: 5000} },
		"policy":              func(id uuid.UUID) event { return evPolicy{id: id, policy: PolicyFast} },
		"move":                func(id uuid.UUID) event { return evMove{id: id} },
		"giving off":          func(uuid.UUID) event { return evSettings{settings: givingOff} },
		"on battery":          func(uuid.UUID) event { return evAround{Surroundings{Battery: Yes}} },
		"line cut":            func(uuid.UUID) event { return evLine{NewProblem(NoInterface, "wg0", nil)} },
		"stop":                func(uuid.UUID) event { return evStop{} },
		"resolved":            func(id uuid.UUID) event { return evResolved{id: id, desc: d} },
		"not resolved":        func(id uuid.UUID) event { return evResolved{id: id, problem: NewProblem(NotFound, "x", nil)} },
		"file changed":        func(id uuid.UUID) event { return evFileChanged{id, NewProblem(FileChanged, "x", nil)} },
		"store fault":         func(id uuid.UUID) event { return evStoreFault{id, NewProblem(DiskFault, "x", nil)} },
		"source found":        func(id uuid.UUID) event { return evFound{id, source, sourceState{have: FullBitmap(n), window: miB}} },
		"not reached":         func(id uuid.UUID) event { return evMissed{id, "x", NewProblem(NoPath, "x", nil)} },
		"source gone":         func(id uuid.UUID) event { return evGone{id, "peer", nil} },
		"saved":               func(id uuid.UUID) event { return evSaved{id, nil} },
		"not saved, no space": func(id uuid.UUID) event { return evSaved{id, NewProblem(NoSpace, "x", nil)} },
		"room":                func(id uuid.UUID) event { return evRoom{id, 1 << 40} },
		"tick":                func(uuid.UUID) event { return evTick{} },
	}
	// These follow an effect and come only where it was asked for.
	follow := map[State]map[string]func(id uuid.UUID) event{
		Checking: {
			"opened":          func(id uuid.UUID) event { return evOpened{id: id, desc: &d, have: NewBitmap(n)} },
			"opened, suspect": func(id uuid.UUID) event { return evOpened{id: id, desc: &d, have: NewBitmap(n), recheck: true} },
			"opened, complete": func(id uuid.UUID) event {
				return evOpened{id: id, desc: &d, have: FullBitmap(n)}
			},
			"not opened":  func(id uuid.UUID) event { return evOpened{id: id, problem: NewProblem(ReadOnly, "/f", nil)} },
			"checked":     func(id uuid.UUID) event { return evChecked{id: id, have: NewBitmap(n)} },
			"not checked": func(id uuid.UUID) event { return evChecked{id: id, problem: NewProblem(DiskFault, "/f", nil)} },
		},
		Downloading: {
			"finished":     func(id uuid.UUID) event { return evFinished{id: id, path: "/f/film.mp4"} },
			"not finished": func(id uuid.UUID) event { return evFinished{id: id, problem: NewProblem(TargetExists, "x", nil)} },
		},
		Seeding: {"closed": func(id uuid.UUID) event { return evClosed{id: id} }},
	}
	var out strings.Builder
	for _, st := range []State{Resolving, Offered, Queued, Checking, Downloading, Seeding, Done, Paused, Failed} {
		rows := map[string]func(uuid.UUID) event{}
		for name, ev := range events {
			rows[name] = ev
		}
		for name, ev := range follow[st] {
			rows[name] = ev
		}
		names := make([]string, 0, len(rows))
		for name := range rows {
			names = append(names, name)
		}
		sort.Strings(names)
		for _, name := range names {
			s, id, now := stage(t, d, st)
			if st == Checking && strings.Contains(name, "checked") {
				s.find(id).desc = &d // opened, suspect, came before
			}
			fx := s.step(now.Add(time.Second), rows[name](id))
			to := "(gone)"
			if tr := s.find(id); tr != nil {
				to = string(tr.rec.State)
				if tr.problem != nil {
					to += " (" + string(tr.problem.Kind) + ")"
				}
			}
			fmt.Fprintf(&out, "%-12s %-20s -> %-28s %s\n", st, name, to, effectNames(fx))
		}
	}
	golden(t, "testdata/transitions.golden", out.String())
}

func effectNames(fx []effect) string {
	var names []string
	for _, e := range fx {
		if _, ok := e.(fxReply); ok {
			continue
		}
		names = append(names, strings.ToLower(strings.TrimPrefix(reflect.TypeOf(e).Name(), "fx")))
	}
	return strings.Join(names, " ")
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s is no longer true; run the test with -update and read the difference\n%s", path, got)
	}
}

// TestNothingMovesWithoutAYes: whatever the network sends, only Accept leads
// to a transfer.
func TestNothingMovesWithoutAYes(t *testing.T) {
	d := described(t)
	n := d.Package.Layout.Pieces()
	for _, st := range []State{Resolving, Offered} {
		s, id, now := stage(t, d, st)
		for _, ev := range []event{
			evFound{id, SourceInfo{ID: "p", Kind: KindPeer}, sourceState{have: FullBitmap(n), window: miB}},
			evPiece{id, 1, 0, miB}, evRunEnd{id: id, flight: 1}, evTick{}, evResume{id: id}, evPause{id: id},
			evRoom{id, 1 << 40}, evSaved{id, nil}, evChecking{id, 1}, evGone{id, "p", nil}, evMissed{id, "q", NewProblem(NoPath, "q", nil)}, evPauseAll{}, evResumeAll{},
			evStopSharing{id: id}, evLimit{id: id}, evGive{id: id, give: GiveAlways}, evPolicy{id: id, policy: PolicyFast}, evMove{id: id}, evSettings{settings: DefaultSettings()},
			evAround{}, evAround{Surroundings{Battery: Yes}}, evLine{NewProblem(NoInterface, "wg0", nil)}, evLine{},
		} {
			now = now.Add(time.Minute)
			for _, fx := range s.step(now, ev) {
				switch fx.(type) {
				case fxReply:
				default:
					t.Errorf("%s: %T led to %T", st, ev, fx)
				}
			}
		}
		if got := s.find(id).rec.State; got != st {
			t.Errorf("%s became %s", st, got)
		}
	}
}

// TestStepIsPure: the same events on the same state give the same effects.
func TestStepIsPure(t *testing.T) {
	d := described(t)
	run := func() string {
		s, id, now := stage(t, d, Downloading)
		var all []string
		for _, ev := range []event{
			evFound{id, SourceInfo{ID: "a", Kind: KindPeer, Near: NearFar}, sourceState{have: FullBitmap(4), window: miB}},
			evFound{id, SourceInfo{ID: "o", Kind: KindOrigin, Near: NearFar}, sourceState{have: FullBitmap(4), window: miB}},
			evTick{progress: map[flightID]int64{1: 100, 2: 200}}, evTick{},
		} {
			now = now.Add(300 * time.Millisecond)
			for _, fx := range s.step(now, ev) {
				all = append(all, fmt.Sprintf("%T%+v", fx, fx))
			}
		}
		return strings.Join(all, "\n")
	}
	if a, b := run(), run(); a != b {
		t.Errorf("two runs differ:\n%s\n\n%s", a, b)
	}
}

func TestSpeed(t *testing.T) {
	var s speed
	for range 40 {
		s.add(250*time.Millisecond, 250_000)
	}
	if math.Abs(s.value-1e6) > 1 {
		t.Errorf("steady 1 MB/s is %.0f", s.value)
	}
	for range 8 { // one half life of silence
		s.add(250*time.Millisecond, 0)
	}
	if s.value < 0.49e6 || s.value > 0.51e6 {
		t.Errorf("after 2 s of silence %.0f", s.value)
	}
	for range 40 {
		s.add(250*time.Millisecond, 0)
	}
	if s.value > 0.05e6 {
		t.Errorf("after 12 s of silence %.0f", s.value)
	}
}

const miB = 1 << 20

// TestMoves: how near a source is may change while it is asked, and what it has
// counts where it is now.
func TestMoves(t *testing.T) {
	s, id, now := stage(t, described(t), Downloading)
	have := NewBitmap(4)
	have.Set(1)
	s.step(now, evFound{id, SourceInfo{ID: "a", Kind: KindPeer, Near: NearFar}, sourceState{have: have, window: miB}})
	p := s.find(id).down.picker
	counts := func() (out []uint16) {
		for c := range p.near {
			out = append(out, p.near[c][1])
		}
		return append(out, p.had[1], uint16(p.rivals[0].in), uint16(len(p.rivals)))
	}
	for _, c := range []struct {
		near Nearness
		want []uint16
	}{
		{NearFar, []uint16{0, 0, 0, 1, 1, 1, uint16(NearFar), 1}},
		{NearAvoid, []uint16{0, 0, 0, 0, 1, 1, uint16(NearAvoid), 1}},
		{NearNet, []uint16{0, 0, 1, 1, 1, 1, uint16(NearNet), 1}},
	} {
		now = now.Add(time.Second)
		s.step(now, evTick{sources: map[sourceKey]sourceNow{{id, "a"}: {miB, c.near}}})
		if got := counts(); !slices.Equal(got, c.want) {
			t.Errorf("near %d: %v, want %v", c.near, got, c.want)
		}
	}
}
