package look_test

import (
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"grove/app"
	"grove/ui/look"
)

// block is an object of a least size.
func block(width, height float32) *canvas.Rectangle {
	r := canvas.NewRectangle(nil)
	r.SetMinSize(fyne.NewSize(width, height))
	return r
}

// at is where an object lies: x, y, width, height.
func at(o fyne.CanvasObject) string {
	p, s := o.Position(), o.Size()
	return fmt.Sprintf("%g,%g %gx%g", p.X, p.Y, s.Width, s.Height)
}

func lies(t *testing.T, what string, o fyne.CanvasObject, want string) {
	t.Helper()
	if got := at(o); got != want {
		t.Errorf("%s lies at %s, want %s", what, got, want)
	}
}

func TestOneObjectLayouts(t *testing.T) {
	lightApp(t)
	b := block(50, 20)
	for _, c := range []struct {
		name  string
		made  func() *fyne.Container
		least string
		wide  string // laid out in 300x100
		tight string // laid out in 60x10
	}{
		{"Narrow", func() *fyne.Container { return look.Narrow(200, b) }, "50x20", "0,0 200x100", "0,0 60x10"},
		{"Narrow below the least", func() *fyne.Container { return look.Narrow(30, b) }, "30x20", "0,0 30x100", "0,0 30x10"},
		{"Fixed", func() *fyne.Container { return look.Fixed(120, b) }, "120x20", "0,0 120x100", "0,0 120x10"},
		{"Tall", func() *fyne.Container { return look.Tall(140, b) }, "50x140", "0,0 300x100", "0,0 60x10"},
		{"Tall below the least", func() *fyne.Container { return look.Tall(10, b) }, "50x20", "0,0 300x100", "0,0 60x10"},
		{"Inset", func() *fyne.Container { return look.Inset(b) }, "66x36", "8,8 284x84", "8,8 44x-6"},
	} {
		o := c.made()
		if m := o.MinSize(); fmt.Sprintf("%gx%g", m.Width, m.Height) != c.least {
			t.Errorf("%s is at least %v, want %s", c.name, m, c.least)
		}
		o.Resize(fyne.NewSize(300, 100))
		lies(t, c.name+" with room", b, c.wide)
		o.Resize(fyne.NewSize(60, 10))
		lies(t, c.name+" without", b, c.tight)
	}
}

func TestLengthsFollowTheScale(t *testing.T) {
	a := lightApp(t)
	fixed, tall := look.Fixed(look.Units(10), block(1, 1)), look.Tall(look.Units(5), block(1, 1))
	picture, raster := look.MarkPicture(look.Units(20)), look.NewRaster("", fyne.NewSize(look.Units(4), look.Units(2)), nil)
	a.Settings().SetTheme(look.New(app.AppearanceLight, 1.5))
	for name, pair := range map[string][2]float32{
		"a width": {fixed.MinSize().Width, 120}, "a height": {tall.MinSize().Height, 60},
		"the mark": {picture.MinSize().Width, 240}, "a picture": {raster.MinSize().Width, 48},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s made before the scale was 1.5 is %g, want %g", name, pair[0], pair[1])
		}
	}
}

func TestStackIsAsHighAsItsLinesAreAtTheWidth(t *testing.T) {
	lightApp(t)
	long := look.Para(strings.Repeat("The publisher's server answered. ", 8))
	after, hidden := block(30, 10), block(30, 1000)
	hidden.Hide()
	s := look.Stack(2, long, hidden, after)
	s.Resize(fyne.NewSize(300, 600))
	high := long.MinSize().Height
	if high < 100 {
		t.Fatalf("the text is %g high and does not break its lines", high)
	}
	lies(t, "what comes after the text", after, fmt.Sprintf("0,%g 300x10", high+16))
	if got := s.MinSize().Height; got != high+16+10 {
		t.Errorf("the stack is %g high, want %g", got, high+26)
	}
	s.Resize(fyne.NewSize(900, 600))
	if s.MinSize().Height >= high {
		t.Error("the stack is as high in a wide window as in a narrow one")
	}
}

func TestFlowGoesOnInTheNextLine(t *testing.T) {
	lightApp(t)
	a, b, c := block(100, 30), block(100, 40), block(100, 30)
	f := look.Flow(a, b, c)
	if got := f.MinSize(); got != fyne.NewSize(100, 40) {
		t.Errorf("before it has a width it is at least %v", got)
	}
	f.Resize(fyne.NewSize(230, 100))
	lies(t, "the first", a, "0,0 100x30")
	lies(t, "the second", b, "108,0 100x40")
	lies(t, "the third", c, "0,48 100x30")
	if got := f.MinSize().Height; got != 78 {
		t.Errorf("two lines are %g high, want 78", got)
	}
	f.Resize(fyne.NewSize(60, 100))
	lies(t, "the second where there is no room", b, "0,38 60x40")
}

func TestColumnsStandBesideOrBelow(t *testing.T) {
	lightApp(t)
	a, b, c := block(10, 30), block(10, 50), block(10, 20)
	columns := look.Columns(100, a, b, c)
	columns.Resize(fyne.NewSize(332, 200))
	lies(t, "the first of three", a, "0,0 100x200")
	lies(t, "the last of three", c, "232,0 100x200")
	columns.Resize(fyne.NewSize(216, 200))
	lies(t, "the second of two", b, "116,0 100x50")
	lies(t, "the third, below", c, "0,66 100x20")
	if got := columns.MinSize(); got != fyne.NewSize(10, 86) {
		t.Errorf("two rows are at least %v", got)
	}
	wide := look.Columns(100, block(150, 1), block(150, 1))
	wide.Resize(fyne.NewSize(300, 50))
	lies(t, "one that is wider than a column", wide.Objects[1], "0,17 300x1")
}

func TestFieldStandsBesideOrBelow(t *testing.T) {
	lightApp(t)
	value := block(100, 20)
	f := look.Field("Folder", value)
	f.Resize(fyne.NewSize(600, 35))
	lies(t, "the value", value, "176,0 424x35")
	f.Resize(fyne.NewSize(300, 80))
	if value.Position().X != 0 || value.Position().Y < 20 {
		t.Errorf("in a narrow window the value lies at %s", at(value))
	}
	if got := f.MinSize(); got.Height < value.Position().Y+20 {
		t.Errorf("the row is at least %v and its value ends at %g", got, value.Position().Y+20)
	}
}
