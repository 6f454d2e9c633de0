package cards

import (
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"grove/app"
	"grove/app/pack"
	"grove/ui/words"
)

// terms is what a person wants of sharing for one download.
type terms int

const (
	asUsual  terms = iota // what the settings say
	notAtAll              // nothing, not even while it downloads
	untilTold
)

// situation is everything that the text of an offer follows from.
type situation struct {
	Offer    *app.Offer
	Files    int   // selected
	Bytes    int64 // of those
	Free     int64 // in the folder; negative while nobody knows
	Unknown  error // why Free cannot be known
	Rename   bool  // the package's own name is taken
	Target   string
	Terms    terms
	Outlook  app.Outlook
	Settings app.Settings
	Month    app.Month
	Limit    int64 // bytes a second down that hold now; 0 is none
	Refused  error // by the engine
}

// offerText is what the card says.
type offerText struct {
	Title, About            string
	Publisher               string // the user's name for it, or ""
	Fingerprint, Seen       string
	Blocked                 bool
	Size                    string
	Room                    string
	Tight                   bool // Room needs the user
	Name                    string
	Giving                  string
	Settled                 bool // no choice about giving
	Sources, Trouble        string
	Alone                   bool // Sources is bad news
	Policy                  string
	Expires                 string
	Refused, Advice         string
	CanDownload, WantsFiles bool
}

// What strangers wrote is shown up to here, in characters.
const (
	titleLimit = 120
	nameLimit  = 80
	aboutLimit = 600
	aboutLines = 6
)

// offerOf is what a card says in a situation.
func offerOf(s situation, w *words.Words) offerText {
	m := s.Offer.Package.Manifest
	t := offerText{
		Title: words.Plain(m.Name, titleLimit), About: aboutOf(m.About),
		Publisher:   words.Plain(s.Offer.Publisher.Name, nameLimit),
		Fingerprint: m.Publisher.Fingerprint(),
		Blocked:     s.Offer.Publisher.Blocked,
		Size:        sizeOf(s, w),
		WantsFiles:  s.Files == 0,
	}
	switch n := s.Offer.Publisher.Packages; {
	case t.Blocked:
		t.Seen = w.T("offer.blocked")
	case n == 0:
		t.Seen = w.T("offer.first_time")
	default:
		t.Seen = w.N("offer.seen", n)
	}
	t.Room, t.Tight = roomOf(s, w)
	t.Giving, t.Settled = givingOf(s, w)
	t.Sources, t.Alone = sourcesOf(s, w)
	t.Policy = policyOf(s, w)
	if q := s.Outlook.Problem; q != nil {
		sentence, advice, _ := w.Problem(q)
		switch {
		case !t.Alone:
			t.Trouble = sentence + " " + advice
		case q.Kind == app.NoPath: // Sources has the rest
			t.Trouble = advice
		}
	}
	if !m.Expires.IsZero() {
		t.Expires = w.Date(m.Expires)
	}
	if s.Rename && pack.CheckPath([]string{s.Target}) != nil {
		t.Name = w.T("offer.bad_name")
	}
	if s.Refused != nil {
		t.Refused, t.Advice, _ = w.Problem(app.AsProblem(s.Refused))
	}
	fits := s.Free < 0 || s.Free >= s.Bytes
	t.CanDownload = !t.Blocked && !t.WantsFiles && fits && t.Name == ""
	return t
}

// aboutOf is a description of a few lines.
func aboutOf(s string) string {
	var lines []string
	room := aboutLimit
	for l := range strings.Lines(s) {
		if l = strings.TrimSpace(l); l == "" {
			continue
		}
		if len(lines) == aboutLines || room < 2 {
			lines[len(lines)-1] += " …"
			break
		}
		l = words.Plain(l, room)
		lines = append(lines, l)
		room -= len([]rune(l))
	}
	return strings.Join(lines, "\n")
}

// sizeOf is how much there is, and how much of it is selected.
func sizeOf(s situation, w *words.Words) string {
	files, whole := len(s.Offer.Package.Manifest.Files), s.Offer.Package.Layout.Size()
	switch {
	case files == 1:
		return w.Size(whole)
	case s.Files == 0:
		return w.T("offer.select_one")
	case s.Files == files:
		return w.N("offer.files_all", files, "size", w.Size(whole))
	}
	return w.N("offer.files_some", files, "part", w.Count(int64(s.Files)), "size", w.Size(s.Bytes), "whole", w.Size(whole))
}

// roomOf is the space in the folder before and after, and whether it needs
// the user.
func roomOf(s situation, w *words.Words) (text string, tight bool) {
	switch {
	case s.Unknown != nil:
		sentence, _, _ := w.Problem(app.AsProblem(s.Unknown))
		return sentence, true
	case s.Free < 0:
		return "", false
	case s.Free < s.Bytes:
		return w.T("offer.no_room", "free", w.Size(s.Free), "missing", w.Size(s.Bytes-s.Free)), true
	}
	return w.T("offer.room", "free", w.Size(s.Free), "after", w.Size(s.Free-s.Bytes)), false
}

