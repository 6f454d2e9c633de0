package downloads

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"grove/ui/host"
	"grove/ui/look"
)

// linkLine is where a link is pasted, and where sharing begins.
type linkLine struct {
	host    *host.Host
	entry   *linkEntry
	content fyne.CanvasObject
}

func newLinkLine(h *host.Host) *linkLine {
	l := &linkLine{host: h, entry: newLinkEntry(h.Words.T("downloads.link.paste"))}
	l.entry.OnSubmitted = l.get
	get := look.Main(h.Words.T("downloads.link.get"), look.Icon("downloads"), func() { l.get(l.entry.Text) })
	share := look.Button(h.Words.T("downloads.link.share"), look.Icon("shared"), func() { h.ChooseFiles(h.Share) })
	l.content = container.NewPadded(container.NewBorder(nil, nil, nil, container.NewHBox(get, share), l.entry))
	return l
}

// get looks at what was typed. What is no link stays, to be mended.
func (l *linkLine) get(text string) {
	if text == "" {
		l.focus()
		return
	}
	l.host.Get(text)
	if l.host.Desk.IsLink(text) {
		l.entry.SetText("")
	}
}

func (l *linkLine) focus() { l.host.Window.Canvas().Focus(l.entry) }

// linkEntry is an entry whose hint is cut to its width: the toolkit would put
// a scroll bar below one that is longer.
type linkEntry struct {
	widget.Entry
	hint string
}

func newLinkEntry(hint string) *linkEntry {
	e := &linkEntry{hint: hint}
	e.ExtendBaseWidget(e)
	return e
}

// Resize implements fyne.CanvasObject.
func (e *linkEntry) Resize(size fyne.Size) {
	room := size.Width - 4*theme.Size(theme.SizeNameInnerPadding)
	if hint := look.Clip(e.hint, room, theme.Size(theme.SizeNameText), fyne.TextStyle{}); hint != e.PlaceHolder {
		e.SetPlaceHolder(hint)
	}
	e.Entry.Resize(size)
}
