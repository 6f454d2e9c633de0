package publishers

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"grove/app"
	"grove/app/pack"
	"grove/ui/host/hosttest"
)

var (
	wide = fyne.NewSize(840, 620)
	tiny = fyne.NewSize(424, 360)
)

// key is the n-th key. Nothing is signed with it.
func key(n int) (k pack.PublicKey) {
	copy(k[:], "Ed")
	copy(k[10:], fmt.Appendf(nil, "key %d", n))
	return k
}

func day(n int) time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.Local).AddDate(0, 0, n) }

func publisher(n int, name string) app.Publisher {
	return app.Publisher{Key: key(n), Name: name, FirstSeen: day(n), Packages: n, Newest: day(n + 100)}
}

func view(n int, of pack.PublicKey, name string) app.View {
	return app.View{ID: hosttest.ID(n), Name: name, Publisher: app.Publisher{Key: of}}
}

// room is a kit with the page in it.
type room struct {
	*hosttest.Kit
	t    *testing.T
	page *Page
}

func open(t *testing.T, k *hosttest.Kit, size fyne.Size, known []app.Publisher, transfers ...app.View) *room {
	t.Helper()
	r := &room{k, t, New(k.Host)}
	k.Engine.Known = known
	k.Put(r.page, size, k.Engine.Set(app.Snapshot{Transfers: transfers}))
	return r
}

func (r *room) button(name string) *widget.Button {
	r.t.Helper()
	for _, b := range hosttest.All[*widget.Button](r.page.Content()) {
		if b.Text == name {
			return b
		}
	}
	r.t.Fatalf("there is no button %q", name)
	return nil
}

// says reports whether a visible text is in the page.
func (r *room) says(text string) bool {
	for _, l := range hosttest.All[fyne.Accessible](r.page.Content()) {
		if strings.Contains(l.AccessibilityLabel(), text) {
			return true
		}
	}
	return false
}

func (r *room) wants(says bool, texts ...string) {
	r.t.Helper()
	for _, text := range texts {
		if r.says(text) != says {
			r.t.Errorf("it says %q: %v", text, !says)
		}
	}
}

// tapRow taps the n-th row of the list.
func (r *room) tapRow(n int) {
	r.t.Helper()
	rows := hosttest.All[*row](r.page.list)
	if n >= len(rows) {
		r.t.Fatalf("there are %d rows to be seen", len(rows))
	}
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(rows[n])
	test.TapCanvas(r.Window.Canvas(), at.AddXY(10, 10))
}

func (r *room) write(text string) {
	n := r.page.detail.name
	r.Window.Canvas().Focus(n)
	n.TypedShortcut(&fyne.ShortcutSelectAll{})
	n.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDelete})
	test.Type(n, text)
}
