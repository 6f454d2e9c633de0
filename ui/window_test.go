package ui

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"
	"github.com/google/uuid"

	"grove/app"
	"grove/app/pack"
	"grove/ui/cards"
	"grove/ui/host"
	"grove/ui/host/hosttest"
)

func TestSidebarLeadsToThePlaces(t *testing.T) {
	r := open(t)
	for _, p := range places {
		test.Tap(r.side.entries[p.place])
		if r.place != p.place || r.area.Objects[0] != r.pages[p.place].Content() {
			t.Errorf("%s: at %s", p.place, r.place)
		}
	}
}

// Every place can be reached by keys that the menu shows, and no two entries
// have the same keys, whichever page is in front.
func TestMenuKeys(t *testing.T) {
	r := open(t)
	for _, p := range places {
		r.go_(p.place)
		used := map[string]string{}
		for _, m := range r.win.MainMenu().Items {
			for _, i := range m.Items {
				if i.IsSeparator {
					continue
				}
				if i.Shortcut == nil {
					t.Errorf("%s: %s has no keys", p.place, i.Label)
					continue
				}
				k := i.Shortcut.ShortcutName()
				if was := used[k]; was != "" {
					t.Errorf("%s: %s means %s and %s", p.place, k, was, i.Label)
				}
				used[k] = i.Label
			}
		}
	}
	r.menuItem("Insights").Action()
	if r.place != host.Insights {
		t.Errorf("at %s", r.place)
	}
}

// menuItem finds an entry of the main menu.
func (r *rig) menuItem(label string) *fyne.MenuItem {
	r.t.Helper()
	for _, m := range r.win.MainMenu().Items {
		for _, i := range m.Items {
			if i.Label == label {
				return i
			}
		}
	}
	r.t.Fatalf("the menu has no %q", label)
	return nil
}

func (r *rig) link() string {
	p := r.scene.Offered.Package
	return pack.Link{ID: p.ID, Publisher: p.Publisher(), Name: p.Manifest.Name}.String()
}

func offerInFront(r *rig) bool { _, ok := r.front().(*cards.Offer); return ok }

// A link goes from the clipboard to a transfer that is asked for, and nothing
// is asked for before the one button was pressed.
func TestFromLinkToDownload(t *testing.T) {
	r := open(t)
	r.cfg.App.Clipboard().SetContent("  " + r.link() + "\n")
	r.menuItem("Get what is on the clipboard").Action()
	r.until(func() bool { return offerInFront(r) && slices.Contains(r.engine.Calls(), "Inspect") })
	if got := r.engine.Lead.Link.ID; got != r.scene.Offered.Package.ID {
		t.Errorf("inspected %s", got)
	}
	for _, c := range r.engine.Calls() {
		if strings.HasPrefix(c, "Accept") {
			t.Fatal("accepted without a yes")
		}
	}
	r.until(func() bool { return r.button("Download") != nil && !r.button("Download").Disabled() })
	r.tap("Download")
	r.called("Accept " + hosttest.ID(70).String())
	r.until(func() bool { return r.place == host.Downloads && len(r.cards) == 0 })
}

// A link to what is here leads there.
func TestLinkToWhatIsListed(t *testing.T) {
	r := open(t)
	p := r.scene.Film.Package
	r.go_(host.Insights)
	r.get(pack.Link{ID: p.ID, Publisher: p.Publisher()}.String())
	r.until(func() bool { return r.messages.content.Visible() })
	if r.place != host.Downloads || len(r.cards) != 0 || len(r.engine.Calls()) != 0 {
		t.Errorf("at %s, %d cards, %q", r.place, len(r.cards), r.engine.Calls())
	}
}

func TestWhatIsNoLinkIsExplained(t *testing.T) {
	r := open(t)
	r.desk.Fails["ReadLead"] = app.NewProblem(app.BadLink, "hello\u202e", nil)
	r.get("hello\u202e")
	r.until(func() bool { return r.messages.content.Visible() })
	if s := r.messages.text.Text; !strings.Contains(s, "hello") || strings.Contains(s, "\u202e") || r.messages.advice.Text == "" {
		t.Errorf("%q, %q", s, r.messages.advice.Text)
	}
	if len(r.cards) != 0 {
		t.Error("a card is shown")
	}
	test.Tap(r.messages.shut)
	if r.messages.content.Visible() {
		t.Error("the message stays")
	}
}

