package look

import (
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Bar is progress in two colours: what peers brought, then what the origin
// did, then the rest as the raised ground with a line around it.
type Bar struct {
	widget.BaseWidget
	peers, origin, other float32
	label                string

	rest   *canvas.Rectangle
	shares [3]*canvas.Rectangle // peers, origin, other
}

// NewBar makes an empty bar.
func NewBar() *Bar {
	b := &Bar{rest: canvas.NewRectangle(nil)}
	for i := range b.shares {
		b.shares[i] = canvas.NewRectangle(nil)
	}
	b.ExtendBaseWidget(b)
	return b
}

// Set takes over the shares of the whole, each 0 to 1: from peers, from the
// origin, and here from before and not known from whom.
func (b *Bar) Set(peers, origin, other float64) {
	p, o, x := share(peers, 1), share(origin, 1), share(other, 1)
	o = min(o, 1-p)
	x = min(x, 1-p-o)
	if p == b.peers && o == b.origin && x == b.other {
		return
	}
	b.peers, b.origin, b.other = p, o, x
	b.lay(b.Size())
	canvas.Refresh(b)
}

// SetLabel says in words what the bar shows, for those who do not see it:
// "62 % from people, 20 % from the origin".
func (b *Bar) SetLabel(s string) { b.label = s }

// AccessibilityLabel implements fyne.Accessible.
func (b *Bar) AccessibilityLabel() string { return b.label }

// AccessibilityRole implements fyne.Accessible.
func (b *Bar) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// share is v of all as a part from 0 to 1.
func share(v, all float64) float32 {
	if !(v > 0) || !(all > 0) { // nor is either no number
		return 0
	}
	return float32(min(v/all, 1))
}

// CreateRenderer implements fyne.Widget.
func (b *Bar) CreateRenderer() fyne.WidgetRenderer {
	return newDrawn(&drawn{widget: b, colour: b.colour, layout: b.lay,
		objects: []fyne.CanvasObject{b.rest, b.shares[0], b.shares[1], b.shares[2]},
		min:     func() fyne.Size { return fyne.NewSize(Units(4), Units(1)) }})
}

func (b *Bar) colour() {
	b.rest.FillColor, b.rest.StrokeColor, b.rest.StrokeWidth = theme.Color(ColorRaised), theme.Color(theme.ColorNameSeparator), 1
	for i, name := range []fyne.ThemeColorName{ColorPeers, ColorOrigin, theme.ColorNameInputBorder} {
		b.shares[i].FillColor = theme.Color(name)
	}
}

// lay puts the shares side by side on whole pixels, so that no ground shows
// between two. Only the outer ends are round.
func (b *Bar) lay(size fyne.Size) {
	height := min(size.Height, Units(1))
	top := (size.Height - height) / 2
	b.rest.Move(fyne.NewPos(0, top))
	b.rest.Resize(fyne.NewSize(size.Width, height))
	radius := Units(3. / 8)
	b.rest.CornerRadius = radius
	from, sum := float32(0), float32(0)
	first, last := -1, -1
	for i, part := range []float32{b.peers, b.origin, b.other} {
		sum += part
		to := float32(math.Round(float64(sum * size.Width)))
		if part > 0 && to <= from { // what is there is seen
			to = min(from+1, size.Width)
		}
		s := b.shares[i]
		s.Move(fyne.NewPos(from, top))
		s.Resize(fyne.NewSize(to-from, height))
		s.TopLeftCornerRadius, s.BottomLeftCornerRadius, s.TopRightCornerRadius, s.BottomRightCornerRadius = 0, 0, 0, 0
		if s.Hidden = to <= from; !s.Hidden {
			if first < 0 {
				first = i
			}
			last = i
		}
		from = to
	}
	if first < 0 {
		return
	}
	round := min(radius, b.shares[first].Size().Width/2)
	b.shares[first].TopLeftCornerRadius, b.shares[first].BottomLeftCornerRadius = round, round
	if from >= size.Width-radius {
		round = min(radius, b.shares[last].Size().Width/2)
		b.shares[last].TopRightCornerRadius, b.shares[last].BottomRightCornerRadius = round, round
	}
}
