package settings

import (
	"context"
	"reflect"
	"testing"

	"fyne.io/fyne/v2/test"

	"grove/app"
	"grove/ui/host"
	"grove/ui/host/hosttest"
)

// later collects jobs, so that a test decides when they run and when what
// they return does.
type later struct {
	jobs []func(context.Context) (func(), error)
}

func (l *later) do(job func(context.Context) (func(), error)) { l.jobs = append(l.jobs, job) }

// run runs the first job, and returns what is to be done on the UI goroutine.
func (l *later) run(t *testing.T) func() {
	t.Helper()
	if len(l.jobs) == 0 {
		t.Fatal("no job is waiting")
	}
	job := l.jobs[0]
	l.jobs = l.jobs[1:]
	then, err := job(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return then
}

func TestChangesGoOneAfterAnother(t *testing.T) {
	r := open(t, hosttest.New(t), wide, app.DefaultSettings())
	var jobs later
	r.Host.Do = jobs.do

	before, _ := r.Engine.Next(t.Context(), 0)
	test.Tap(r.check("Local network only"))
	r.enter("Budget a month", 0, "5")
	r.enter("Download limit", 0, "3")
	if len(jobs.jobs) != 1 {
		t.Fatalf("%d jobs run at a time", len(jobs.jobs))
	}
	r.page.Show(before) // from before the changes
	if !r.check("Local network only").Checked || r.field("Budget a month", 0).Text != "5 GB" {
		t.Error("an old snapshot took back what was chosen")
	}

	// Somebody else changes another setting at the same time.
	s := before.Settings
	s.MaxActive = 8
	r.Engine.Set(app.Snapshot{Settings: s})

	for range 3 {
		jobs.run(t)()
	}
	want := s
	want.Network.LocalOnly, want.Giving.Budget, want.Down = true, 5e9, 3e6
	if got := r.Engine.Settings; got.MaxActive != 8 || !reflect.DeepEqual(got.Network, want.Network) || got.Giving != want.Giving || got.Down != want.Down {
		t.Errorf("the engine was given %+v", got)
	}
	if len(jobs.jobs) != 0 || r.sent() != 3 {
		t.Errorf("%d jobs are left, settings were sent %d times", len(jobs.jobs), r.sent())
	}

	r.page.Show(before)
	if r.field("Download limit", 0).Text != "3 MB/s" {
		t.Error("a snapshot from before the change took it back")
	}
	r.elsewhere(func(s *app.Settings) { s.Down = 4e6 })
	if got := r.field("Download limit", 0).Text; got != "4 MB/s" {
		t.Errorf("a newer snapshot shows as %q", got)
	}
}

func TestAnEngineThatEnded(t *testing.T) {
	r := open(t, hosttest.New(t), wide, app.DefaultSettings())
	r.Host.Engine = ended{r.Host.Engine}
	r.enter("Download limit", 0, "3")
	if f := r.field("Download limit", 0); f.Text != "3" || !f.wrong.Visible() {
		t.Errorf("the field shows %q; it says so: %v", f.Text, f.wrong.Visible())
	}
	if r.page.changes.busy {
		t.Error("the page still waits")
	}
	test.Tap(r.check("Local network only"))
	if len(r.Told) != 1 {
		t.Errorf("told %v", r.Told)
	}
}

// ended is an engine that does not run any more.
type ended struct{ host.Engine }

func (ended) Next(context.Context, uint64) (*app.Snapshot, error) {
	return nil, app.NewProblem(app.Stopped, "Grove", nil)
}