// A message takes room at the foot of the page, gives it back, and covers
// nothing, however many lines it has.
func TestMessageHasRoom(t *testing.T) {
	for _, size := range []fyne.Size{openSize, fyne.NewSize(520, 400)} {
		r := open(t)
		r.win.Resize(size)
		whole := r.area.Size().Height
		r.messages.tell(app.NewProblem(app.WrongBytes, strings.Repeat("cdn.example.org ", 12), nil))
		page, strip := r.area, r.messages.content
		if end := page.Position().Y + page.Size().Height; strip.Position().Y < end || strip.Size().Height < strip.MinSize().Height ||
			strip.Position().Y+strip.Size().Height > whole+1 {
			t.Errorf("%v: the page ends at %g, the message is %v at %v and needs %v", size, end, strip.Size(), strip.Position(), strip.MinSize())
		}
		if r.messages.clear(); page.Size().Height != whole {
			t.Errorf("%v: the page is %g high again, was %g", size, page.Size().Height, whole)
		}
	}
}

func TestDrop(t *testing.T) {
	r := open(t)
	file := func(p string) fyne.URI { return storage.NewFileURI(p) }
	r.dropped([]fyne.URI{file("/home/ada/a film.grove")})
	r.until(func() bool { return offerInFront(r) })
	if !slices.Contains(r.desk.Calls, "ReadLead /home/ada/a film.grove") {
		t.Errorf("%q", r.desk.Calls)
	}
	r.dismiss()
	r.dropped([]fyne.URI{file("/home/ada/one 100%.mkv"), file("/home/ada/two.srt")})
	if _, ok := r.front().(*cards.Share); !ok {
		t.Errorf("%T is in front", r.front())
	}
	r.dropped(nil)
	if len(r.cards) != 1 {
		t.Errorf("%d cards", len(r.cards))
	}
}

// A link on the clipboard is offered once, quietly; not our own, not one of
// what is here already, and not where the user does not want it.
func TestClipboardOffer(t *testing.T) {
	film := func(r *rig) string {
		p := r.scene.Film.Package
		return pack.Link{ID: p.ID, Publisher: p.Publisher()}.String()
	}
	for name, c := range map[string]struct {
		text   func(r *rig) string
		change func(*rig)
		want   bool
	}{
		"a link":      {(*rig).link, nil, true},
		"text":        {func(*rig) string { return "hello" }, nil, false},
		"ours":        {(*rig).link, func(r *rig) { r.copy(r.link()) }, false},
		"here":        {film, nil, false},
		"not wanted":  {(*rig).link, func(r *rig) { r.set(func(s *app.Snapshot) { s.Settings.Window.Clipboard = false }) }, false},
		"first start": {(*rig).link, func(r *rig) { r.set(func(s *app.Snapshot) { s.Settings.Welcomed = false }) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t)
			r.cfg.App.Clipboard().SetContent(c.text(r))
			if c.change != nil {
				c.change(r)
			}
			r.lookAtClipboard()
			r.finish()
			if got := r.messages.content.Visible(); got != c.want {
				t.Fatalf("offered: %v", got)
			}
			if !c.want {
				return
			}
			if s := r.messages.text.Text; !strings.Contains(s, "Harbour") {
				t.Error(s)
			}
			if len(r.engine.Calls()) != 0 {
				t.Errorf("%q was called before anybody asked", r.engine.Calls())
			}
			r.tap("Look at it")
			r.until(func() bool { return offerInFront(r) })
			r.dismiss()
			r.lookAtClipboard()
			if r.messages.content.Visible() {
				t.Error("offered again")
			}
		})
	}
}

// finish waits until no job is under way.
func (r *rig) finish() {
	r.until(func() bool { return r.under == 0 })
}

func TestWelcomeOnce(t *testing.T) {
	r := open(t, func(c *Config, s *hosttest.Scene) {
		s.Snapshot.Settings.Welcomed = false
		c.Open = []string{"/home/ada/film.grove"}
	})
	if _, ok := r.cards[0].(*cards.Welcome); !ok {
		t.Fatalf("%T comes first", r.cards[0])
	}
	r.until(func() bool { return slices.Contains(r.desk.Calls, "ReadLead /home/ada/film.grove") })
	if r = open(t); len(r.cards) != 0 {
		t.Errorf("%T is in front", r.front())
	}
}

