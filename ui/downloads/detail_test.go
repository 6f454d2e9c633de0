package downloads

import (
	"context"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"github.com/google/uuid"

	"grove/app"
	"grove/ui/host/hosttest"
)

// waiting holds the page's jobs back until they are asked for.
type waiting struct {
	jobs []func(context.Context) (func(), error)
}

func holdJobs(k *hosttest.Kit) *waiting {
	w := &waiting{}
	k.Do = func(job func(context.Context) (func(), error)) { w.jobs = append(w.jobs, job) }
	return w
}

// finish carries out the oldest job.
func (w *waiting) finish(t *testing.T) {
	t.Helper()
	job := w.jobs[0]
	w.jobs = w.jobs[1:]
	if then, err := job(t.Context()); err != nil {
		t.Error(err)
	} else if then != nil {
		then()
	}
}

// TestOneRequestAtATime asks for the detail at every snapshot, but not while
// it is being asked for.
func TestOneRequestAtATime(t *testing.T) {
	k := hosttest.New(t)
	w := holdJobs(k)
	p := place(t, k, wide, ofEvery()...)
	p.Show(snapshot(ofEvery()...))
	if len(w.jobs) != 0 {
		t.Fatal("asked for a detail that is not seen")
	}
	p.tapped(number(1))
	for range 3 {
		p.Show(snapshot(ofEvery()...))
	}
	if len(w.jobs) != 1 {
		t.Fatalf("%d requests under way", len(w.jobs))
	}
	if p.detail.now.Desc != nil || p.detail.now.Name != "Feature film" {
		t.Error("what the list knows is not shown at once")
	}
	w.finish(t)
	if p.detail.now.Desc == nil || len(w.jobs) != 0 {
		t.Error("the answer was not taken")
	}
	p.Show(snapshot(ofEvery()...))
	if len(w.jobs) != 1 {
		t.Errorf("%d requests after the next snapshot", len(w.jobs))
	}
}

// TestAnswerForAnother drops an answer for what is not selected any more.
func TestAnswerForAnother(t *testing.T) {
	k := hosttest.New(t)
	w := holdJobs(k)
	p := place(t, k, wide, ofEvery()...)
	p.tapped(number(1))
	p.tapped(number(2))
	w.finish(t)
	if p.detail.now.ID != number(2) || p.detail.now.Desc != nil {
		t.Errorf("%s is shown", p.detail.now.Name)
	}
	p.Show(snapshot(ofEvery()...))
	w.finish(t)
	if p.detail.now.ID != number(2) || p.detail.now.Desc == nil {
		t.Errorf("%s is shown", p.detail.now.Name)
	}
	p.Show(snapshot(ofEvery()...))
	p.closeDetail()
	w.finish(t)
	if len(w.jobs) != 0 || k.Told != nil {
		t.Error("goes on when it is closed")
	}
}

// TestDetailTrouble says why there is no detail, in the pane, and stops saying
// so.
func TestDetailTrouble(t *testing.T) {
	k := hosttest.New(t)
	p := place(t, k, wide, ofEvery()...)
	k.Engine.Fail("Detail", app.NewProblem(app.DiskFault, "/data", nil))
	p.tapped(number(1))
	if !p.detail.trouble.Visible() || p.detail.trouble.Text != trouble(app.NewProblem(app.DiskFault, "/data", nil), k.Words) {
		t.Errorf("%q", p.detail.trouble.Text)
	}
	if k.Told != nil {
		t.Error("told at every tick")
	}
	k.Engine.Fail("Detail", nil)
	p.Show(snapshot(ofEvery()...))
	if p.detail.trouble.Visible() {
		t.Error("goes on saying it")
	}
}

// TestGone closes the detail of what was removed.
func TestGone(t *testing.T) {
	k := hosttest.New(t)
	p := place(t, k, wide, ofEvery()...)
	p.tapped(number(1))
	p.Show(snapshot(ofEvery()[1:]...))
	if p.open || p.selected != uuid.Nil || p.detail.content.Visible() {
		t.Error("still there")
	}
	p.typed(fyne.KeyDown)
	if p.selected != number(4) {
		t.Errorf("the keys go on at %v", p.selected)
	}
}

// TestLogNewestFirst asks for the log when it is opened, and again for a newer
// snapshot, but not within the same second.
func TestLogNewestFirst(t *testing.T) {
	k := hosttest.New(t)
	p := place(t, k, wide, ofEvery()...)
	at := func(version uint64, d time.Duration) {
		s := snapshot(ofEvery()...)
		s.Version, s.At = version, now.Add(d)
		p.Show(s)
	}
	p.tapped(number(1))
	log := p.detail.parts[partLog].(*logPart)
	if log.entries != nil {
		t.Fatal("asked before it is seen")
	}
	p.detail.turn(partLog)
	if len(log.entries) != 6 {
		t.Fatalf("%d entries", len(log.entries))
	}
	if l := log.lines.at(0); l.Text != k.Words.Event("moving") || l.Second != k.Words.Time(now.Add(5*time.Minute)) {
		t.Errorf("first is %+v", l)
	}
	k.Engine.Logs[number(1)] = append(logOf(), app.LogEntry{Time: now, Event: "paused", Text: "a\u202eb"})
	at(7, 2*time.Second) // nothing new
	at(8, time.Second/2) // too soon
	if len(log.entries) != 6 {
		t.Fatalf("%d entries", len(log.entries))
	}
	at(8, 2*time.Second)
	if l := log.lines.at(0); len(log.entries) != 7 || l.Text != k.Words.Event("paused") || l.Note != "ab" {
		t.Errorf("%d entries, %+v", len(log.entries), log.lines.at(0))
	}
	p.choose(number(2))
	if len(log.entries) != 0 || !log.none.Visible() {
		t.Error("shows another's log")
	}
	k.Engine.Fail("Log", app.NewProblem(app.DiskFault, "/data", nil))
	at(9, time.Minute)
	if log.none.Text != trouble(app.NewProblem(app.DiskFault, "/data", nil), k.Words) || k.Told != nil {
		t.Errorf("%q", log.none.Text)
	}
}

// TestParts shows only what is seen, and turns by its buttons.
func TestParts(t *testing.T) {
	k := hosttest.New(t)
	p := place(t, k, wide, ofEvery()...)
	p.tapped(number(1))
	for i := range p.detail.parts {
		p.detail.choice.buttons[i].Tapped(nil)
		var seen []int
		for j, part := range p.detail.parts {
			if part.content().Visible() {
				seen = append(seen, j)
			}
		}
		if !slices.Equal(seen, []int{i}) {
			t.Errorf("part %d: %v are seen", i, seen)
		}
	}
}
