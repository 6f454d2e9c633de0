package shared

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/google/uuid"

	"grove/app"
	"grove/app/pack"
	"grove/ui/host"
	"grove/ui/host/hosttest"
	"grove/ui/look"
)

func says(t *testing.T, k *hosttest.Kit, want string) {
	t.Helper()
	if !slices.ContainsFunc(texts(k), func(s string) bool { return strings.Contains(s, want) }) {
		t.Errorf("nothing says %q in %q", want, texts(k))
	}
}

func silent(t *testing.T, k *hosttest.Kit, unwanted string) {
	t.Helper()
	if slices.ContainsFunc(texts(k), func(s string) bool { return strings.Contains(s, unwanted) }) {
		t.Errorf("something says %q in %q", unwanted, texts(k))
	}
}

func key(p *Page, names ...fyne.KeyName) {
	for _, n := range names {
		p.list.TypedKey(&fyne.KeyEvent{Name: n})
	}
}

// lively is a detail in which giving went up and down.
func lively(v app.View) *app.Detail {
	d := &app.Detail{View: v}
	for i := range app.HistoryLength {
		d.History = append(d.History, app.Sample{Given: 1e6 + 8e5*math.Sin(float64(i)/9)})
	}
	return d
}

// With nothing in it the place says what it is for, and does it.
func TestEmpty(t *testing.T) {
	k := hosttest.New(t)
	p := place(k, roomy)
	says(t, k, "Nothing is shared from here")
	k.Files = []string{"/home/ada/Holiday.mp4"}
	press(t, k, "Choose files…")
	if len(k.Shared) != 1 || k.Shared[0][0] != "/home/ada/Holiday.mp4" {
		t.Errorf("shared %v", k.Shared)
	}
	key(p, fyne.KeyDown, fyne.KeyReturn, fyne.KeyDelete)
	for _, c := range p.Commands() {
		if c.Enabled() {
			t.Errorf("%s can be done with nothing", c.Text)
		}
		c.Do()
	}
	p.Show(snapshot(several()...))
	silent(t, k, "Nothing is shared from here")
	says(t, k, "Field recordings")
}

// A tap shows the link and everything else; Close goes back.
func TestDetail(t *testing.T) {
	k := hosttest.New(t)
	k.Engine.Details = map[uuid.UUID]*app.Detail{number(2): lively(popular())}
	p := place(k, roomy, several()...)
	silent(t, k, aLink)
	tap(t, k, "Field recordings")
	for _, want := range []string{aLink, "Only people with the link", "1 Mar 2027", "You", someKey().Fingerprint(), "/home/ada/Videos", "given now"} {
		says(t, k, want)
	}
	if p.detail.code.Image == nil || !p.detail.code.Visible() {
		t.Error("there is no code")
	}
	if k.Window.Canvas().Focused() != p.list {
		t.Errorf("the focus is on %T", k.Window.Canvas().Focused())
	}
	tap(t, k, "Feature film")
	says(t, k, "Nordlicht Film")
	silent(t, k, "given now")
	press(t, k, "Close")
	silent(t, k, aLink)
	tap(t, k, "Feature film")
	says(t, k, aLink)
}

// The detail follows how others reach this computer, while it is seen.
func TestDetailReach(t *testing.T) {
	k := hosttest.New(t)
	k.Desk.Seen = []host.Reach{{State: host.ReachUnknown}, {State: host.ReachClosed}}
	p := place(k, roomy, several()...)
	tap(t, k, "Holiday in the north")
	says(t, k, "Others cannot reach this computer directly.")
	tap(t, k, "Old maps")
	silent(t, k, "Others cannot reach")
	tap(t, k, "Holiday in the north")
	p.Close()
	k.Desk.Seen = []host.Reach{{State: host.ReachOpen}}
	p.Show(snapshot(several()...))
	silent(t, k, "Others cannot reach")
}

// What is asked about one share does not answer for another.
func TestDetailLateAnswers(t *testing.T) {
	k := hosttest.New(t)
	k.Engine.Details = map[uuid.UUID]*app.Detail{number(1): lively(holiday())}
	p := place(k, roomy, several()...)
	var jobs []func(context.Context) (func(), error)
	k.Do = func(job func(context.Context) (func(), error)) { jobs = append(jobs, job) }
	tap(t, k, "Holiday in the north")
	tap(t, k, "Old maps")
	k.Desk.Links[number(4)] = "grove:1/old"
	slices.Reverse(jobs)
	for _, job := range jobs {
		if then, err := job(t.Context()); err == nil {
			then()
		}
	}
	if p.detail.link.Text != "grove:1/old" || p.detail.plot.content.Visible() {
		t.Errorf("the link is %q, the plot seen: %v", p.detail.link.Text, p.detail.plot.content.Visible())
	}
	if n := len(jobs); n != 3 { // two links, and one history at a time
		t.Errorf("%d questions", n)
	}
}

