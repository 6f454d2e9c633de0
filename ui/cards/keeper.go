package cards

import (
	"net/url"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"grove/app"
	"grove/ui/host"
	"grove/ui/look"
	"grove/ui/words"
)

// A keeper is a server that keeps a copy of a share, so that whoever shares
// it can go.

// keeperField is where a person asks for one.
type keeperField struct {
	content *fyne.Container
	wanted  *check
	server  *entry
	wrong   *widget.Label
	sheet   func() *sheet // that it is on
}

func newKeeperField(h *host.Host, submitted func(), on func() *sheet) *keeperField {
	w := h.Words
	k := &keeperField{wrong: newWarning(""), sheet: on}
	k.server = newEntry(w.T("share.server"), func(string) { k.refuse("") }, h.Dismiss)
	k.server.OnSubmitted = func(string) { submitted() }
	k.server.Hide()
	k.wrong.Hide()
	k.wanted = newCheck(w.T("share.keep"), h.Dismiss)
	k.wanted.OnChanged = func(yes bool) {
		k.server.Hidden = !yes
		k.refuse("")
		k.sheet().refresh()
		if yes {
			h.Window.Canvas().Focus(k.server)
		}
	}
	k.content = newField(w.T("share.copy_field"), k.wanted, look.QuietPara(w.T("share.keep_hint")), k.server, k.wrong)
	return k
}

// offer fills in the server of the last time.
func (k *keeperField) offer(last string) {
	if k.server.Text == "" {
		k.server.SetText(last)
	}
}

// at is the base URL of the server, "" for none; ok is false where it is not
// an address.
func (k *keeperField) at() (base string, ok bool) {
	if !k.wanted.Checked {
		return "", true
	}
	return keeperOf(k.server.Text)
}

// refuse says what is wrong with the address; "" is nothing.
func (k *keeperField) refuse(why string) {
	if k.wrong.Text != why {
		fill(k.wrong, why)
		k.sheet().refresh()
	}
}

// keeperOf reads the address of a server as a base URL, which ends in a slash.
func keeperOf(text string) (base string, ok bool) {
	text = strings.TrimSpace(text)
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", false
	}
	if !strings.HasSuffix(u.Path, "/") {
		u = u.JoinPath("/")
	}
	return u.String(), true
}

// keeperName is a server as it is called in a sentence.
func keeperName(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return words.Plain(base, nameLimit)
	}
	return words.Plain(u.Host, nameLimit)
}

// copying is how far the copy at a server is.
type copying struct {
	Server     string
	Have, Size int64 // bytes; a Size of 0 is that it was not begun
	Done       bool
	Failed     error
}

// copyText is what the card says of a copy.
type copyText struct {
	Text    string
	Part    float64 // of the bar, which is there while it grows
	Growing bool
	Failed  bool
}

func copyOf(c copying, w *words.Words) copyText {
	name := keeperName(c.Server)
	switch {
	case c.Done:
		return copyText{Text: w.T("share.copy_done", "host", name)}
	case c.Failed != nil:
		sentence, _, _ := w.Problem(app.AsProblem(c.Failed))
		return copyText{Text: w.T("share.copy_failed", "host", name, "sentence", sentence), Failed: true}
	case c.Size <= 0:
		return copyText{Text: w.T("share.copy_asking", "host", name), Growing: true}
	}
	return copyText{Text: w.T("share.copy_at", "host", name, "have", w.Size(c.Have), "size", w.Size(c.Size)),
		Part: float64(c.Have) / float64(c.Size), Growing: true}
}

// copyView shows it.
type copyView struct {
	content *fyne.Container
	text    *widget.Label
	bar     *look.Bar
	inset   *fyne.Container
}

func newCopyView() *copyView {
	v := &copyView{text: look.Para(""), bar: look.NewBar()}
	v.inset = look.Inset(v.bar)
	v.content = look.Stack(-1, v.text, v.inset)
	v.content.Hide()
	return v
}

func (v *copyView) set(t copyText) {
	v.content.Show()
	v.text.Importance = widget.MediumImportance
	if t.Failed {
		v.text.Importance = widget.WarningImportance
	}
	look.SetText(v.text, t.Text)
	v.inset.Hidden = !t.Growing
	v.bar.Set(0, 0, t.Part)
}
