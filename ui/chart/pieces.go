package chart

import (
	"image"
	"image/color"
	"math"
)

// Cell is a piece in a Pieces map.
type Cell uint8

// The cells, worst first where one cell stands for several pieces.
const (
	CellWrong Cell = iota
	CellAsked
	CellMissing
	CellSkipped
	CellBefore
	CellOrigin
	CellPeers
)

// Pieces paints the map of all pieces: squares of 8 units with a gap of 2,
// row by row. Where there are more pieces than squares, one stands for
// several: what of it is here fills it from below, by where it came from, and
// the rest shows the worst state among the others.
func Pieces(m *image.RGBA, scale float32, c Colors, cells []Cell) {
	g := newGrid(m, scale, len(cells))
	for i := range g.count {
		g.square(m, c, i, cells[i*len(cells)/g.count:(i+1)*len(cells)/g.count])
	}
}

// grid is how the squares lie: whole pixels, so that none is blurred.
type grid struct {
	side, pitch    int
	columns, count int
	line           int
}

func newGrid(m *image.RGBA, scale float32, pieces int) grid {
	unit := units(scale)
	gap := max(1, int(math.Round(2*unit)))
	g := grid{side: max(1, int(math.Round(8*unit))), line: max(1, int(unit))}
	g.pitch = g.side + gap
	g.columns = (m.Bounds().Dx() + gap) / g.pitch
	rows := (m.Bounds().Dy() + gap) / g.pitch
	g.count = min(pieces, g.columns*rows)
	return g
}

// square paints the square of some pieces, which there is at least one of.
func (g grid) square(m *image.RGBA, c Colors, at int, cells []Cell) {
	var of [CellPeers + 1]int
	worst := CellPeers
	for _, cell := range cells {
		cell = min(cell, CellPeers)
		of[cell]++
		worst = min(worst, cell)
	}
	x, y := at%g.columns*g.pitch, at/g.columns*g.pitch
	g.ground(m, c, x, y, worst)
	below, here := g.side, 0
	for _, cell := range []Cell{CellPeers, CellOrigin, CellBefore} {
		here += of[cell]
		above := g.side - here*g.side/len(cells)
		if worst < CellSkipped {
			above = max(above, 2*g.line) // the rest stays seen
		}
		rect(m, x, y+above, x+g.side, y+below, c.of(cell))
		below = min(below, above)
	}
}

// ground paints the square of pieces that are not here.
func (g grid) ground(m *image.RGBA, c Colors, x, y int, worst Cell) {
	switch worst {
	case CellWrong:
		rect(m, x, y, x+g.side, y+g.side, c.Wrong)
	case CellAsked, CellMissing:
		rect(m, x, y, x+g.side, y+g.side, c.of(worst))
		rect(m, x+g.line, y+g.line, x+g.side-g.line, y+g.side-g.line, c.Ground)
	case CellSkipped:
		inset := g.side * 3 / 8
		rect(m, x+inset, y+inset, x+g.side-inset, y+g.side-inset, c.Line)
	}
}

// of is the colour of a state.
func (c Colors) of(cell Cell) color.RGBA {
	switch cell {
	case CellWrong:
		return c.Wrong
	case CellAsked:
		return c.Asked
	case CellBefore:
		return c.Before
	case CellOrigin:
		return c.Origin
	case CellPeers:
		return c.Peers
	}
	return c.Line
}