// The window's close button says once what it does.
func TestClose(t *testing.T) {
	r := open(t)
	r.closed()
	if r.ctx.Err() != nil {
		t.Fatal("it quit without a word")
	}
	r.tap("Cancel")
	r.closed()
	r.tap("Quit")
	r.until(func() bool { return r.ctx.Err() != nil })
	if !r.engine.Settings.Window.CloseTold {
		t.Error("it will say so again")
	}
	r = open(t, func(c *Config, s *hosttest.Scene) { s.Snapshot.Settings.Window.CloseTold = true })
	if r.closed(); r.ctx.Err() == nil {
		t.Error("it asked again")
	}
}

func TestPauseAll(t *testing.T) {
	r := open(t)
	test.Tap(r.side.pause)
	r.called("PauseAll")
	r.set(func(s *app.Snapshot) { s.Held = 1 })
	test.Tap(r.side.pause)
	r.called("ResumeAll")
}

// A job that fails is told; one that was given up with the window is not.
func TestJobs(t *testing.T) {
	r := open(t)
	then := false
	r.do(func(context.Context) (func(), error) {
		return func() { then = true }, app.NewProblem(app.NoSpace, "film", nil)
	})
	r.until(func() bool { return then })
	if !strings.Contains(r.messages.text.Text, "film") {
		t.Error(r.messages.text.Text)
	}
	r.messages.clear()
	r.do(func(ctx context.Context) (func(), error) { return nil, errors.Join(ctx.Err(), context.Canceled) })
	r.finish()
	if r.messages.content.Visible() {
		t.Error(r.messages.text.Text)
	}
}

// A theme, a scale and units that were chosen are seen at once.
func TestAppearanceAtOnce(t *testing.T) {
	r := open(t)
	before := r.win.Canvas().Capture()
	r.set(func(s *app.Snapshot) { s.Settings.Window.Appearance = app.AppearanceDark })
	after := r.win.Canvas().Capture()
	if a, b := luma(before), luma(after); a < 200 || b > 60 {
		t.Errorf("the ground went from %d to %d", a, b)
	}
	r.set(func(s *app.Snapshot) { s.Settings.Window.Bits = true })
	if !strings.Contains(r.side.shown.down, "Mbit/s") {
		t.Error(r.side.shown.down)
	}
}

func TestNarrowWindow(t *testing.T) {
	r := open(t)
	if b := r.side.entries[host.Shared]; !strings.Contains(b.Text, "Shared") {
		t.Errorf("%q", b.Text)
	}
	r.win.Resize(fyne.NewSize(600, 500))
	if b := r.side.entries[host.Shared]; b.Text != "" || r.side.down.Visible() {
		t.Errorf("%q", b.Text)
	}
	r.win.Resize(openSize)
	if b := r.side.entries[host.Shared]; !strings.Contains(b.Text, "Shared") || !r.side.down.Visible() {
		t.Errorf("%q", b.Text)
	}
}

// Selecting a transfer goes to where it is listed.
func TestSelectGoesThere(t *testing.T) {
	r := open(t)
	r.selectTransfer(hosttest.ID(6))
	if r.place != host.Shared {
		t.Errorf("at %s", r.place)
	}
	r.selectTransfer(hosttest.ID(1))
	if r.place != host.Downloads {
		t.Errorf("at %s", r.place)
	}
	r.selectTransfer(uuid.New()) // not on the list yet
	if r.place != host.Downloads {
		t.Errorf("at %s", r.place)
	}
}

// There is one fyne.Do in the program, and nothing waits for the UI.
func TestOneDo(t *testing.T) {
	found := map[string]int{}
	for _, root := range []string{".", "../cmd/grove-desktop"} {
		err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			b, err := os.ReadFile(path)
			for _, w := range regexp.MustCompile(`fyne\.Do\w*`).FindAllString(regexp.MustCompile(`(?m)//.*$`).ReplaceAllString(string(b), ""), -1) {
				found[w]++
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(found) != 1 || found["fyne.Do"] != 1 {
		t.Errorf("%v", found)
	}
}
