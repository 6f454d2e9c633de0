package downloads

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"grove/app"
	"grove/ui/chart"
	"grove/ui/look"
	"grove/ui/words"
)

// cells is how a piece is painted.
var cells = [...]chart.Cell{
	app.PieceMissing:    chart.CellMissing,
	app.PieceSkipped:    chart.CellSkipped,
	app.PieceAsked:      chart.CellAsked,
	app.PieceWrong:      chart.CellWrong,
	app.PieceBefore:     chart.CellBefore,
	app.PieceFromPeer:   chart.CellPeers,
	app.PieceFromOrigin: chart.CellOrigin,
}

// cellsOf appends the cells of the pieces to into.
func cellsOf(pieces []app.PieceState, into []chart.Cell) []chart.Cell {
	for _, p := range pieces {
		into = append(into, cells[p])
	}
	return into
}

// piecesSentence says how many of the wanted pieces are here.
func piecesSentence(pieces []app.PieceState, w *words.Words) string {
	var here, all int
	for _, p := range pieces {
		if p.Here() {
			here++
		}
		if p != app.PieceSkipped {
			all++
		}
	}
	if all == 0 {
		return w.T("downloads.pieces.unknown")
	}
	return w.N("downloads.pieces.checked", all, "here", w.Count(int64(here)))
}

// legend is what the colours mean, in the order of reading.
var legend = []struct {
	cell chart.Cell
	key  string
}{
	{chart.CellPeers, "people"}, {chart.CellOrigin, "origin"}, {chart.CellBefore, "before"}, {chart.CellAsked, "asked"},
	{chart.CellMissing, "missing"}, {chart.CellWrong, "wrong"}, {chart.CellSkipped, "skipped"},
}

// piecesPart shows the map of pieces.
type piecesPart struct {
	words    *words.Words
	cells    []chart.Cell
	plot     *look.PieceMap
	sentence *widget.Label
	box      fyne.CanvasObject
}

func newPiecesPart(w *words.Words) *piecesPart {
	p := &piecesPart{words: w, plot: look.NewPieceMap(w.T("downloads.pieces.name")), sentence: look.Line("")}
	keys := container.New(&flow{})
	for _, l := range legend {
		sample := look.NewRaster("", fyne.NewSquareSize(look.Units(1)), func(m *image.RGBA, scale float32) {
			chart.Pieces(m, scale, look.Colors(), []chart.Cell{l.cell})
		})
		text := look.Quiet(w.T("downloads.pieces." + l.key))
		text.Truncation = fyne.TextTruncateOff
		keys.Add(container.NewHBox(container.NewCenter(sample), text))
	}
	p.box = container.New(&stack{fill: true}, p.sentence, inset(keys), inset(p.plot))
	return p
}

func (p *piecesPart) content() fyne.CanvasObject { return p.box }

func (p *piecesPart) show(d *app.Detail) {
	look.SetText(p.sentence, piecesSentence(d.Pieces, p.words))
	p.cells = cellsOf(d.Pieces, p.cells[:0])
	p.plot.Set(p.cells)
}
