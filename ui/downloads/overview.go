package downloads

import (
	"strings"

	"grove/app"
	"grove/app/pack"
	"grove/ui/words"
)

// aboutLimit and aboutLines are how many characters and lines of a description
// are shown at most.
const (
	aboutLimit = 4000
	aboutLines = 60
)

// overview is what the first part of the detail says of a download. What is
// not known is empty.
type overview struct {
	Name, About            string
	Trouble                string // what is wrong, and what helps
	Publisher, Fingerprint string
	Seen                   string // how well the publisher is known
	Signed, Expires        string
	Added, Finished, From  string
	Folder, Package        string
}

// overviewOf says it.
func overviewOf(d *app.Detail, w *words.Words) overview {
	o := overview{Name: words.Plain(d.Name, nameLimit), Package: d.Package.String(),
		Folder: words.Plain(d.Folder, 2*nameLimit), Publisher: words.Plain(d.Publisher.Name, nameLimit)}
	if d.Problem != nil {
		sentence, advice, _ := w.Problem(d.Problem)
		o.Trouble = sentence + " " + advice
	} else if d.Interference != app.Undisturbed {
		o.Trouble = w.Interference(d.Interference)
	}
	if !d.Created.IsZero() {
		o.Added = w.Time(d.Created)
	}
	if complete(&d.View) {
		o.Folder, o.From = words.Plain(d.Path, 2*nameLimit), from(d.Counts, w)
		if !d.View.Finished.IsZero() {
			o.Finished = w.Time(d.View.Finished)
		}
	}
	if key := d.Publisher.Key; key != (pack.PublicKey{}) {
		o.Fingerprint = key.Fingerprint()
		o.Seen = w.N("downloads.overview.seen", max(d.Publisher.Packages, 1))
	}
	if d.Desc != nil {
		m := &d.Desc.Package.Manifest
		o.About, o.Signed = paragraphs(m.About), w.Time(m.Created)
		o.Expires = w.T("downloads.overview.never")
		if !m.Expires.IsZero() {
			o.Expires = w.Time(m.Expires)
		}
	}
	return o
}

// paragraphs is a description with its line breaks kept.
func paragraphs(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	if len(lines) > aboutLines {
		lines = append(lines[:aboutLines:aboutLines], "…")
	}
	for i, l := range lines {
		lines[i] = words.Plain(l, aboutLimit)
	}
	return strings.Join(lines, "\n")
}
