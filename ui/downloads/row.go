package downloads

import (
	"strings"

	"github.com/google/uuid"

	"grove/app"
	"grove/app/pack"
	"grove/ui/words"
)

// nameLimit is how many characters of a stranger's name are shown at most.
const nameLimit = 160

// row is what the list shows of one download. It is compared with what is
// seen already, and only what differs is drawn.
type row struct {
	ID                    uuid.UUID
	Package               pack.ID
	Name, Amount, Rate    string
	Peers, Origin, Before float64 // shares of the bar, 0 to 1
	Sentence              string
	Signed                string // beside Sentence, where there is room
	Needs                 bool   // the user has to do something
	Act                   act
}

// rowOf says what is shown of v. place is its place in the line of those that
// wait, 1 being next; canOpen whether a file of that name is safe to open.
func rowOf(v *app.View, place int, w *words.Words, canOpen func(name string) bool) row {
	r := row{ID: v.ID, Package: v.Package, Name: words.Plain(v.Name, nameLimit), Amount: amount(v, w), Rate: pace(v, w),
		Sentence: w.Reason(v, place), Needs: needsUser(v), Act: mainAct(v, canOpen)}
	r.Peers, r.Origin, r.Before = shares(v)
	if r.Name == "" {
		r.Name = w.T("downloads.row.nameless")
	}
	if complete(v) && !v.Finished.IsZero() {
		r.Sentence = finished(v, r.Sentence, w)
	}
	if name := words.Plain(v.Publisher.Name, nameLimit); name != "" {
		r.Signed = w.T("downloads.row.signed", "name", name)
	}
	return r
}

// finished is when v was, and what goes on with it since, if anything.
func finished(v *app.View, since string, w *words.Words) string {
	when := w.T("downloads.row.finished", "date", w.Date(v.Finished))
	if v.State == app.Done {
		return when
	}
	return dotted(when, since)
}

// dotted joins the parts that are not empty.
func dotted(parts ...string) string {
	s := ""
	for _, p := range parts {
		if p != "" && s != "" {
			s += " · "
		}
		s += p
	}
	return s
}

// amount is how much of it is here.
func amount(v *app.View, w *words.Words) string {
	switch {
	case v.Size == 0:
		return ""
	case v.Have == 0 || v.Have >= v.Size:
		return w.Size(v.Size)
	}
	return w.T("downloads.row.amount", "have", w.Size(v.Have), "size", w.Size(v.Size))
}

// pace is how fast it comes and how long it takes; where nothing comes, how
// far it is; and in the end whom it came from.
func pace(v *app.View, w *words.Words) string {
	switch v.State {
	case app.Queued:
		return w.T("downloads.row.waiting")
	case app.Checking, app.Paused, app.Failed:
		return progress(v, w)
	case app.Downloading:
		if v.Rates.Down() < 1 {
			return progress(v, w)
		}
		left := ""
		if v.Left >= 0 {
			left = w.Left(v.Left)
		}
		return dotted(w.Rate(v.Rates.Down()), left)
	case app.Seeding, app.Done:
		return from(v.Counts, w)
	}
	return ""
}

// progress is how much of v is here, where that is something.
func progress(v *app.View, w *words.Words) string {
	if v.Have == 0 || v.Size == 0 {
		return ""
	}
	return w.Percent(v.Have, v.Size)
}

// from is whom a finished download came from.
func from(c app.Counts, w *words.Words) string {
	switch {
	case c.Peers+c.Origin == 0:
		return ""
	case c.Peers == 0:
		return w.T("downloads.row.from_origin")
	}
	return w.T("downloads.row.from_people", "percent", w.Percent(c.Peers, c.Peers+c.Origin))
}

// shares are the parts of the whole that people and the origin brought, and
// that were here before. A piece that was damaged on disk and came again
// counts once.
func shares(v *app.View) (peers, origin, before float64) {
	if v.Size <= 0 {
		return 0, 0, 0
	}
	have, came := float64(min(v.Have, v.Size)), float64(v.Counts.Peers+v.Counts.Origin)
	part := 1 / float64(v.Size)
	if came > have {
		part *= have / came
	} else {
		before = (have - came) * part
	}
	return float64(v.Counts.Peers) * part, float64(v.Counts.Origin) * part, before
}

// needsUser reports whether the user has to do something about v.
func needsUser(v *app.View) bool {
	return v.State == app.Failed || v.Problem != nil && v.Problem.Meaning().Actor == app.ActUser
}

// complete reports whether all of v is in its place.
func complete(v *app.View) bool { return v.Path != "" }

// spoken is the row for those who do not see it.
func (r row) spoken() string {
	var said []string
	for _, s := range []string{r.Name, r.Amount, r.Rate, r.Sentence, r.Signed} {
		if s != "" {
			said = append(said, s)
		}
	}
	return strings.Join(said, ", ")
}