// givingOf is what sharing will happen, and whether there is no choice in it.
func givingOf(s situation, w *words.Words) (text string, settled bool) {
	g := s.Settings.Giving
	if !g.On || !s.Settings.Network.Peers {
		return w.T("offer.give_off"), true
	}
	switch {
	case s.Terms == notAtAll:
		return w.T("offer.give_nothing"), false
	case s.Month.Spent():
		return w.T("offer.give_spent"), false
	case s.Terms == untilTold:
		return w.T("offer.give_until_told"), false
	}
	return usualGiving(g, s.Bytes, w), false
}

// usualGiving is what the settings say about a finished download of a size.
func usualGiving(g app.Giving, size int64, w *words.Words) string {
	if g.AfterTimes <= 0 || g.AfterHours <= 0 {
		return w.T("offer.give_meanwhile")
	}
	hours := hoursOf(g.AfterHours, w)
	if n := int(g.AfterTimes); float64(n) == g.AfterTimes {
		return w.T("offer.give_after", "times", w.N("offer.times", n), "time", hours)
	}
	return w.T("offer.give_amount", "size", w.Size(int64(g.AfterTimes*float64(size))), "time", hours)
}

// hoursOf is a number of hours in words.
func hoursOf(hours float64, w *words.Words) string {
	if n := int(hours); float64(n) == hours {
		return w.N("unit.hours", n)
	}
	return w.Left(time.Duration(hours * float64(time.Hour)))
}

// foreseeable is the longest time that is told beforehand.
const foreseeable = 30 * 24 * time.Hour

// sourcesOf is who has it and how long it will take, and whether that is bad
// news.
func sourcesOf(s situation, w *words.Words) (text string, alone bool) {
	o := s.Outlook
	var has string
	switch {
	case o.Peers == 0 && o.Origins == 0:
		if !o.Looked {
			return w.T("offer.asking"), false
		}
		if p := o.Problem; p != nil && p.Kind == app.NoPath {
			return w.T("offer.no_path"), true
		}
		return w.T("offer.nobody"), true
	case o.Origins == 0 && o.Complete == 0:
		return w.N("offer.in_parts", o.Peers), o.Looked
	case o.Origins == 0:
		has = w.N("offer.has_all", o.Complete)
	case o.Peers == 0:
		has = w.T("offer.origin_answers")
	default:
		has = w.T("offer.have", "who", w.List(append(peopleOf(o, w), w.T("offer.the_origin"))))
	}
	if rate := rateOf(s); rate > 0 && float64(s.Bytes)/rate < foreseeable.Seconds() {
		left := time.Duration(float64(s.Bytes) / rate * float64(time.Second))
		return w.T("offer.in_time", "has", has, "time", w.About(left)), false
	}
	return w.T("offer.some_time", "has", has), false
}

// policyOf is what the publisher asks of the origin, and what the settings say
// instead. Where either people or an origin are missing there is nothing to
// choose.
func policyOf(s situation, w *words.Words) string {
	m := s.Offer.Package.Manifest
	if !s.Settings.Network.Peers || len(m.Origins) == 0 {
		return ""
	}
	return w.Policy(m.Floor, s.Settings.Floor(m.Floor, app.PolicyPublisher))
}

func peopleOf(o app.Outlook, w *words.Words) []string {
	var who []string
	if o.Near > 0 {
		who = append(who, w.N("offer.near", o.Near))
	}
	if far := o.Peers - o.Near; far > 0 {
		who = append(who, w.N("offer.people", far))
	}
	return who
}

// rateOf is what is usual on this line, within the limit that holds; 0 where
// nobody can know.
func rateOf(s situation) float64 {
	if limit := float64(s.Limit); limit > 0 && s.Outlook.Usual > limit {
		return limit
	}
	return s.Outlook.Usual
}

// leadName is what a lead calls itself before anything is verified.
func leadName(l app.Lead, w *words.Words) string {
	switch {
	case l.Link.Name != "":
		return words.Plain(l.Link.Name, titleLimit)
	case l.Manifest != "":
		return words.Plain(l.Manifest, titleLimit)
	}
	return w.T("offer.unnamed")
}

// anotherName is a name beside one that is taken: "film (2).mkv".
func anotherName(name string, folder bool) string {
	ext := ""
	if !folder {
		ext = filepath.Ext(name)
	}
	base := strings.TrimSuffix(name, ext)
	if base == "" { // ".profile"
		base, ext = name, ""
	}
	n := 2
	if open := strings.LastIndex(base, " ("); open >= 0 && strings.HasSuffix(base, ")") {
		if old, err := strconv.Atoi(base[open+2 : len(base)-1]); err == nil && old > 1 && old < 1000 {
			base, n = base[:open], old+1
		}
	}
	return base + " (" + strconv.Itoa(n) + ")" + ext
}
