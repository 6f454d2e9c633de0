package words

import (
	"strings"
	"time"

	"grove/app"
)

// subjectLimit lets the path of a file be seen whole where it is not absurd.
const subjectLimit = 160

// Problem is what happened, what to do or what Grove does about it, and the
// text of the one button. A kind that has no texts is told as Internal.
func (w *Words) Problem(p *app.Problem) (sentence, advice, button string) {
	key := "problem." + string(p.Kind)
	if !w.has(key + ".sentence") {
		key = "problem." + string(app.Internal)
	}
	return w.T(key+".sentence", "subject", w.subject(p)), w.T(key + ".advice"), w.T(key + ".button")
}

// sentence is what happened, without advice.
func (w *Words) sentence(p *app.Problem) string {
	s, _, _ := w.Problem(p)
	return s
}

// subject is what a problem is about, as it may stand in a sentence.
func (w *Words) subject(p *app.Problem) string {
	s := p.Subject
	switch p.Kind {
	case app.Expired: // the engine writes the day in English
		if day, err := time.ParseInLocation("2 January 2006", s, time.Local); err == nil {
			s = w.Date(day)
		}
	case app.BadInput: // a sentence of its own
		s = strings.TrimRight(s, ".")
	}
	if s = Plain(s, subjectLimit); s == "" {
		return unknown
	}
	return s
}

// Event is a short label for what a log entry tells; an event of another
// Grove is shown by its name.
func (w *Words) Event(name string) string {
	if key := "event." + name; w.has(key) {
		return w.T(key)
	}
	return Plain(name, 40)
}
