package look

import (
	"image"

	"fyne.io/fyne/v2"

	"grove/ui/chart"
)

// PieceMap is the map of all pieces of a package. Its sentence ("612 of 1,024
// pieces checked") is laid beside it by the page.
type PieceMap struct {
	Raster
	cells []chart.Cell
}

// NewPieceMap makes an empty map; name is for those who do not see it.
func NewPieceMap(name string) *PieceMap {
	p := &PieceMap{}
	p.set(name, fyne.NewSize(Units(20), Units(38./8)), func(m *image.RGBA, scale float32) {
		chart.Pieces(m, scale, Colors(), p.cells)
	})
	p.ExtendBaseWidget(p)
	return p
}

// Set takes over the pieces in their order. They are kept until the next Set
// and do not change meanwhile.
func (p *PieceMap) Set(cells []chart.Cell) {
	p.cells = cells
	p.Redraw()
}
