package downloads

import (
	"context"
	"path/filepath"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"grove/app"
	"grove/app/pack"
	"grove/ui/look"
	"grove/ui/words"
)

// fileLine says how much of file f is here, and whether it can be opened.
func fileLine(d *app.Detail, f int, w *words.Words, canOpen func(name string) bool) line {
	file := &d.Desc.Package.Manifest.Files[f]
	l := line{Text: words.Plain(file.Name(), 2*nameLimit), First: w.Size(file.Size)}
	have := d.FileHave(f)
	if have == 0 && file.Size > 0 && !wants(d, f) {
		l.Second = w.T("downloads.file.not_chosen")
		return l
	}
	l.Second = w.Percent(have, file.Size)
	if !complete(&d.View) || have < file.Size {
		return l
	}
	if l.Act = actReveal; canOpen(file.Path[len(file.Path)-1]) {
		l.Act = actOpen
	}
	return l
}

// wants reports whether file f was chosen.
func wants(d *app.Detail, f int) bool {
	first, end := d.Desc.Package.Layout.FilePieces(f)
	return slices.ContainsFunc(d.Pieces[first:end], func(p app.PieceState) bool { return p != app.PieceSkipped })
}

// filePath is where file f of a finished download lies: a package of one file
// is that file, any other a folder.
func filePath(root string, files []pack.File, f int) string {
	if len(files) == 1 && len(files[0].Path) == 1 {
		return root
	}
	return filepath.Join(append([]string{root}, files[f].Path...)...)
}

// filesPart lists the files.
type filesPart struct {
	page  *Page
	now   *app.Detail
	lines *lines
	none  *widget.Label
	box   fyne.CanvasObject
}

func newFilesPart(page *Page) *filesPart {
	w := page.host.Words
	p := &filesPart{page: page, none: look.QuietPara(w.T("downloads.file.none"))}
	p.lines = newLines(&lines{first: 12, second: 13, act: true, say: w, do: p.open,
		at: func(i int) line { return fileLine(p.now, i, w, page.host.Desk.CanOpen) }})
	p.box = container.NewStack(p.lines.list, p.none)
	return p
}

func (p *filesPart) content() fyne.CanvasObject { return p.box }

func (p *filesPart) show(d *app.Detail) {
	p.now = d
	count := 0
	if d.Desc != nil {
		count = len(d.Desc.Package.Manifest.Files)
	}
	visible(p.none, count == 0)
	p.lines.show(count)
}

// open opens file f, or shows it in its folder where it is not of a kind that
// is safe to open.
func (p *filesPart) open(f int) {
	l := p.lines.at(f)
	path := filePath(p.now.Path, p.now.Desc.Package.Manifest.Files, f)
	desk := p.page.host.Desk
	p.page.order(func(ctx context.Context) error {
		if l.Act == actOpen {
			return desk.Open(ctx, path)
		}
		return desk.Reveal(ctx, path)
	})
}
