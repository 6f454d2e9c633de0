package downloads

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"grove/app"
	"grove/ui/host"
	"grove/ui/host/hosttest"
)

// TestGet looks at what is typed, keeps what is no link, and chooses files to
// share.
func TestGet(t *testing.T) {
	k := hosttest.New(t)
	k.Files = []string{"/home/ada/a.mkv"}
	p := place(t, k, wide)
	p.link.focus()
	test.Type(p.link.entry, "grove")
	p.link.entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if !slices.Equal(k.Got, []string{"grove"}) || p.link.entry.Text != "grove" {
		t.Errorf("got %q, kept %q", k.Got, p.link.entry.Text)
	}
	link := "grove:1/" + packageID(1).String()
	p.link.entry.SetText(link)
	tapText(t, k, "Get")
	if k.Got[len(k.Got)-1] != link || p.link.entry.Text != "" {
		t.Errorf("got %q, kept %q", k.Got, p.link.entry.Text)
	}
	tapText(t, k, "Get")
	if len(k.Got) != 2 || k.Window.Canvas().Focused() != p.link.entry {
		t.Errorf("an empty line got %q", k.Got)
	}
	tapText(t, k, "Share")
	if len(k.Shared) != 1 || !slices.Equal(k.Shared[0], k.Files) {
		t.Errorf("shared %q", k.Shared)
	}
}

// tapText taps the button with that text which is seen.
func tapText(t *testing.T, k *hosttest.Kit, text string) {
	t.Helper()
	for _, o := range test.LaidOutObjects(k.Window.Content()) {
		if b, ok := o.(interface {
			fyne.Tappable
			AccessibilityLabel() string
			Visible() bool
		}); ok && b.Visible() && b.AccessibilityLabel() == text {
			b.Tapped(&fyne.PointEvent{})
			return
		}
	}
	t.Fatalf("no button %q", text)
}

// TestEmptyLeadsToTheLink focuses the line for links.
func TestEmptyLeadsToTheLink(t *testing.T) {
	k := hosttest.New(t)
	p := place(t, k, wide)
	tapText(t, k, "Paste a link")
	if k.Window.Canvas().Focused() != p.link.entry {
		t.Error("not focused")
	}
}

// TestTapRow selects the row under the pointer and gives it the keyboard.
func TestTapRow(t *testing.T) {
	k := hosttest.New(t)
	p := place(t, k, wide, ofEvery()...)
	test.TapCanvas(k.Window.Canvas(), fyne.NewPos(300, 60+2*76+20))
	if p.selected != number(3) || !p.open || k.Window.Canvas().Focused() != p.list {
		t.Fatalf("%v, open %v, the keyboard is at %T", p.selected, p.open, k.Window.Canvas().Focused())
	}
	k.Markup(t, "tapped")
}

// TestSelectionFollowsTheDownload keeps what is selected when the list changes
// around it, and what is in view.
func TestSelectionFollowsTheDownload(t *testing.T) {
	k := hosttest.New(t)
	all := many(60)
	p := place(t, k, wide, all...)
	p.choose(number(5))
	p.list.ScrollToOffset(700)
	at := p.list.GetScrollOffset()
	moved := append(append([]app.View{}, all[3:]...), all[:3]...)
	p.Show(snapshot(moved...))
	if p.selected != number(5) || p.index(p.selected) != 1 || p.list.GetScrollOffset() != at {
		t.Errorf("%v in row %d, view at %v of %v", p.selected, p.index(p.selected), p.list.GetScrollOffset(), at)
	}
	p.run(actPause)
	if got := k.Engine.Calls(); len(got) != 0 && !strings.HasSuffix(got[0], number(5).String()) {
		t.Errorf("%q", got)
	}
}

