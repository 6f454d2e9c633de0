package downloads

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"grove/app"
	"grove/ui/host/hosttest"
)

// press does what the shortcut's command does, if it can be done.
func press(t *testing.T, p *Page, key fyne.KeyName, mod fyne.KeyModifier) {
	t.Helper()
	want := (&desktop.CustomShortcut{KeyName: key, Modifier: mod}).ShortcutName()
	for _, c := range p.Commands() {
		if c.Shortcut.ShortcutName() == want {
			if c.Enabled() {
				c.Do()
			}
			return
		}
	}
	t.Fatalf("no command has %s", want)
}

func did(k *hosttest.Kit) []string { return append(k.Engine.Calls(), k.Desk.Calls...) }

func TestCommands(t *testing.T) {
	const ctrl, alt, shift = fyne.KeyModifierControl, fyne.KeyModifierAlt, fyne.KeyModifierShift
	call := func(method string, n int, more string) string {
		return strings.TrimSpace(method + " " + number(n).String() + more)
	}
	for _, c := range []struct {
		name string
		on   int
		key  fyne.KeyName
		mod  fyne.KeyModifier
		want []string
	}{
		{"pause", 1, fyne.KeyP, ctrl, []string{call("Pause", 1, "")}},
		{"go on", 6, fyne.KeyP, ctrl, []string{call("Resume", 6, "")}},
		{"a shared one is not paused", 2, fyne.KeyP, ctrl, nil},
		{"up", 3, fyne.KeyUp, alt, []string{call("Move", 3, " 2")}},
		{"up at the top", 1, fyne.KeyUp, alt, nil},
		{"down", 3, fyne.KeyDown, alt, []string{call("Move", 3, " 4")}},
		{"down at the end", 10, fyne.KeyDown, alt, nil},
		{"to the top", 10, fyne.KeyHome, alt, []string{call("Move", 10, " 0")}},
		{"open", 2, fyne.KeyReturn, ctrl, []string{"Open /home/ada/Downloads/talks.mkv"}},
		{"what is not here", 1, fyne.KeyReturn, ctrl, nil},
		{"show", 10, fyne.KeyReturn, ctrl | shift, []string{"Reveal /home/ada/Downloads/Photographs"}},
		{"stop giving", 2, fyne.KeyG, ctrl, []string{call("StopSharing", 2, "")}},
		{"give", 10, fyne.KeyG, ctrl, []string{call("Resume", 10, "")}},
		{"remove", 2, fyne.KeyDelete, 0, []string{call("Remove", 2, "")}},
		{"remove with files", 2, fyne.KeyDelete, shift, []string{call("Remove", 2, ""), "Trash /home/ada/Downloads/talks.mkv"}},
		{"remove what is not finished", 6, fyne.KeyDelete, 0, []string{call("Remove", 6, "")}},
		{"and with files", 6, fyne.KeyDelete, shift, []string{call("Remove", 6, "")}},
		{"stop looking", 9, fyne.KeyDelete, 0, []string{call("Remove", 9, "")}},
		{"nothing is selected", 0, fyne.KeyDelete, 0, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := hosttest.New(t)
			k.Yes = true
			// One that is shared from here comes first: places in the list count it.
			mine := done()
			mine.ID, mine.Shared = number(90), true
			p := place(t, k, wide, append([]app.View{mine}, ofEvery()...)...)
			if c.on > 0 {
				p.choose(number(c.on))
			}
			press(t, p, c.key, c.mod)
			if got := did(k); !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// TestAsksBeforeLosing asks where something is lost, and does nothing without
// a yes.
func TestAsksBeforeLosing(t *testing.T) {
	for _, c := range []struct {
		on   int
		mod  fyne.KeyModifier
		want string
	}{{6, 0, "Remove “Lecture series, part 2”?"}, {6, fyne.KeyModifierShift, "Remove “Lecture series, part 2”?"},
		{2, fyne.KeyModifierShift, "Remove “Conference talks 2026” and its files?"}} {
		k := hosttest.New(t)
		p := place(t, k, wide, ofEvery()...)
		p.choose(number(c.on))
		press(t, p, fyne.KeyDelete, c.mod)
		if len(k.Asked) != 1 || k.Asked[0] != c.want {
			t.Errorf("asked %q, want %q", k.Asked, c.want)
		}
		if got := did(k); got != nil {
			t.Errorf("without a yes: %q", got)
		}
	}
	for _, on := range []int{2, 9} { // nothing is lost
		k := hosttest.New(t)
		p := place(t, k, wide, ofEvery()...)
		p.choose(number(on))
		press(t, p, fyne.KeyDelete, 0)
		if len(k.Asked) != 0 || len(did(k)) != 1 {
			t.Errorf("asked %q, did %q", k.Asked, did(k))
		}
	}
}

func TestQuestions(t *testing.T) {
	k := hosttest.New(t)
	fresh, some, whole := in(1, "A", app.Queued), film(), done()
	whole.Path = "/home/ada/\u202eevil"
	for _, c := range []struct {
		v    app.View
		want string
	}{
		{fresh, "It is not finished. Nothing of it has come yet."},
		{some, "It is not finished. The 1.9 GB that came so far are deleted."},
		{whole, "/home/ada/evil goes to the trash."},
	} {
		if q := questionOf(&c.v, k.Words); q.Text != c.want || q.Title == "" || q.Yes == "" {
			t.Errorf("%+v, want %s", q, c.want)
		}
	}
}

// TestTrashOnlyWhatIsRemoved leaves the files alone when the engine could not
// let go of them.
func TestTrashOnlyWhatIsRemoved(t *testing.T) {
	k := hosttest.New(t)
	k.Yes = true
	p := place(t, k, wide, ofEvery()...)
	k.Engine.Fail("Remove", errors.New("no"))
	p.choose(number(2))
	p.run(actTrash)
	if len(k.Desk.Calls) != 0 || len(k.Told) != 1 {
		t.Errorf("did %q, told %v", k.Desk.Calls, k.Told)
	}
}

// TestMenu offers what can be done now.
func TestMenu(t *testing.T) {
	k := hosttest.New(t)
	p := place(t, k, wide, ofEvery()...)
	v := newRowView(p)
	v.set(rowOf(p.view(1), 1, k.Words, opensMKV), nil)
	test.TapSecondaryAt(v, fyne.NewPos(20, 20))
	if p.selected != number(4) || p.open {
		t.Errorf("selected %v, detail %v", p.selected, p.open)
	}
	if k.Window.Canvas().Overlays().Top() == nil {
		t.Error("no menu")
	}
	var texts []string
	menu := p.menuOf(p.current())
	for _, i := range menu.Items {
		texts = append(texts, i.Label)
	}
	if got := strings.Join(texts, ", "); got != "Pause, Move up, Move down, Move to the top, Limit this download…, Fast or thrifty…, Remove from list, Remove with files" {
		t.Error(got)
	}
	menu.Items[0].Action()
	if got := k.Engine.Calls(); !slices.Equal(got, []string{"Pause " + number(4).String()}) {
		t.Errorf("%q", got)
	}
}

// TestCommandsStay holds that the list of commands does not change, and every
// one of them can be asked before there is anything.
func TestCommandsStay(t *testing.T) {
	k := hosttest.New(t)
	p := New(k.Host)
	before := p.Commands()
	for _, c := range before {
		if c.Enabled() {
			t.Errorf("%s before the first snapshot", c.Text)
		}
		c.Do()
	}
	p.Show(snapshot(ofEvery()...))
	p.choose(number(2))
	for i, c := range p.Commands() {
		if c.Text != before[i].Text {
			t.Errorf("%s became %s", before[i].Text, c.Text)
		}
	}
}
