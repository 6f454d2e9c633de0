package main

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// A crowd downloads one package: how near to the bound in time, and how often
// the origin sends it. docs/CROWD.md says what is measured and how.

// swarm is one such scenario. Rates are in Mbit/s; 0 is not there, or not
// shaped.
type swarm struct {
	clients   int
	size      int64
	down, up  float64 // the line of each home
	origin    float64
	seed      float64 // what a peer sends who has everything at the start
	transit   float64 // the link of two operators, each with half of the clients
	mapped    bool    // they go by a network map
	natted    int     // so many clients are behind a router
	kind      nat
	household bool          // all clients are in one home
	death     death         // of the origin
	takers    int           // so many clients give nothing
	cut       float64       // this share of all pairs cannot connect
	spread    time.Duration // from the first arrival to the last; who is done leaves
	fast      bool          // the publisher names no floor
}

// death is how the origin ends.
type death string

const (
	killed death = "killed" // its address refuses
	hole   death = "hole"   // packets vanish
)

// deadAfter is how many copies the origin sends before it ends.
const deadAfter = 1.15

const (
	clientLimit = 240 * time.Second // for a client's download
	setupLimit  = 60 * time.Second  // for what is around it
)

// flash is what all scenarios of a crowd begin with.
func flash() swarm {
	return swarm{clients: 8, size: 128 * mib, down: 50, up: 25, origin: 50}
}

// but is flash with changes.
func but(change func(*swarm)) swarm {
	c := flash()
	change(&c)
	return c
}

// crowds are the scenarios of a crowd.
func crowds() []scenario {
	within := func(name, about string, c swarm, goals ...goal) scenario {
		return scenario{name: name, about: about, limit: c.limit(1), each: true, run: func(t *trial) { t.within(c, goals) }}
	}
	beside := func(name, about string, c swarm, goals ...goal) scenario {
		return scenario{name: name, about: about, limit: c.limit(2), each: true, run: func(t *trial) { t.beside(c, goals) }}
	}
	return []scenario{
		within("flash", "8 start at once", flash(), slowest.most(1.20), copies.most(1.10)),
		within("flash-fast", "the same, and the publisher names no floor", but(func(c *swarm) { c.fast = true }), slowest.most(1.12), copies.told()),
		within("flash16", "16 start at once", but(func(c *swarm) { c.clients = 16 }), slowest.most(1.25), copies.most(1.15)),
		within("flash20", "20 start at once", but(func(c *swarm) { c.clients = 20 }), slowest.most(1.25), copies.most(1.15)),
		within("seed", "a peer who has everything, and a slow origin", but(func(c *swarm) { c.origin, c.seed = 5, 25 }), slowest.most(1.20), copies.most(0.1)),
		within("dies", "the origin is killed after 1.15 copies", but(func(c *swarm) { c.death = killed }), slowest.most(1.5), copies.told()),
		within("dies-hole", "after 1.15 copies the origin's packets vanish", but(func(c *swarm) { c.death = hole }), slowest.most(1.5), copies.told()),
		within("isp", "two operators with 4 each, and a thin link between them", but(func(c *swarm) { c.transit = 50 }), slowest.most(1.25), crossed.most(1.2), copies.told()),
		within("isp-map", "the same, and all go by a network map", but(func(c *swarm) { c.transit, c.mapped = 50, true }),
			slowest.most(1.25), crossed.most(1.2), inside.least(95), copies.told()),
		within("crowd-nat", "4 of 8 behind routers that keep ports", but(func(c *swarm) { c.natted, c.kind = 4, portRestricted }),
			slowest.most(1.30), copies.most(1.25), relayed.most(1)),
		within("crowd-nat-sym", "4 of 8 behind routers that take another port for every destination", but(func(c *swarm) { c.natted, c.kind = 4, symmetric }),
			slowest.most(1.8), copies.told(), relayed.told()),
		within("crowd-lan", "4 in one home", but(func(c *swarm) { c.clients, c.household = 4, true }), slowest.most(1.12), entered.most(1.03)),
		beside("few", "3 of 10 give, no floor, beside libtorrent", but(func(c *swarm) { c.clients, c.takers, c.fast = 10, 7, true }), slowest.less(), copies.less()),
		beside("cut", "30 % of pairs cannot connect, no floor, beside libtorrent", but(func(c *swarm) { c.cut, c.fast = 0.3, true }), slowest.less(), copies.less()),
		beside("spread", "8 arrive over a minute and leave when done, beside libtorrent", but(func(c *swarm) { c.spread = time.Minute }), slowest.less(), copies.less()),
		{name: "crowd-hostile", about: "peers who are useless or lie, against plain HTTP alone", limit: hostileLimit, each: true, run: useless},
		beside("cost", "CPU time and memory, beside libtorrent", flash(), work.times(1.3), memory.most(64)),
	}
}

