package ui

import (
	"context"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"

	"grove/app"
	"grove/app/pack"
	"grove/ui/cards"
	"grove/ui/words"
)

// A dropped file, a pasted link, one on the clipboard and what the program
// was started with all lead here.

// get looks at what a person has in hand and presents the offer.
func (w *Window) get(text string) {
	text = strings.TrimSpace(text)
	if text == "" {
		return
	}
	w.do(func(ctx context.Context) (func(), error) {
		lead, err := w.cfg.Desk.ReadLead(ctx, text)
		if err != nil {
			return nil, err
		}
		return func() {
			if v := w.listed(lead); v != nil {
				w.selectTransfer(v.ID)
				w.messages.say(w.host.Words.T("window.listed"))
				return
			}
			w.present(cards.NewOffer(w.host, lead))
		}, nil
	})
}

// listed is the transfer of the package that a link means, or nil.
func (w *Window) listed(lead app.Lead) *app.View {
	if w.snap == nil || lead.Link.ID == (pack.ID{}) {
		return nil
	}
	for i, v := range w.snap.Transfers {
		if v.Package == lead.Link.ID && v.State != app.Resolving && v.State != app.Offered {
			return &w.snap.Transfers[i]
		}
	}
	return nil
}

// dropped takes .grove files as packages to get and everything else as files
// to share.
func (w *Window) dropped(files []fyne.URI) {
	var share []string
	for _, f := range files {
		path := f.Path() // String would leave %20 in a name
		switch {
		case f.Scheme() != "file":
			w.get(f.String())
		case strings.EqualFold(filepath.Ext(path), ".grove"):
			w.get(path)
		default:
			share = append(share, path)
		}
	}
	if share != nil {
		w.host.Share(share)
	}
}

// clipboard remembers what was seen there, so that a link is offered once.
type clipboard struct{ last string }

// copy puts text there.
func (w *Window) copy(text string) {
	w.clip.last = text // our own links are no news
	w.cfg.App.Clipboard().SetContent(text)
}

// lookAtClipboard offers a link that lies there, quietly.
func (w *Window) lookAtClipboard() {
	if w.snap == nil || !w.snap.Settings.Window.Clipboard || !w.snap.Settings.Welcomed {
		return
	}
	text := strings.TrimSpace(w.cfg.App.Clipboard().Content())
	if text == w.clip.last || !w.cfg.Desk.IsLink(text) {
		return
	}
	w.clip.last = text
	w.do(func(ctx context.Context) (func(), error) {
		lead, err := w.cfg.Desk.ReadLead(ctx, text)
		if err != nil {
			return nil, nil // nobody asked for it to be looked at
		}
		return func() { w.offerLink(lead, text) }, nil
	})
}

// offerLink says which link lies on the clipboard, unless its package is on
// the list.
func (w *Window) offerLink(lead app.Lead, text string) {
	if w.listed(lead) != nil {
		return
	}
	say := w.host.Words
	sentence := say.T("window.clipboard")
	if n := lead.Link.Name; n != "" {
		sentence = say.T("window.clipboard_named", "name", words.Plain(n, 60))
	}
	w.messages.offer(sentence, say.T("window.look_at_it"), func() { w.get(text) })
}
