package cards

import (
	"reflect"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"grove/app"
	"grove/ui/host"
	"grove/ui/host/hosttest"
	"grove/ui/look"
	"grove/ui/words"
)

// In any window, at any scale and in any language a card lies inside, its
// buttons are seen whole, and no two lines of its body lie over one another.
func TestSheetFits(t *testing.T) {
	for _, language := range words.Languages {
		for _, scale := range []float64{1, 1.5, 2} {
			for _, size := range []fyne.Size{tiny, roomy, {Width: 1600, Height: 1200}} {
				k := hosttest.In(t, language, app.AppearanceLight, scale)
				k.Engine.Outlooks = []app.Outlook{{Near: 2, Peers: 3, Origins: 1, Usual: 17.5e6}}
				k.Engine.Offer = talks()
				offer := NewOffer(k.Host, app.Lead{})
				put(k, offer, size)
				k.Engine.Fail("Accept", app.NewProblem(app.TargetExists, "talks", nil))
				offer.accept()
				checkSheet(t, offer.form.sheet, language)
				k.Engine.Fail("Accept", nil)
				share := sharing(k, size, "/home/ada/Holiday.mp4")
				checkSheet(t, share.form.sheet, language)
				share.form.keeper.wanted.SetChecked(true)
				share.form.keeper.refuse("no address")
				checkSheet(t, share.form.sheet, language)
				share.form.keeper.server.SetText("depot.example.org")
				share.share()
				share.made.setCopy(copying{Server: "https://depot.example.org/", Failed: app.NewProblem(app.NotFound, "depot.example.org", nil)})
				share.outside.Now.State = host.ReachClosed
				share.showWay()
				checkSheet(t, share.made.sheet, language)
				checkSheet(t, welcome(k, size).sheet, language)
			}
		}
	}
}

func checkSheet(t *testing.T, s *sheet, language string) {
	t.Helper()
	card, foot := s.root.Objects[0], s.inner.Objects[2]
	if end := card.Position().Add(card.Size()); end.X > s.root.Size().Width || end.Y > s.root.Size().Height {
		t.Errorf("%s: the card ends at %v in %v", language, end, s.root.Size())
	}
	if end := foot.Position().Y + foot.Size().Height; end > s.inner.Size().Height || foot.Size().Height < foot.MinSize().Height {
		t.Errorf("%s: the foot is %v high at %v in %v", language, foot.Size().Height, foot.Position().Y, s.inner.Size())
	}
	checkStack(t, s.body.Objects[0].(*fyne.Container), language)
}

// checkStack holds each row of a stack to its place below the one before,
// with the height it needs.
func checkStack(t *testing.T, c *fyne.Container, language string) {
	t.Helper()
	below := float32(0)
	for i, o := range c.Objects {
		if !o.Visible() {
			continue
		}
		if o.Position().Y+look.Units(1)+0.1 < below {
			t.Errorf("%s: row %d begins at %v, the one before ends at %v", language, i, o.Position().Y, below)
		}
		if o.Size().Height+0.1 < o.MinSize().Height {
			t.Errorf("%s: row %d is %v high and needs %v", language, i, o.Size().Height, o.MinSize().Height)
		}
		below = o.Position().Y + o.Size().Height
		if inner, ok := o.(*fyne.Container); ok {
			if reflect.TypeOf(inner.Layout) == reflect.TypeOf(c.Layout) {
				checkStack(t, inner, language)
			}
		}
	}
}

// A list gets shorter before a card scrolls, and longer again.
func TestSheetShortensList(t *testing.T) {
	k := hosttest.New(t)
	c := show(t, k, many(100))
	for _, v := range []struct {
		height float32
		rows   int
	}{{1200, rowsMost}, {640, rowsLeast}, {1200, rowsMost}} {
		k.Window.Resize(fyne.NewSize(840, v.height))
		if got := c.form.sheet.list.seen(); got != v.rows {
			t.Errorf("%d rows in a window %v high", got, v.height)
		}
	}
}

// Rows follow when texts change, also where the whole stays as high.
func TestSheetFollowsTexts(t *testing.T) {
	hosttest.New(t)
	one, two := look.Para("one line"), look.Para("two\nlines")
	s := newSheet(look.Stack(0, newField("a", one), newField("b", two)), look.Line("foot"), nil)
	s.root.Resize(roomy)
	rows := s.body.Objects[0].(*fyne.Container)
	first := rows.Objects[1].Position().Y
	one.SetText("two\nlines")
	two.SetText("one line")
	s.refresh()
	if got := rows.Objects[1].Position().Y; got <= first {
		t.Errorf("the second row is still at %v", got)
	}
	checkSheet(t, s, "")
}

// A field stands beside its name, and under it where the card is narrow.
func TestFieldFolds(t *testing.T) {
	hosttest.New(t)
	value := widget.NewLabel("value")
	f := newField("Name", value)
	f.Resize(fyne.NewSize(600, 40))
	rows := f.Objects[1]
	if p := rows.Position(); p.X != look.Units(fieldUnits) || p.Y != 0 || f.MinSize().Height > 50 {
		t.Errorf("wide: %v, %v high", p, f.MinSize().Height)
	}
	f.Resize(fyne.NewSize(300, 80))
	if p := rows.Position(); p.X != 0 || p.Y == 0 || f.MinSize().Height < 50 {
		t.Errorf("narrow: %v, %v high", p, f.MinSize().Height)
	}
}

// What stands beside buttons goes under them where too little is left of it.
func TestFilledFolds(t *testing.T) {
	hosttest.New(t)
	one, two := widget.NewButton("Select all", nil), widget.NewEntry()
	c := container.New(filled{}, one, two)
	c.Resize(fyne.NewSize(600, 40))
	if two.Position().Y != 0 || two.Size().Width+two.Position().X != 600 {
		t.Errorf("wide: at %v, %v", two.Position(), two.Size())
	}
	c.Resize(fyne.NewSize(200, 90))
	if two.Position().X != 0 || two.Position().Y <= one.Size().Height || c.MinSize().Height < two.Position().Y+two.Size().Height {
		t.Errorf("narrow: at %v in %v", two.Position(), c.MinSize())
	}
}