// limit is for one run of each engine, and for taking it again.
func (c swarm) limit(engines time.Duration) time.Duration {
	return 2 * engines * (clientLimit + c.spread + setupLimit)
}

// String is the crowd in a few words.
func (c swarm) String() string {
	policy := "thrifty"
	if c.fast {
		policy = "fast"
	}
	if other := unlike(); other != "" {
		policy += ", TCP " + other
	}
	return fmt.Sprintf("%d x %d MiB, %s", c.clients, c.size/mib, policy)
}

// outcome is what one run came to.
type outcome struct {
	seconds []float64 // from a client's start until its file was complete, of those whose file was right
	of      int       // clients
	bound   float64   // seconds
	copies  float64   // that left the origin
	crossed float64   // copies between the operators, both ways
	inside  float64   // percent of what clients sent each other that stayed with an operator
	entered float64   // copies that came into the household
	relayed float64   // percent of what was delivered that left the relay's computer
	cpu     float64   // seconds a GB delivered, of all programs
	memory  float64   // MiB of a client's own, at the most
	idle    float64   // share of the machine's time
	stolen  float64   // share that other machines took from it
}

// slowest is the last client's time over the bound; infinite if one did not
// get there.
func (o outcome) slowest() float64 {
	if len(o.seconds) < o.of {
		return math.Inf(1)
	}
	return slices.Max(o.seconds) / o.bound
}

func (o outcome) String() string {
	last := 0.0
	if len(o.seconds) > 0 {
		last = slices.Max(o.seconds)
	}
	return fmt.Sprintf("%d of %d, the last after %.1f s (bound %.1f s), %.3f copies, crossed %.3f, inside %.1f %%, entered %.3f, relayed %.2f %%, %.1f CPU s/GB, %.0f MiB, idle %.2f, stolen %.2f",
		len(o.seconds), o.of, last, o.bound, o.copies, o.crossed, o.inside, o.entered, o.relayed, o.cpu, o.memory, o.idle, o.stolen)
}

// valid is false where another machine had the processor: what a run shows
// then is that.
func (o outcome) valid() bool { return o.stolen < 0.1 }

// figure is one number of an outcome.
type figure struct {
	unit   string
	digits int
	of     func(outcome) float64
}

var (
	slowest = figure{"x bound", 2, outcome.slowest}
	copies  = figure{"copies", 2, func(o outcome) float64 { return o.copies }}
	crossed = figure{"copies across", 2, func(o outcome) float64 { return o.crossed }}
	inside  = figure{"% of peers' bytes inside", 1, func(o outcome) float64 { return o.inside }}
	entered = figure{"copies into the home", 2, func(o outcome) float64 { return o.entered }}
	relayed = figure{"% relayed", 2, func(o outcome) float64 { return o.relayed }}
	work    = figure{"CPU s/GB", 1, func(o outcome) float64 { return o.cpu }}
	memory  = figure{"MiB", 0, func(o outcome) float64 { return o.memory }}
)

// goal is what a figure's median has to be. Factor times what the other engine
// does takes the place of bound where it is not 0.
type goal struct {
	figure
	bound  float64
	factor float64
	strict bool
	least  bool // bound is the least
}

func (f figure) most(v float64) goal  { return goal{figure: f, bound: v} }
func (f figure) least(v float64) goal { return goal{figure: f, bound: v, least: true} }
func (f figure) told() goal           { return goal{figure: f, bound: math.Inf(1)} }
func (f figure) less() goal           { return goal{figure: f, factor: 1, strict: true} }
func (f figure) times(v float64) goal { return goal{figure: f, factor: v} }

// against is the goal with a bound of its own, by what others did.
func (g goal) against(others []outcome) goal {
	if g.factor > 0 {
		g.bound = g.factor * median(g.values(others))
	}
	return g
}

func (g goal) met(v float64) bool {
	switch {
	case g.least:
		return v >= g.bound
	case g.strict:
		return v < g.bound
	}
	return v <= g.bound
}

// String is the goal in words, "" where there is none.
func (g goal) String() string {
	switch {
	case math.IsInf(g.bound, 1) && g.factor == 0:
		return ""
	case g.least:
		return fmt.Sprintf("≥ %s %s", number(g.bound, g.digits), g.unit)
	case g.strict:
		return fmt.Sprintf("< %s %s", number(g.bound, g.digits), g.unit)
	}
	return fmt.Sprintf("≤ %s %s", number(g.bound, g.digits), g.unit)
}