// A share without a link says why.
func TestDetailNoLink(t *testing.T) {
	k := hosttest.New(t)
	p := place(k, roomy, several()...)
	k.Desk.Fails["Link"] = app.NewProblem(app.DiskFault, "sda", nil)
	tap(t, k, "Holiday in the north")
	says(t, k, "The disk reported an error at sda.")
	if p.detail.code.Visible() || p.detail.link.Visible() {
		t.Error("there is a code or a link")
	}
	press(t, k, "Copy link")
	if len(k.Told) != 1 || k.Copied != "" {
		t.Errorf("told %v, copied %q", k.Told, k.Copied)
	}
}

// Everything that can be done with a share is done by its button, and by the
// command that the menu has.
func TestActs(t *testing.T) {
	for _, c := range []struct {
		share, button, command string
		engine, desk           string
	}{
		{"Holiday in the north", "Stop sharing", "Share or stop sharing", "StopSharing " + number(1).String(), ""},
		{"Old maps", "Share again", "Share or stop sharing", "Resume " + number(4).String(), ""},
		{"Holiday in the north", "Show in folder", "Show in folder", "", "Reveal /home/ada/Videos/Holiday.mp4"},
		{"Holiday in the north", "Remove from list", "Remove from list", "Remove " + number(1).String(), ""},
	} {
		for _, way := range []string{"button", "command"} {
			k := hosttest.New(t)
			k.Yes = true
			p := place(k, roomy, several()...)
			tap(t, k, c.share)
			if way == "button" {
				press(t, k, c.button)
			} else {
				i := slices.IndexFunc(p.Commands(), func(x host.Command) bool { return x.Text == c.command })
				if !p.Commands()[i].Enabled() || p.Commands()[i].Shortcut == nil {
					t.Errorf("%s cannot be done, or has no keys", c.command)
				}
				p.Commands()[i].Do()
			}
			if c.engine != "" && !slices.Contains(k.Engine.Calls(), c.engine) || c.desk != "" && !slices.Contains(k.Desk.Calls, c.desk) {
				t.Errorf("%s by %s: engine %q, desk %q", c.button, way, k.Engine.Calls(), k.Desk.Calls)
			}
		}
	}
}

// The link is copied by its button, with Ctrl+L and with Ctrl+C in the list,
// which does nothing with other keys.
func TestCopy(t *testing.T) {
	k := hosttest.New(t)
	p := place(k, roomy, several()...)
	tap(t, k, "Holiday in the north")
	for name, copy := range map[string]func(){
		"button":  func() { press(t, k, "Copy link") },
		"command": p.Commands()[0].Do,
		"list":    func() { p.list.TypedShortcut(&fyne.ShortcutCopy{}) },
	} {
		k.Copied, k.Said = "", nil
		if copy(); k.Copied != aLink || len(k.Said) != 1 {
			t.Errorf("%s: copied %q, said %q", name, k.Copied, k.Said)
		}
	}
	k.Copied = ""
	if p.list.TypedShortcut(&fyne.ShortcutPaste{}); k.Copied != "" {
		t.Errorf("pasting copies %q", k.Copied)
	}
}

// Removing asks first, and says that files stay.
func TestRemoveAsks(t *testing.T) {
	k := hosttest.New(t)
	p := place(k, roomy, several()...)
	tap(t, k, "Holiday in the north")
	key(p, fyne.KeyDelete)
	if len(k.Asked) != 1 || k.Asked[0] != "Remove “Holiday in the north” from the list?" || len(k.Engine.Calls()) != 0 {
		t.Errorf("asked %q, the engine was told %q", k.Asked, k.Engine.Calls())
	}
	k.Yes = true
	key(p, fyne.KeyDelete)
	if !slices.Equal(k.Engine.Calls(), []string{"Remove " + number(1).String()}) {
		t.Errorf("the engine was told %q", k.Engine.Calls())
	}
	p.Show(snapshot(several()[1:]...))
	silent(t, k, aLink)
	if p.open || p.selected != uuid.Nil {
		t.Error("what is gone is still selected")
	}
}

