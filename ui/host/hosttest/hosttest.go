// Package hosttest puts a page into a window without a display: a test app
// with Grove's theme, a Host whose jobs run at once, and a scripted engine and
// desktop. The toolkit's state is global, so tests that use it do not run in
// parallel.
package hosttest

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/google/uuid"

	"grove/app"
	"grove/ui/host"
	"grove/ui/look"
	"grove/ui/words"
)

// Kit is a Host and what happened around it.
type Kit struct {
	*host.Host
	Engine *Engine
	Desk   *Desk

	Said      []string    // by Say
	Told      []error     // by Tell, and failed jobs
	Asked     []string    // titles of Ask; Yes answers
	Yes       bool        // what Ask is answered with
	Copied    string      // by Copy
	Presented []host.Page // the cards in front; the last is seen
	Went      []host.Place
	Selected  []uuid.UUID
	Got       []string // by Get
	Shared    [][]string
	Folder    string   // what ChooseFolder answers; "" is a dialog that was closed
	Files     []string // what ChooseFiles answers
}

// New makes a kit in English with the light appearance.
func New(t testing.TB) *Kit { return In(t, "en", app.AppearanceLight, 1) }

// In makes a kit in a language, an appearance and a scale.
func In(t testing.TB, language, appearance string, scale float64) *Kit {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(look.New(appearance, scale))
	Wind(a)
	k := &Kit{Engine: NewEngine(), Desk: &Desk{Room: 100e9, Fails: map[string]error{}, Links: map[uuid.UUID]string{}}}
	k.Host = &host.Host{
		Engine: k.Engine, Desk: k.Desk, Words: words.New(language), Window: a.NewWindow("Grove"),
		Do: func(job func(context.Context) (func(), error)) {
			then, err := job(t.Context())
			if err != nil {
				k.Told = append(k.Told, err)
			}
			if then != nil {
				then()
			}
		},
		Post: func(f func()) { f() },
		Say:  func(s string) { k.Said = append(k.Said, s) },
		Tell: func(err error) { k.Told = append(k.Told, err) },
		Ask: func(title, _, _ string, then func()) {
			if k.Asked = append(k.Asked, title); k.Yes {
				then()
			}
		},
		Go:      func(p host.Place) { k.Went = append(k.Went, p) },
		Select:  func(id uuid.UUID) { k.Selected = append(k.Selected, id) },
		Changed: func() {},
		Present: func(p host.Page) { k.Presented = append(k.Presented, p) },
		Dismiss: func() {
			if n := len(k.Presented); n > 0 {
				k.Presented[n-1].Close()
				k.Presented = k.Presented[:n-1]
			}
		},
		Get:   func(s string) { k.Got = append(k.Got, s) },
		Share: func(p []string) { k.Shared = append(k.Shared, p) },
		Copy:  func(s string) { k.Copied = s },
		ChooseFolder: func(_ string, then func(string)) {
			if k.Folder != "" {
				then(k.Folder)
			}
		},
		ChooseFiles: func(then func([]string)) {
			if k.Files != nil {
				then(k.Files)
			}
		},
	}
	return k
}

// Wind sets the clock by which the toolkit forgets what was drawn. It only
// looks at the time when it draws: in a test process that is older than a
// minute the first picture would be one of widgets that were forgotten before
// they were seen.
func Wind(a fyne.App) {
	w := a.NewWindow("")
	w.Canvas().Capture()
	w.Close()
}

// Put shows a page in the window at a size, with a snapshot.
func (k *Kit) Put(p host.Page, size fyne.Size, s *app.Snapshot) {
	k.Window.SetContent(p.Content())
	k.Window.Resize(size)
	p.Show(s)
}

// Markup compares what the window shows with testdata/<name>.xml, which
// GROVE_GOLDEN=update writes.
func (k *Kit) Markup(t testing.TB, name string) {
	t.Helper()
	golden(t, name+".xml", []byte(test.RenderToMarkup(k.Window.Canvas())))
}

// Image compares the picture of the window with testdata/<name>.png.
func (k *Kit) Image(t testing.TB, name string) {
	t.Helper()
	ImageOf(t, name, k.Window.Canvas().Capture())
}

// ImageOf compares a picture with testdata/<name>.png.
func ImageOf(t testing.TB, name string, m image.Image) {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	golden(t, name+".png", b.Bytes())
}

func golden(t testing.TB, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("GROVE_GOLDEN") == "update" {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; GROVE_GOLDEN=update writes it", err)
	}
	if !bytes.Equal(got, want) {
		failed := filepath.Join(t.ArtifactDir(), filepath.Base(name))
		if err := os.WriteFile(failed, got, 0o644); err != nil {
			t.Fatal(err)
		}
		t.Errorf("%s is not what is shown now (%s); look at it, then GROVE_GOLDEN=update", path, failed)
	}
}
