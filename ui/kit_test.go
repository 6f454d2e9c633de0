package ui

import (
	"image"
	"reflect"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/google/uuid"
	"go.uber.org/goleak"

	"grove/app"
	"grove/ui/host/hosttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is the whole window over a scripted engine. The test's goroutine is the
// UI goroutine: it visits the mailbox where the test waits for something.
type rig struct {
	*Window
	t      *testing.T
	engine *hosttest.Engine
	desk   *hosttest.Desk
	scene  *hosttest.Scene
	visits chan func()
}

// open shows the window in the middle of an ordinary evening.
func open(t *testing.T, change ...func(*Config, *hosttest.Scene)) *rig {
	t.Helper()
	a := test.NewTempApp(t)
	hosttest.Wind(a)
	r := &rig{t: t, engine: hosttest.NewEngine(), scene: hosttest.Evening(t), visits: make(chan func(), 1000),
		desk: &hosttest.Desk{Room: 100e9, Fails: map[string]error{}, Links: map[uuid.UUID]string{}}}
	cfg := Config{App: a, Engine: r.engine, Desk: r.desk, Settings: r.scene.Snapshot.Settings, Language: []string{"en"}}
	for _, c := range change {
		c(&cfg, r.scene)
	}
	snap := r.scene.Play(r.engine)
	r.Window = newWindow(cfg, func(f func()) { r.visits <- f })
	r.jobs.Go(r.follow)
	r.win.Show()
	t.Cleanup(func() {
		r.stop()
		ended := make(chan struct{})
		go func() { r.jobs.Wait(); close(ended) }()
		for {
			select {
			case <-r.visits:
			case <-ended:
				return
			}
		}
	})
	r.until(func() bool { return r.snap != nil && r.snap.Version >= snap.Version })
	return r
}

// until visits the mailbox until ok.
func (r *rig) until(ok func() bool) {
	r.t.Helper()
	limit := time.After(20 * time.Second)
	for !ok() {
		select {
		case f := <-r.visits:
			f()
		case <-limit:
			r.t.Fatal("it did not happen")
		}
	}
}

// settle visits the mailbox until the jobs started so far are over.
func (r *rig) called(line string) {
	r.t.Helper()
	r.until(func() bool {
		for _, c := range r.engine.Calls() {
			if c == line {
				return true
			}
		}
		return false
	})
}

// set shows a changed snapshot.
func (r *rig) set(change func(*app.Snapshot)) {
	r.t.Helper()
	s := *r.snap
	s.Transfers = append([]app.View(nil), s.Transfers...)
	change(&s)
	want := r.engine.Set(s).Version
	r.until(func() bool { return r.snap.Version >= want })
}

// button finds a button that can be seen, by its text.
func (r *rig) button(text string) *widget.Button {
	roots := []fyne.CanvasObject{r.win.Canvas().Content()}
	if top := r.win.Canvas().Overlays().Top(); top != nil {
		roots = []fyne.CanvasObject{top}
	}
	var found *widget.Button
	for _, root := range roots {
		hosttest.Walk(root, func(o fyne.CanvasObject) {
			if b := asButton(o); b != nil && b.Text == text && found == nil {
				found = b
			}
		})
	}
	return found
}

// asButton is the button in o, also where a page made one of its own.
func asButton(o fyne.CanvasObject) *widget.Button {
	if b, ok := o.(*widget.Button); ok {
		return b
	}
	v := reflect.ValueOf(o)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return nil
	}
	if f := v.Elem().FieldByName("Button"); f.IsValid() && f.CanAddr() {
		b, _ := f.Addr().Interface().(*widget.Button)
		return b
	}
	return nil
}

// tap taps a button by its text.
func (r *rig) tap(text string) {
	r.t.Helper()
	b := r.button(text)
	if b == nil {
		r.t.Fatalf("there is no button %q", text)
	}
	test.Tap(b)
}

// luma is how bright the corner of a picture is, 0 to 255.
func luma(m image.Image) int {
	r, g, b, _ := m.At(m.Bounds().Dx()-3, m.Bounds().Dy()-3).RGBA()
	return int(r+g+b) / 3 >> 8
}
