package settings

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"grove/app"
	"grove/ui/host/hosttest"
)

// room is a kit with the page in it.
type room struct {
	*hosttest.Kit
	t    *testing.T
	page *Page
}

var wide = fyne.NewSize(840, 620)

// open shows the page with settings in a kit.
func open(t *testing.T, k *hosttest.Kit, size fyne.Size, s app.Settings) *room {
	t.Helper()
	r := &room{k, t, New(k.Host)}
	down, up := s.Down, s.Up
	snap := k.Engine.Set(app.Snapshot{Settings: s, Month: app.Month{Given: 3_200_000_000, Budget: s.Giving.Budget}, Down: down, Up: up})
	k.Put(r.page, size, snap)
	return r
}

// pick is the n-th of those that are called name.
func pick[T fyne.CanvasObject](r *room, name string, n int, called func(T) string) T {
	r.t.Helper()
	for _, o := range hosttest.All[T](r.page.Content()) {
		if called(o) != name {
			continue
		}
		if n--; n < 0 {
			return o
		}
	}
	r.t.Fatalf("there is no %T called %q", *new(T), name)
	panic("unreachable")
}

func (r *room) field(name string, n int) *field {
	r.t.Helper()
	return pick(r, name, n, func(f *field) string { return f.AccessibilityLabel() })
}

func (r *room) choice(name string) *choice {
	r.t.Helper()
	return pick(r, name, 0, func(c *choice) string { return c.AccessibilityLabel() })
}

func (r *room) check(name string) *check {
	r.t.Helper()
	return pick(r, name, 0, func(c *check) string { return c.Text })
}

func (r *room) button(name string, n int) *widget.Button {
	r.t.Helper()
	return pick(r, name, n, func(b *widget.Button) string { return b.Text })
}

// write replaces what is in a field, without leaving it.
func (r *room) write(f *field, text string) {
	r.t.Helper()
	r.Window.Canvas().Focus(f)
	f.TypedShortcut(&fyne.ShortcutSelectAll{})
	f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDelete})
	test.Type(f, text)
}

// enter replaces what is in a field and presses Enter.
func (r *room) enter(name string, n int, text string) {
	r.t.Helper()
	f := r.field(name, n)
	r.write(f, text)
	f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
}

// texts are the texts of all labels that are visible.
func (r *room) texts() string {
	var lines []string
	for _, l := range hosttest.All[*widget.Label](r.page.Content()) {
		lines = append(lines, l.Text)
	}
	return strings.Join(lines, "\n")
}

func (r *room) sees(text string) {
	r.t.Helper()
	if !strings.Contains(r.texts(), text) {
		r.t.Errorf("nothing says %q; what is said:\n%s", text, r.texts())
	}
}

func (r *room) doesNotSee(text string) {
	r.t.Helper()
	if strings.Contains(r.texts(), text) {
		r.t.Errorf("something says %q", text)
	}
}

// sent is how often settings were sent to the engine.
func (r *room) sent() (n int) {
	for _, c := range r.Engine.Calls() {
		if c == "SetSettings" {
			n++
		}
	}
	return n
}

// elsewhere is a snapshot in which somebody else changed the settings.
func (r *room) elsewhere(change func(*app.Settings)) {
	s := r.page.now
	change(&s)
	r.page.Show(r.Engine.Set(app.Snapshot{Settings: s}))
}
