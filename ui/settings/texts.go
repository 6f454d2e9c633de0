package settings

import (
	"strings"

	"grove/app"
	"grove/ui/words"
)

// texts turns settings into what a field shows, exactly, and back. No text is
// no bound everywhere.
type texts struct {
	say     *words.Words
	numbers numbers
}

func newTexts(say *words.Words) texts { return texts{say, numbersOf(say.Tag())} }

// step is a unit and how many bytes it has.
type step struct {
	key   string
	bytes float64
}

var (
	sizes    = []step{{"unit.kB", 1e3}, {"unit.MB", 1e6}, {"unit.GB", 1e9}, {"unit.TB", 1e12}}
	rates    = []step{{"unit.kB_s", 1e3}, {"unit.MB_s", 1e6}, {"unit.GB_s", 1e9}}
	bitRates = []step{{"unit.kbit_s", 1e3 / 8}, {"unit.Mbit_s", 1e6 / 8}, {"unit.Gbit_s", 1e9 / 8}}
)

const (
	gigabyte = 1e9
	megabyte = 1e6
	megabit  = 1e6 / 8
)

// exact writes bytes in the largest unit that they fill.
func (x texts) exact(bytes int64, steps []step) string {
	if bytes == 0 {
		return ""
	}
	use := steps[0]
	for _, s := range steps[1:] {
		if float64(bytes) >= s.bytes {
			use = s
		}
	}
	return x.say.T(use.key, "v", x.numbers.decimal(float64(bytes)/use.bytes))
}

func (x texts) size(bytes int64) string { return x.exact(bytes, sizes) }

func (x texts) readSize(text string) (int64, bool) { return x.numbers.amount(text, gigabyte) }

func (x texts) rate(bytes int64, bits bool) string {
	if bits {
		return x.exact(bytes, bitRates)
	}
	return x.exact(bytes, rates)
}

func (x texts) readRate(text string, bits bool) (int64, bool) {
	if bits {
		return x.numbers.amount(text, megabit)
	}
	return x.numbers.amount(text, megabyte)
}

// number is a number without a unit; readNumber takes no text for 0.
func (x texts) number(v float64) string { return x.numbers.decimal(v) }

func (x texts) readNumber(text string) (float64, bool) {
	if strings.TrimSpace(text) == "" {
		return 0, true
	}
	v, unit, ok := x.numbers.read(text)
	return v, ok && unit == ""
}

// orOpen is a limit in a sentence, which says so where there is none.
func (x texts) orOpen(limit string) string {
	if limit == "" {
		return x.say.T("settings.timetable.open")
	}
	return limit
}

// used says how much of the month's budget was given.
func (x texts) used(m app.Month) string {
	if m.Budget == 0 {
		return x.say.T("settings.budget.given", "given", x.say.Size(m.Given))
	}
	return x.say.T("settings.budget.used", "given", x.say.Size(m.Given), "budget", x.say.Size(m.Budget))
}

// holding says which limits hold now.
func (x texts) holding(down, up int64, bits bool) string {
	return x.say.T("settings.timetable.now", "down", x.orOpen(x.rate(down, bits)), "up", x.orOpen(x.rate(up, bits)))
}