// TestSelect shows a transfer wherever the list stands, also one that comes
// only later.
func TestSelect(t *testing.T) {
	k := hosttest.New(t)
	p := place(t, k, wide, many(60)...)
	p.finder.name.SetText("film")
	p.Select(number(42))
	if p.selected != number(42) || !p.open || p.finder.name.Text != "" || p.list.GetScrollOffset() == 0 {
		t.Errorf("%v, open %v, looking for %q", p.selected, p.open, p.finder.name.Text)
	}
	offer := in(61, "offer", app.Offered)
	p.Select(number(61))
	p.Show(snapshot(append(many(60), offer)...))
	if p.selected != number(42) {
		t.Errorf("%v", p.selected)
	}
	p.Show(snapshot(many(61)...))
	if p.selected != number(61) || p.sought != [16]byte{} {
		t.Errorf("%v, still looking for %v", p.selected, p.sought)
	}
}

// TestFinder narrows the list where it is long, and not otherwise.
func TestFinder(t *testing.T) {
	k := hosttest.New(t)
	p := place(t, k, wide, many(finderFrom-1)...)
	if p.finder.content.Visible() {
		t.Error("for a short list")
	}
	p.Show(snapshot(many(40)...))
	tapText(t, k, "Needs you 4")
	if len(p.shown) != 4 || p.view(0).Name != "Map tiles 6" {
		t.Errorf("%d rows", len(p.shown))
	}
	p.choose(p.view(0).ID)
	k.Window.Canvas().Focus(p.finder.name)
	test.Type(p.finder.name, "tiles 16")
	if len(p.shown) != 1 || p.current() != nil {
		t.Errorf("%d rows, %v selected", len(p.shown), p.selected)
	}
	// A download that changes its kind keeps its selection.
	p.choose(number(16))
	all := many(40)
	all[15].State = app.Downloading
	all[15].Problem = nil
	p.Show(snapshot(all...))
	if len(p.shown) != 0 || p.current() == nil || !p.nothing.Visible() {
		t.Errorf("%d rows, %v selected", len(p.shown), p.selected)
	}
	tapText(t, k, "Show all")
	if len(p.shown) != 40 || p.finder.name.Text != "" || p.finder.kinds.at != 0 {
		t.Errorf("%d rows", len(p.shown))
	}
	if test.Type(p.finder.name, "film"); len(p.shown) != 4 {
		t.Errorf("%d rows: the kind was not forgotten", len(p.shown))
	}
	p.showAll()
	tapText(t, k, "Finished 8")
	p.Show(snapshot(many(5)...))
	if len(p.shown) != 5 || p.finder.content.Visible() {
		t.Errorf("%d rows of a short list", len(p.shown))
	}
}

// TestRoom shows list and detail beside each other, and in a small window one
// of them.
func TestRoom(t *testing.T) {
	k := hosttest.New(t)
	p := place(t, k, wide, many(40)...)
	p.tapped(number(1))
	for _, c := range []struct {
		size         fyne.Size
		list, detail bool
	}{{wide, true, true}, {fyne.NewSize(759, 620), false, true}, {fyne.NewSize(900, 559), false, true}, {fyne.NewSize(760, 560), true, true}, {tiny, false, true}} {
		k.Window.Resize(c.size)
		if p.upper.Visible() != c.list || p.detail.content.Visible() != c.detail {
			t.Errorf("%v: list %v, detail %v", c.size, p.upper.Visible(), p.detail.content.Visible())
		}
	}
	tapText(t, k, "Back")
	if !p.upper.Visible() || p.detail.content.Visible() || p.selected != number(1) {
		t.Error("back does not lead to the list")
	}
	if m := p.Content().MinSize(); m.Width > 420 || m.Height > 320 {
		t.Errorf("asks for %v", m)
	}
}

// TestRowButton does what its row is about.
func TestRowButton(t *testing.T) {
	k := hosttest.New(t)
	place(t, k, wide, done())
	tapText(t, k, "Open")
	if !slices.Equal(k.Desk.Calls, []string{"Open /home/ada/Downloads/talks.mkv"}) {
		t.Errorf("%q", k.Desk.Calls)
	}
}

// TestClose goes out of view and comes back as it was.
func TestClose(t *testing.T) {
	k := hosttest.New(t)
	p := place(t, k, wide, ofEvery()...)
	p.tapped(number(1))
	p.Close()
	var page host.Page = p
	page.Show(snapshot(ofEvery()...))
	if p.selected != number(1) || !p.open {
		t.Error("forgot what was selected")
	}
}
