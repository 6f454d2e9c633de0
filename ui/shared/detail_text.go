package shared

import (
	"path/filepath"

	"grove/app"
	"grove/ui/host"
	"grove/ui/words"
)

// facts is what the detail says of one share.
type facts struct {
	Name, Sentence string
	Needs          bool
	Reach          string // how others get here, where that is not just fine
	Given          string
	Signed         string
	Fingerprint    string
	Who            string
	Added, Expires string
	Folder         string
}

// factsOf says what is shown of v while others reach this computer as in r.
func factsOf(v *app.View, r host.Reach, w *words.Words) facts {
	f := facts{Name: words.Plain(v.Name, nameLimit), Given: givenOf(v, w), Who: w.T("shared.anyone"),
		Added: w.Date(v.Created), Expires: w.T("shared.never")}
	f.Sentence, f.Needs = sentenceOf(v, w)
	f.Reach = reachOf(v, r, w)
	if p := v.Problem; p != nil && f.Needs {
		_, advice, _ := w.Problem(p)
		f.Sentence += " " + advice
	}
	if v.Private {
		f.Who = w.T("shared.private")
	}
	if !v.Expires.IsZero() {
		f.Expires = w.Date(v.Expires)
	}
	if v.Path != "" {
		f.Folder = words.Plain(filepath.Dir(v.Path), 2*nameLimit)
	}
	if v.Publisher.Key == ([42]byte{}) {
		return f
	}
	f.Fingerprint = v.Publisher.Key.Fingerprint()
	switch {
	case v.Shared:
		f.Signed = w.T("shared.you")
	case v.Publisher.Name != "":
		f.Signed = words.Plain(v.Publisher.Name, nameLimit)
	}
	return f
}

// reachOf says how others get to this computer while v is shared, where
// somebody may find that out too late, and what would help.
func reachOf(v *app.View, r host.Reach, w *words.Words) string {
	switch {
	case v.State != app.Seeding || v.NotGiving != "":
		return ""
	case r.State == host.ReachHelped || r.State == host.ReachClosed || r.State == host.ReachLocal:
		what, help := r.Text(w)
		return what + " " + help
	case missed(v):
		return w.T("reach.help")
	}
	return ""
}

// peak is the highest rate of giving in a history, and the last one.
func peak(history []app.Sample) (top, now float64) {
	for _, s := range history {
		top, now = max(top, s.Given), s.Given
	}
	return top, now
}