func (f figure) values(runs []outcome) (all []float64) {
	for _, o := range runs {
		all = append(all, f.of(o))
	}
	return all
}

// say is the median of the runs, and behind it the range.
func (f figure) say(runs []outcome) string {
	v := f.values(runs)
	s := number(median(v), f.digits) + " " + f.unit
	if len(v) > 1 {
		s += fmt.Sprintf(" (%s to %s)", number(slices.Min(v), f.digits), number(slices.Max(v), f.digits))
	}
	return s
}

// number writes v; what did not end has none.
func number(v float64, digits int) string {
	if math.IsInf(v, 1) {
		return "unfinished"
	}
	return fmt.Sprintf("%.*f", digits, v)
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return math.Inf(1)
	}
	s := slices.Sorted(slices.Values(v))
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}

// judge is a row's text about runs, and whether every goal was met and every
// file of every run was right.
func judge(goals []goal, runs []outcome) (ok bool, expected, measured string) {
	ok = len(runs) > 0
	want, have := []string{"all complete"}, []string{arrivals(runs)}
	for _, o := range runs {
		ok = ok && len(o.seconds) == o.of
	}
	for _, g := range goals {
		ok = ok && g.met(median(g.values(runs)))
		if s := g.String(); s != "" {
			want = append(want, s)
		}
		have = append(have, g.say(runs))
	}
	return ok, strings.Join(want, ", "), strings.Join(have, ", ")
}

// arrivals is how many files were right, in each of the runs where it was not
// all, and how long the last client took.
func arrivals(runs []outcome) string {
	var last []float64
	for i, o := range runs {
		if len(o.seconds) < o.of {
			return fmt.Sprintf("%d of %d in run %d", len(o.seconds), o.of, i+1)
		}
		last = append(last, slices.Max(o.seconds))
	}
	if len(last) == 0 {
		return "no run"
	}
	return fmt.Sprintf("all complete after %.1f s", median(last))
}

// within shows a crowd of Groves.
func (t *trial) within(c swarm, goals []goal) {
	var runs []outcome
	for i := range t.lab.runs {
		if o, ok := t.crowd(c, groves{}, i+1); ok {
			runs = append(runs, o)
		}
	}
	ok, expected, measured := judge(goals, runs)
	t.shows(ok && len(runs) == t.lab.runs, c.String(), expected, "%s", measured)
}

const withoutTorrents = "needs Debian's python3-libtorrent and is skipped"

// beside shows a crowd of Groves, and in turn the same with libtorrent.
func (t *trial) beside(c swarm, goals []goal) {
	if err := t.torrentsWork(); err != nil {
		fmt.Fprintf(os.Stderr, "%s %s: %v\n", t.name, withoutTorrents, err)
		return
	}
	var ours, theirs []outcome
	for i := range t.lab.runs {
		if o, ok := t.crowd(c, torrents{}, i+1); ok {
			theirs = append(theirs, o)
		}
		if o, ok := t.crowd(c, groves{}, i+1); ok {
			ours = append(ours, o)
		}
	}
	var others []string
	goals = slices.Clone(goals)
	for i, g := range goals {
		goals[i] = g.against(theirs)
		others = append(others, g.say(theirs))
	}
	ok, expected, measured := judge(goals, ours)
	t.shows(ok && len(ours) == t.lab.runs && len(theirs) == t.lab.runs, c.String(), expected,
		"%s; libtorrent: %s, %s", measured, arrivals(theirs), strings.Join(others, ", "))
}

// crowd is the outcome of one run. A run while the machine was taken away is
// taken once more.
func (t *trial) crowd(c swarm, e engine, run int) (o outcome, ok bool) {
	for range 2 {
		ok = false
		t.in(fmt.Sprintf("%s run %d", e.name(), run), true, false, func(w *world) {
			o = w.crowd(c, e, uint64(run))
			ok = true
		})
		if !ok {
			return o, false
		}
		fmt.Fprintf(os.Stderr, "%s %s run %d: %s\n", t.name, e.name(), run, o)
		if o.valid() {
			return o, true
		}
		fmt.Fprintln(os.Stderr, "the machine was taken away: that run does not count")
	}
	return o, false
}

// torrentsWork is why there is no libtorrent, or nil.
func (t *trial) torrentsWork() error {
	return exec.CommandContext(t.ctx, python, "-c", "import libtorrent").Run()
}
