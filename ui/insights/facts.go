package insights

import (
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"grove/app"
	"grove/ui/words"
)

// facts are a span's sums in words and figures.
type facts struct {
	peers, origin, received, given string // sizes
	share                          string // from people, of what came; "—" before there is any
	ratio                          string // given for each byte that came; "" where nothing came
	saved                          string // the sentence
}

func factsOf(t sums, say *words.Words) facts {
	f := facts{peers: say.Size(t.peers), origin: say.Size(t.origin), received: say.Size(t.received()), given: say.Size(t.given),
		share: "—", saved: say.T("insights.saved.nothing")}
	if t.received() > 0 {
		f.share = say.Percent(t.peers, t.received())
		f.ratio = say.T("insights.gave.times", "v", times(t, say))
		f.saved = say.T("insights.saved.sentence", "saved", f.peers, "all", f.received)
	}
	return f
}

// times is how often what came was given, to two decimals.
func times(t sums, say *words.Words) string {
	v := float64(t.given) / float64(t.received())
	return message.NewPrinter(language.Make(say.Tag())).Sprintf("%.2f", v)
}

// budget is the month's sharing budget in words.
type budget struct {
	used, left string
	until      string
	part       float64 // used, 0 to 1
	bound      bool    // there is a budget
}

func budgetOf(m app.Month, now time.Time, say *words.Words) budget {
	b := budget{used: say.Size(m.Given), bound: m.Budget > 0, until: say.T("insights.budget.until", "date", dayMonth(nextMonth(now), say))}
	if !b.bound {
		b.left, b.until = say.T("insights.budget.none"), ""
		return b
	}
	b.part = min(float64(max(m.Given, 0))/float64(m.Budget), 1)
	b.left = say.T("insights.budget.left", "left", say.Size(m.Left()), "budget", say.Size(m.Budget))
	if m.Spent() {
		b.left = say.T("insights.budget.spent")
	}
	return b
}

// nameLimit is how many characters of a package's name are shown.
const nameLimit = 80

// line is a package in the table.
type line struct{ name, peers, origin, given string }

func lineOf(p parcel, say *words.Words) line {
	return line{words.Plain(p.name, nameLimit), say.Size(p.peers), say.Size(p.origin), say.Size(p.given)}
}
