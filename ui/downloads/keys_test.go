package downloads

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"grove/ui/host/hosttest"
)

// TestKeys goes through the list with the keyboard alone.
func TestKeys(t *testing.T) {
	k := hosttest.New(t)
	p := place(t, k, wide, many(60)...)
	k.Window.Canvas().Focus(p.list)
	key := func(name fyne.KeyName) { p.list.TypedKey(&fyne.KeyEvent{Name: name}) }
	for _, c := range []struct {
		key  fyne.KeyName
		row  int
		open bool
	}{{fyne.KeyDown, 0, false}, {fyne.KeyDown, 1, false}, {fyne.KeyUp, 0, false}, {fyne.KeyUp, 0, false}, {fyne.KeyEnd, 59, false},
		{fyne.KeyDown, 59, false}, {fyne.KeyHome, 0, false}, {fyne.KeyPageDown, p.seen(), false}, {fyne.KeyPageUp, 0, false},
		{fyne.KeyReturn, 0, true}, {fyne.KeyDown, 1, true}, {fyne.KeyEscape, 1, false}, {fyne.KeySpace, 1, true}} {
		if key(c.key); p.index(p.selected) != c.row || p.open != c.open {
			t.Errorf("%s: row %d, open %v", c.key, p.index(p.selected), p.open)
		}
	}
	if p.detail.now.ID != number(2) {
		t.Errorf("the detail is of %s", p.detail.now.Name)
	}
	k.Yes = true
	key(fyne.KeyDelete)
	p.list.TypedShortcut(&fyne.ShortcutCut{Secondary: true}) // as Shift+Delete arrives
	if got := k.Engine.Calls(); len(got) != 2 || len(k.Asked) != 2 {
		t.Errorf("%q, asked %q", got, k.Asked)
	}
	other := fyne.Shortcut(&desktop.CustomShortcut{KeyName: fyne.KeyV, Modifier: fyne.KeyModifierControl})
	pasted := 0
	p.list.other = func(s fyne.Shortcut) {
		if s == other {
			pasted++
		}
	}
	if p.list.TypedShortcut(other); pasted != 1 {
		t.Error("the window does not get its shortcut")
	}
}

// TestKeysInDetail leaves the detail from wherever the keyboard is.
func TestKeysInDetail(t *testing.T) {
	k := hosttest.New(t)
	p := place(t, k, wide, many(40)...)
	c := k.Window.Canvas()
	esc, enter := &fyne.KeyEvent{Name: fyne.KeyEscape}, &fyne.KeyEvent{Name: fyne.KeyReturn}
	p.tapped(number(1))
	tapText(t, k, "Files")
	if c.Focused() != p.detail.choice.buttons[partFiles] {
		t.Fatalf("the keyboard is at %T", c.Focused())
	}
	if c.Focused().TypedKey(esc); p.open || c.Focused() != p.list {
		t.Error("still open")
	}
	k.Window.Resize(tiny)
	p.typed(fyne.KeyReturn)
	if c.Focused() != p.detail.back {
		t.Errorf("the keyboard is at %T", c.Focused())
	}
	if c.Focused().TypedKey(enter); p.open || c.Focused() != p.list {
		t.Error("still open")
	}
	p.openDetail()
	c.Focus(p.detail.choice.buttons[partSpeed])
	if c.Focused().TypedKey(enter); p.detail.choice.at != partSpeed {
		t.Errorf("part %d", p.detail.choice.at)
	}
}
