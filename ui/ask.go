package ui

import (
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/widget"

	"grove/app"
	"grove/ui/look"
)

// ask asks for consent before something that cannot be undone.
func (w *Window) ask(title, text, yes string, then func()) {
	w.question(title, text, look.Danger(yes, nil, nil), then, func() {})
}

// question shows a title, a text and two ways out: yes, and Cancel, which has
// the focus.
func (w *Window) question(title, text string, yes *widget.Button, then, not func()) {
	body := look.Para(text)
	d := dialog.NewCustomWithoutButtons(title, container.NewStack(body), w.win)
	no := look.Button(w.host.Words.T("common.cancel"), nil, func() { d.Hide(); not() })
	yes.OnTapped = func() { d.Hide(); then() }
	d.SetButtons([]fyne.CanvasObject{no, yes})
	d.Resize(fyne.NewSize(look.Units(56), 0))
	d.Show()
	w.win.Canvas().Focus(no)
}

// chooseFolder lets the user choose a folder, beginning at start.
func (w *Window) chooseFolder(start string, then func(path string)) {
	d := dialog.NewFolderOpen(func(u fyne.ListableURI, err error) {
		if u != nil && err == nil {
			then(filepath.FromSlash(u.Path()))
		}
	}, w.win)
	d.SetLocation(listable(start))
	d.Resize(w.chooserSize())
	d.Show()
}

// chooseFiles lets the user choose files to share.
func (w *Window) chooseFiles(then func(paths []string)) {
	w.chooseFile(nil, func(path string) { then([]string{path}) })
}

// chooseGrove lets the user choose a .grove file.
func (w *Window) chooseGrove() {
	w.chooseFile(storage.NewExtensionFileFilter([]string{".grove"}), w.get)
}

// chooseFile lets the user choose a file that fits; nil is any.
func (w *Window) chooseFile(fits storage.FileFilter, then func(path string)) {
	d := dialog.NewFileOpen(func(r fyne.URIReadCloser, err error) {
		if r == nil || err != nil {
			return
		}
		path := filepath.FromSlash(r.URI().Path())
		if err := r.Close(); err != nil {
			w.messages.tell(app.NewProblem(app.ReadOnly, path, err))
			return
		}
		then(path)
	}, w.win)
	d.SetFilter(fits)
	d.Resize(w.chooserSize())
	d.Show()
}

func (w *Window) chooserSize() fyne.Size {
	s := w.win.Canvas().Size()
	return fyne.NewSize(s.Width*0.85, s.Height*0.85)
}

// listable is a folder as the chooser wants it; nil where it is none.
func listable(path string) fyne.ListableURI {
	if path == "" {
		return nil
	}
	u, err := storage.ListerForURI(storage.NewFileURI(path))
	if err != nil {
		return nil
	}
	return u
}