// What cannot be done now is not, whoever asks; the window hears when that
// may have changed.
func TestActsThatCannotBe(t *testing.T) {
	k := hosttest.New(t)
	changed := 0
	k.Changed = func() { changed++ }
	p := place(k, roomy, several()...)
	tap(t, k, "Holiday in the north")
	p.run(actAgain)
	tap(t, k, "Old maps")
	p.run(actStop)
	if got := k.Engine.Calls(); len(got) != 0 || changed != 2 {
		t.Errorf("the engine was told %q, the window %d times", got, changed)
	}
}

// What goes wrong is told.
func TestActFails(t *testing.T) {
	k := hosttest.New(t)
	place(k, roomy, several()...)
	k.Engine.Fail("StopSharing", errors.New("no"))
	tap(t, k, "Holiday in the north")
	press(t, k, "Stop sharing")
	if len(k.Told) != 1 {
		t.Errorf("told %v", k.Told)
	}
}

// The keyboard does everything in the list.
func TestKeys(t *testing.T) {
	k := hosttest.New(t)
	p := place(k, roomy, several()...)
	for _, c := range []struct {
		key  fyne.KeyName
		want int // number of the share selected
	}{{fyne.KeyDown, 1}, {fyne.KeyDown, 2}, {fyne.KeyUp, 1}, {fyne.KeyUp, 1}, {fyne.KeyEnd, 5}, {fyne.KeyHome, 1}, {fyne.KeyPageDown, 5}, {fyne.KeyPageUp, 1}} {
		if key(p, c.key); p.selected != number(c.want) {
			t.Errorf("%s selects %v", c.key, p.selected)
		}
	}
	if p.open {
		t.Error("moving opens the detail")
	}
	if key(p, fyne.KeyReturn); !p.open {
		t.Error("Enter does not open the detail")
	}
	if key(p, fyne.KeyDown); p.detail.id != number(2) {
		t.Errorf("the detail shows %v", p.detail.id)
	}
	if key(p, fyne.KeyEscape); p.open {
		t.Error("Esc does not close the detail")
	}
	key(p, fyne.KeySpace)
	p.detail.acts[actCopy].TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if k.Copied != aLink {
		t.Errorf("copied %q", k.Copied)
	}
	k.Copied = ""
	if p.detail.acts[actCopy].TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace}); k.Copied != aLink {
		t.Errorf("copied %q", k.Copied)
	}
	p.detail.acts[actCopy].TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if p.open {
		t.Error("Esc on a button does not close the detail")
	}
}

// The menu of a row has what can be done with it.
func TestMenu(t *testing.T) {
	k := hosttest.New(t)
	p := place(k, roomy, several()...)
	test.TapSecondary(newRowViewOf(p, stopped()))
	menu := k.Window.Canvas().Overlays().Top()
	if menu == nil || p.selected != number(4) {
		t.Fatalf("the menu is %v, selected %v", menu, p.selected)
	}
	k.Markup(t, "menu")
}

func newRowViewOf(p *Page, v app.View) *rowView {
	r := newRowView(p)
	r.set(rowOf(&v, p.host.Words), nil)
	return r
}

// Select shows a share now, or as soon as it is listed, wherever it is.
func TestSelect(t *testing.T) {
	k := hosttest.New(t)
	p := New(k.Host)
	p.Select(number(900))
	k.Put(p, roomy, snapshot(holiday()))
	if p.open {
		t.Error("something else is shown")
	}
	all := many(1000)
	for _, v := range all {
		k.Desk.Links[v.ID] = aLink
	}
	p.Show(snapshot(all...))
	if p.selected != number(900) || !p.open {
		t.Fatalf("selected %v, open %v", p.selected, p.open)
	}
	says(t, k, "Share 00900")
	says(t, k, aLink)
	p.Select(number(3))
	if p.selected != number(3) {
		t.Errorf("selected %v", p.selected)
	}
	slices.Reverse(all)
	if p.Show(snapshot(all...)); p.selected != number(3) || p.view(p.last).ID != number(3) {
		t.Error("the selection does not follow its share")
	}
}

