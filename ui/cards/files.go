package cards

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"grove/ui/look"
	"grove/ui/words"
)

const (
	filterFrom = 20 // files, above which there is a filter
	rowsMost   = 10 // that are seen at a time
	rowsLeast  = 3
	deepest    = 6 // folders that are still indented
)

// files lets a person choose among the files of a package.
type files struct {
	tree      *tree
	words     *words.Words
	changed   func()
	content   *fyne.Container
	list      *fileList
	all, none *widget.Button
	nothing   *widget.Label
}

// newFiles makes the list; changed is called after each change of the
// selection, done on Enter and leave on Esc.
func newFiles(t *tree, w *words.Words, changed, done, leave func()) *files {
	f := &files{tree: t, words: w, changed: changed, nothing: look.Quiet(w.T("offer.no_such_file"))}
	f.all = look.Button("", nil, func() { t.set(true); f.refresh() })
	f.none = look.Button("", nil, func() { t.set(false); f.refresh() })
	f.list = newFileList(f, done, leave)
	if t.files > filterFrom {
		tools := container.New(layout.NewCustomPaddedHBoxLayout(look.Units(1)), f.all, f.none)
		filter := newEntry(w.T("offer.filter"), f.find, leave)
		f.content = look.Stack(1, container.New(filled{}, tools, filter), f.nothing, f.list)
	} else {
		f.content = look.Stack(1, look.Flow(f.all, f.none), f.nothing, f.list)
	}
	f.find("")
	return f
}

func (f *files) find(text string) {
	f.tree.find(text)
	kind := ""
	if f.tree.filter != "" {
		kind = "_found"
	}
	f.all.SetText(f.words.T("offer.select_all" + kind))
	f.none.SetText(f.words.T("offer.select_none" + kind))
	f.nothing.Hidden = len(f.tree.shown) > 0
	f.list.ScrollTo(0)
	f.refresh()
}

func (f *files) refresh() {
	f.list.Refresh()
	f.changed()
}

// fileList is the list itself. It scrolls by itself, so a package of many
// thousand files has no more widgets than one of seven.
type fileList struct {
	widget.List
	files       *files
	rows        int // seen at a time, where there are so many
	done, leave func()
}

func newFileList(f *files, done, leave func()) *fileList {
	l := &fileList{files: f, rows: rowsMost, done: done, leave: leave}
	l.Length = func() int { return len(f.tree.shown) }
	l.CreateItem = func() fyne.CanvasObject { return newFileRow() }
	l.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) {
		o.(*fileRow).set(f.tree.rowOf(f.tree.shown[i], f.words))
	}
	l.OnSelected = func(i widget.ListItemID) {
		l.UnselectAll()
		f.tree.toggle(f.tree.shown[i])
		f.refresh()
	}
	l.HideSeparators = true
	l.ExtendBaseWidget(l)
	return l
}

// seen is how many rows are seen at a time.
func (l *fileList) seen() int { return min(len(l.files.tree.branches), l.rows) }

func (l *fileList) rowHeight() float32 { return look.Units(fileRowUnits) + theme.Padding() }

// MinSize implements fyne.CanvasObject. It does not change while the list is
// filtered.
func (l *fileList) MinSize() fyne.Size {
	return fyne.NewSize(look.Units(20), float32(l.seen())*l.rowHeight())
}

// TypedKey implements fyne.Focusable.
func (l *fileList) TypedKey(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		l.done()
	case fyne.KeyEscape:
		l.leave()
	default:
		l.List.TypedKey(k)
	}
}

// mark is how much of a row is selected.
type mark uint8

const (
	markNone mark = iota
	markSome
	markAll
)

// fileText is what a row says.
type fileText struct {
	name, size string
	depth      int
	folder     bool
	mark       mark
	spoken     string
}

// rowOf is the row of branch i. While the list is filtered a file shows its
// whole path, as the folders around it are not listed.
func (t *tree) rowOf(i int, w *words.Words) fileText {
	b := t.branches[i]
	r := fileText{name: words.Plain(b.path[len(b.path)-1], titleLimit), size: w.Size(b.size),
		depth: min(b.depth, deepest), folder: b.file < 0}
	if t.filter != "" {
		r.name, r.depth = words.Plain(strings.Join(b.path, " / "), 2*titleLimit), 0
	}
	state := "offer.not_selected"
	switch {
	case b.taken == b.files:
		r.mark, state = markAll, "offer.selected"
	case b.taken > 0:
		r.mark, state = markSome, "offer.partly_selected"
	}
	r.spoken = w.List([]string{r.name, r.size, w.T(state)})
	return r
}

const fileRowUnits = 3 // height of a row, in grid units

// fileRow is a box, a name and a size. The list around it takes the taps and
// keys.
type fileRow struct {
	widget.BaseWidget
	shown      fileText
	box, kind  *widget.Icon
	name, size *widget.Label
}

func newFileRow() *fileRow {
	r := &fileRow{box: widget.NewIcon(nil), kind: widget.NewIcon(nil), name: look.Line(""), size: look.Line("")}
	r.size.Alignment, r.size.Importance = fyne.TextAlignTrailing, widget.LowImportance
	r.ExtendBaseWidget(r)
	return r
}

func (r *fileRow) set(t fileText) {
	if r.shown == t {
		return
	}
	r.shown = t
	icon := theme.CheckButtonIcon()
	switch t.mark {
	case markAll:
		icon = theme.CheckButtonCheckedIcon()
	case markSome:
		icon = theme.Icon(theme.IconNameCheckButtonPartial)
	}
	r.box.SetResource(icon)
	kind := theme.FileIcon()
	if t.folder {
		kind = theme.FolderIcon()
	}
	r.kind.SetResource(kind)
	look.SetText(r.name, t.name)
	look.SetText(r.size, t.size)
	r.Refresh()
}

// AccessibilityLabel implements fyne.Accessible.
func (r *fileRow) AccessibilityLabel() string { return r.shown.spoken }

// AccessibilityRole implements fyne.Accessible.
func (r *fileRow) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// CreateRenderer implements fyne.Widget.
func (r *fileRow) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.New(fileRowLayout{r}, r.box, r.kind, r.name, r.size))
}

type fileRowLayout struct{ row *fileRow }

// MinSize implements fyne.Layout.
func (l fileRowLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(look.Units(20), look.Units(fileRowUnits))
}

// Layout implements fyne.Layout.
func (l fileRowLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	r, u := l.row, look.Units(1)
	icon := theme.IconInlineSize()
	x := u + float32(r.shown.depth)*2*u
	for _, o := range []fyne.CanvasObject{r.box, r.kind} {
		o.Move(fyne.NewPos(x, (size.Height-icon)/2))
		o.Resize(fyne.NewSquareSize(icon))
		x += icon + u/2
	}
	wide := 11 * u
	text := r.name.MinSize().Height
	y := (size.Height - text) / 2
	r.name.Move(fyne.NewPos(x-u/2, y))
	r.name.Resize(fyne.NewSize(size.Width-x-wide+u/2, text))
	r.size.Move(fyne.NewPos(size.Width-wide-u, y))
	r.size.Resize(fyne.NewSize(wide, text))
}
