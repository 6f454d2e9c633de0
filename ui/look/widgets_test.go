package look_test

import (
	"image"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"grove/app"
	"grove/ui/look"
)

// TestWidgetsFollowTheTheme changes the appearance under widgets that are
// there already.
func TestWidgetsFollowTheTheme(t *testing.T) {
	for name, made := range map[string]func() fyne.CanvasObject{
		"card":  func() fyne.CanvasObject { return look.Card(look.Line("")) },
		"bar":   func() fyne.CanvasObject { b := look.NewBar(); b.Set(0.5, 0.2, 0); return b },
		"badge": func() fyne.CanvasObject { return look.NewBadge("first time seen", true) },
		"meter": func() fyne.CanvasObject { m := look.NewMeter("Given", "up", 9); m.Set("1 MB/s"); return m },
		"mark":  func() fyne.CanvasObject { return look.MarkPicture(40) },
		"ring":  func() fyne.CanvasObject { r := look.NewRing(""); r.Set(3, 1, "75 %", "from people"); return r },
		"empty": func() fyne.CanvasObject { return look.Empty("None", "Nothing.", "Get", nothing) },
	} {
		t.Run(name, func(t *testing.T) {
			picture := func(first, then string) image.Image {
				a := begin(t, first, 1)
				w := window(t, made(), 200, 160)
				w.Canvas().Capture()
				a.Settings().SetTheme(look.New(then, 1))
				w.Content().Refresh()
				return w.Canvas().Capture()
			}
			changed, fresh := picture(app.AppearanceLight, app.AppearanceDark), picture(app.AppearanceDark, app.AppearanceDark)
			if !same(changed, fresh) {
				t.Error("after a change of theme it is painted in other colours than one made afterwards")
			}
		})
	}
}

func same(a, b image.Image) bool {
	if a.Bounds() != b.Bounds() {
		return false
	}
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			if a.At(x, y) != b.At(x, y) {
				return false
			}
		}
	}
	return true
}

func TestBadgeWithoutTextTakesNoRoom(t *testing.T) {
	lightApp(t)
	b := look.NewBadge("", true)
	if got := b.MinSize(); !got.IsZero() {
		t.Errorf("it is %v", got)
	}
	b.Set("first time seen", true)
	if got := b.MinSize(); got.Width < 80 || got.Height != 20 {
		t.Errorf("with a text it is %v", got)
	}
	if m := window(t, b, 120, 20).Canvas().Capture(); !has(m, look.Light.Needs) {
		t.Error("it is not amber")
	}
	if b.AccessibilityLabel() != "first time seen" {
		t.Errorf("it is called %q", b.AccessibilityLabel())
	}
}

func TestMeterDoesNotDance(t *testing.T) {
	lightApp(t)
	m := look.NewMeter("Incoming", "down", 10)
	before := m.MinSize()
	for _, rate := range []string{"", "0 B/s", "111.9 MB/s"} {
		m.Set(rate)
		if got := m.MinSize(); got != before {
			t.Errorf("with %q it is %v, before %v", rate, got, before)
		}
	}
	if got := m.AccessibilityLabel(); got != "Incoming, 111.9 MB/s" {
		t.Errorf("it is called %q", got)
	}
}

func TestEmptyOffersItsAction(t *testing.T) {
	lightApp(t)
	tapped := 0
	e := look.Empty("Nothing here yet", strings.Repeat("Paste a link or drop a file. ", 3), "Paste a link", func() { tapped++ })
	w := window(t, e, 800, 600)
	capture(w)
	objects := e.(*fyne.Container).Objects
	mark, title, text := objects[0], objects[1], objects[2]
	if !mark.Visible() || mark.MinSize() != fyne.NewSquareSize(160) {
		t.Errorf("the mark is %v", mark.MinSize())
	}
	if middle := title.Position().X + title.Size().Width/2; middle != 400 {
		t.Errorf("the title's middle is at %g, want 400", middle)
	}
	if width := text.Size().Width; width != 352 {
		t.Errorf("the text is %g wide, want 352", width)
	}
	test.Tap(find[*widget.Button](t, w))
	if tapped != 1 {
		t.Errorf("the action was done %d times", tapped)
	}
	w.Resize(fyne.NewSize(360, 240))
	capture(w)
	if mark.Visible() {
		t.Error("in a low window the picture does not give way")
	}
	if e := look.Empty("None", "Nothing.", "", nil); len(e.(*fyne.Container).Objects) != 3 {
		t.Error("without an action there is a button")
	}
}

// find is the first object of a type that a window shows.
func find[T fyne.CanvasObject](t *testing.T, w fyne.Window) T {
	t.Helper()
	for _, o := range test.LaidOutObjects(w.Content()) {
		if found, ok := o.(T); ok {
			return found
		}
	}
	t.Fatalf("the window shows no %T", *new(T))
	return *new(T)
}

func TestButtonsSayWhatTheyAre(t *testing.T) {
	lightApp(t)
	for want, b := range map[widget.Importance]*widget.Button{
		widget.HighImportance: look.Main("Download", look.Icon("downloads"), nothing), widget.MediumImportance: look.Button("Share", nil, nothing),
		widget.DangerImportance: look.Danger("Delete", nil, nothing), widget.LowImportance: look.Link("Later", nothing),
	} {
		if b.Importance != want {
			t.Errorf("%q has the importance %d, want %d", b.Text, b.Importance, want)
		}
	}
	m := window(t, look.Main("Download", look.Icon("downloads"), nothing), 140, 36).Canvas().Capture()
	if !has(m, look.Light.Text) || !has(m, look.Light.Raised) {
		t.Error("the main button is not ink with light on it")
	}
}

func TestSetTextRefreshesOnlyWhatDiffers(t *testing.T) {
	lightApp(t)
	l := look.Line("one")
	look.SetText(l, "two")
	if l.Text != "two" {
		t.Errorf("the text is %q", l.Text)
	}
	if n := testing.AllocsPerRun(100, func() { look.SetText(l, "two") }); n != 0 {
		t.Errorf("setting the same text allocates %g times", n)
	}
}