// Where there is little room the detail takes the list's place.
func TestNarrow(t *testing.T) {
	k := hosttest.New(t)
	p := place(k, tiny, several()...)
	tap(t, k, "Holiday in the north")
	if p.upper.Visible() || k.Window.Canvas().Focused() != p.detail.back {
		t.Errorf("the list is seen: %v, the focus on %T", p.upper.Visible(), k.Window.Canvas().Focused())
	}
	press(t, k, "Back")
	if !p.upper.Visible() || p.detail.content.Visible() || k.Window.Canvas().Focused() != p.list {
		t.Error("Back does not go back")
	}
	tap(t, k, "Holiday in the north")
	k.Window.Resize(roomy)
	if !p.upper.Visible() || p.detail.back.Visible() || !p.detail.close.Visible() {
		t.Error("a larger window does not show both")
	}
	p.Close()
}

// A poster takes the place of the drawn picture once it was decoded; one that
// is none does not.
func TestPictures(t *testing.T) {
	k := hosttest.New(t)
	v := holiday()
	v.Poster = []byte("not a picture")
	p := place(k, roomy, v, popular())
	if len(p.pictures.known) != 2 || len(p.pictures.asked) != 1 {
		t.Fatalf("%d pictures, %d posters", len(p.pictures.known), len(p.pictures.asked))
	}
	before := p.pictures.of(&v)
	if p.Show(snapshot(v)); p.pictures.of(&v) != before {
		t.Error("the picture is made anew")
	}
	for i := range 3 * picturesKept {
		p.pictures.of(&app.View{Package: pack.ID{9, byte(i), byte(i >> 8)}})
	}
	if n := len(p.pictures.known); n > picturesKept {
		t.Errorf("%d pictures are kept", n)
	}
}

// With 5,000 shares as few rows are made as are seen.
func TestManyAreFewRows(t *testing.T) {
	k := hosttest.New(t)
	p := place(k, roomy, many(5000)...)
	n := 0
	hosttest.Walk(k.Window.Content(), func(o fyne.CanvasObject) {
		if _, ok := o.(*rowView); ok {
			n++
		}
	})
	if most := int(roomy.Height/look.Units(rowHeight)) + 2; n == 0 || n > most {
		t.Errorf("%d rows are made", n)
	}
	k.Markup(t, "thousands")
	key(p, fyne.KeyEnd)
	says(t, k, "Share 04999")
}

// The states of the place as they are drawn.
func TestStates(t *testing.T) {
	hard := popular()
	hard.Name = "\u202E<b>العربية</b> 東京 🌲 $(calc) " + strings.Repeat("long name ", 30)
	for _, c := range []struct {
		name, language, appearance string
		scale                      float64
		size                       fyne.Size
		views                      []app.View
		selected                   int
	}{
		{"empty", "en", app.AppearanceLight, 1, roomy, nil, 0},
		{"empty-tiny", "de", app.AppearanceDark, 1, tiny, nil, 0},
		{"one", "en", app.AppearanceLight, 1, roomy, []app.View{holiday()}, 0},
		{"several", "en", app.AppearanceLight, 1, roomy, several(), 0},
		{"detail", "en", app.AppearanceLight, 1, roomy, several(), 2},
		{"detail-dark", "en", app.AppearanceDark, 1, roomy, several(), 2},
		{"detail-german", "de", app.AppearanceLight, 1, roomy, several(), 4},
		{"detail-large", "en", app.AppearanceLight, 1.5, roomy, several(), 2},
		{"detail-tiny", "en", app.AppearanceLight, 1, tiny, several(), 5},
		{"stranger", "en", app.AppearanceLight, 1, roomy, []app.View{hard}, 2},
		{"tiny", "en", app.AppearanceLight, 1, tiny, append([]app.View{hard}, several()...), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := hosttest.In(t, c.language, c.appearance, c.scale)
			k.Engine.Details = map[uuid.UUID]*app.Detail{number(2): lively(popular())}
			p := place(k, c.size, c.views...)
			if c.selected > 0 {
				p.Select(number(c.selected))
			}
			k.Markup(t, c.name)
			if c.name == "detail" || c.name == "detail-dark" {
				k.Image(t, c.name)
			}
		})
	}
}

// A link comes later than the rest. Its code pushes the facts down also where
// there is room for all of it.
func TestTheCodeLiesOnNothing(t *testing.T) {
	k := hosttest.New(t)
	p := place(k, fyne.NewSize(840, 1600), several()...)
	tap(t, k, "Field recordings")
	p.detail.setLink("", nil)
	p.detail.setLink(aLink, nil)
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject
	code, first := p.detail.code, p.detail.facts[0].text
	if end := at(code).Y + code.Size().Height; code.Size().Height == 0 || at(first).Y < end {
		t.Errorf("the code ends at %v, and what is given stands at %v", end, at(first).Y)
	}
}
