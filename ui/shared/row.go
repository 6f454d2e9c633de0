package shared

import (
	"github.com/google/uuid"

	"grove/app"
	"grove/app/pack"
	"grove/ui/words"
)

// nameLimit is how many characters of a name are shown at most.
const nameLimit = 160

// row is what the list shows of one share. It is compared with what is seen
// already, and only what differs is drawn.
type row struct {
	ID       uuid.UUID
	Package  pack.ID
	Name     string
	Given    string // how much of it, and how often
	People   string // who gets it now
	Rate     string
	Sentence string
	Needs    bool // the user has to do something
}

// rowOf says what is shown of v.
func rowOf(v *app.View, w *words.Words) row {
	r := row{ID: v.ID, Package: v.Package, Name: words.Plain(v.Name, nameLimit), Given: givenOf(v, w)}
	r.Sentence, r.Needs = sentenceOf(v, w)
	if v.State == app.Seeding && v.NotGiving == "" {
		r.People = peopleOf(v, w)
		if v.Rates.Given >= 1 {
			r.Rate = w.Rate(v.Rates.Given)
		}
	}
	return r
}

// listed reports whether v belongs here: what was made of files of this
// computer, and finished downloads that others get.
func listed(v *app.View) bool { return v.Shared || v.State == app.Seeding }

// givenOf is how much of v was given, and how many times all of it.
func givenOf(v *app.View, w *words.Words) string {
	if v.Counts.Given == 0 {
		return w.T("shared.nothing_given")
	}
	size := w.T("shared.given", "size", w.Size(v.Counts.Given))
	if v.Size == 0 || v.Counts.Given < v.Size {
		return size
	}
	return w.T("shared.given_times", "given", size, "times", w.N("shared.times", int(v.Counts.Given/v.Size)))
}

// peopleOf is how many get v now.
func peopleOf(v *app.View, w *words.Words) string {
	if n := v.Serving.Peers - v.Serving.Complete; n > 0 {
		return w.N("reason.fetching", n)
	}
	return w.T("shared.nobody")
}

// missed reports whether others could not get through to this computer and,
// as far as is known, v is nowhere else.
func missed(v *app.View) bool {
	return v.Shared && v.State == app.Seeding && v.NotGiving == "" && v.Serving.Missed > 0 && v.Serving.Peers <= 0
}

// sentenceOf is what matters about v now, and whether it needs the user.
func sentenceOf(v *app.View, w *words.Words) (text string, needs bool) {
	switch {
	case v.State == app.Failed:
		return w.Reason(v, 0), true
	case v.State != app.Seeding || v.NotGiving != "":
		return w.Reason(v, 0), v.NotGiving == app.GivingOff || v.NotGiving == app.GivingCut
	case v.Problem != nil:
		text, _, _ = w.Problem(v.Problem)
		return text, true
	case v.Serving.Complete > 0:
		return w.N("reason.safe", v.Serving.Complete), false
	case missed(v):
		return w.Reason(v, 0), true
	case v.Shared:
		return w.T("shared.keep_open"), false
	case v.Seed:
		return w.T("shared.until_told"), false
	}
	return w.T("shared.after_download"), false
}
