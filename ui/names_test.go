package ui

import (
	"reflect"
	"strings"
	"testing"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"grove/app"
	"grove/ui/cards"
	"grove/ui/host/hosttest"
)

// TestNames: whoever does not see a control hears what it is, in every place
// and on every card, also where the window has no room for its words.
func TestNames(t *testing.T) {
	r := open(t)
	for _, size := range []fyne.Size{openSize, fyne.NewSize(560, 480)} {
		r.win.Resize(size)
		show := func(where string) {
			r.finish()
			r.set(func(*app.Snapshot) {})
			r.finish()
			hosttest.Walk(r.win.Canvas().Content(), func(o fyne.CanvasObject) {
				if n, ok := nameOf(o); ok && n == "" {
					t.Errorf("%s at %v: a %T without a name", where, size, o)
				}
			})
		}
		for _, p := range places {
			r.go_(p.place)
			show(string(p.place))
		}
		r.selectTransfer(hosttest.ID(1))
		for _, part := range []string{"Overview", "Speed", "Pieces", "Sources", "Files", "Log"} {
			r.tap(part)
			show(part)
		}
		r.selectTransfer(hosttest.ID(6))
		show("a share")
		r.present(cards.NewWelcome(r.host, r.snap.Settings))
		show("welcome")
		r.host.Share([]string{"/home/ada/a.mkv"})
		show("share")
		showOffer(r)
		show("offer")
	}
}

// nameOf is what a control is called; ok is false for what is none.
func nameOf(o fyne.CanvasObject) (name string, ok bool) {
	switch o := o.(type) {
	case *widget.Label, *widget.List, *widget.Icon:
		return "", false
	case fyne.Accessible:
		if _, tapped := o.(fyne.Tappable); tapped {
			name := o.AccessibilityLabel()
			if strings.HasSuffix(name, ".svg") { // the toolkit's way out
				name = ""
			}
			return name, true
		}
		return "", false
	}
	_, tapped := o.(fyne.Tappable)
	_, focused := o.(fyne.Focusable)
	if !tapped && !focused {
		return "", false
	}
	v := reflect.Indirect(reflect.ValueOf(o))
	if t := v.Type(); strings.HasPrefix(t.PkgPath(), "fyne.io/") && unicode.IsLower(rune(t.Name()[0])) {
		return "", false // a part of the toolkit's own: a scroll bar, the ground of a row
	}
	if v.FieldByName("List").IsValid() {
		return "", false // its rows have names
	}
	for _, field := range []string{"Text", "PlaceHolder", "Selected"} {
		if f := v.FieldByName(field); f.IsValid() && f.Kind() == reflect.String && f.String() != "" {
			return f.String(), true
		}
	}
	return "", true
}
