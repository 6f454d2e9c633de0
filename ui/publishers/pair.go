package publishers

import (
	"fyne.io/fyne/v2"

	"grove/ui/look"
)

// pair lays a list and what is chosen in it beside each other; where there is
// no room for both, one of them: what is chosen while it is open.
type pair struct {
	open   bool
	narrow bool
	width  float32
	turned func() // narrow is another than before
}

// Layout implements fyne.Layout.
func (p *pair) Layout(o []fyne.CanvasObject, size fyne.Size) {
	list, chosen := o[0], o[1]
	if narrow := size.Width < look.Units(90); narrow != p.narrow {
		p.narrow = narrow
		p.turned()
	}
	setVisible(list, !p.narrow || !p.open)
	setVisible(chosen, !p.narrow || p.open)
	left, right := size.Width, size.Width
	if !p.narrow {
		left = min(max(size.Width*0.42, look.Units(45)), look.Units(60))
		right = size.Width - left
	}
	list.Resize(fyne.NewSize(left, size.Height))
	chosen.Resize(fyne.NewSize(right, size.Height))
	chosen.Move(fyne.NewPos(size.Width-right, 0))
	if p.width != right {
		p.width = right
		chosen.Refresh() // what wraps knows its height only now
	}
}

// MinSize implements fyne.Layout.
func (p *pair) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(look.Units(30), look.Units(20))
}
