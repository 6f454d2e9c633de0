package linetest

import (
	"fmt"
	"slices"
	"time"

	"grove/app"
	"grove/p2p"
)

// Report is what came of a test.
type Report struct {
	// Near and Path are those of the other computer. Next door nothing was
	// measured.
	Near              app.Nearness
	Path              p2p.Path
	Rest, Free, Paced Figures
	// Own: the delays are those of the connection that content left by, so what
	// waited in this computer is in them.
	Own bool
	// Others filled the line while the pacer was on.
	Others bool
}

// Figures are of one phase.
type Figures struct {
	Rate    float64 // bytes of content a second
	Samples int     // of the delay
	// What others waited for, beyond the median at rest.
	Median, P95 time.Duration
}

const (
	// felt is a queue that a line has when it is full.
	felt = 3 * time.Millisecond
	// restless is how much the way may vary at rest until figures say little.
	restless = 15 * time.Millisecond
	// alike is how far two rates may differ by chance.
	alike = 1.15
)

// quiet are the peers who were given nothing until the end.
func quiet(heard []p2p.Delay) map[string]bool {
	all := map[string]bool{}
	for _, d := range heard {
		all[d.Peer] = true
	}
	for _, d := range heard {
		if d.Given > 0 {
			delete(all, d.Peer)
		}
	}
	return all
}

// waitsOf are the waits in s of those who are quiet, or where nobody is, of all;
// the shortest first.
func waitsOf(heard []p2p.Delay, s span) (waits []time.Duration) {
	some := quiet(heard)
	for _, d := range heard {
		if !d.At.Before(s.from) && !d.At.After(s.to) && (len(some) == 0 || some[d.Peer]) {
			waits = append(waits, d.Wait)
		}
	}
	slices.Sort(waits)
	return waits
}

// figuresOf are those of waits, which are sorted as those at rest are.
func figuresOf(rest, waits []time.Duration) Figures {
	f := Figures{Samples: len(waits)}
	if len(waits) > 0 && len(rest) > 0 {
		base := rest[len(rest)/2]
		f.Median, f.P95 = max(0, waits[len(waits)/2]-base), max(0, waits[len(waits)*95/100]-base)
	}
	return f
}

// Verdict is what the figures say, in a sentence.
func (r Report) Verdict() string {
	switch {
	case r.Near == app.NearLAN:
		return "Both computers are on the same local network, where nothing is held back: there is no line between them to test."
	case r.Paced.Rate == 0 || r.Free.Rate == 0:
		return "Hardly anything was taken, so this says nothing about the line."
	}
	takes := max(r.Free.Rate, r.Paced.Rate)
	return fmt.Sprintf("With the pacer Grove uses %.0f %% of this line's %s and adds %s; without it %s.",
		100*r.Paced.Rate/takes, Mbit(takes), Millis(r.Paced.Median), Millis(r.Free.Median))
}

// Doubts are why the figures may say less than they seem to, a sentence each.
func (r Report) Doubts() (all []string) {
	if r.Near == app.NearLAN {
		return nil
	}
	say := func(so bool, text string) {
		if so {
			all = append(all, text)
		}
	}
	say(r.Path == p2p.PathRelay, "A relay passes everything on: this is what the relay lets through, and not the line.")
	say(r.Own, "The delays are those of the connection that the content left by, because no second one came about: what waited in this computer is in them.")
	say(r.Free.Median < felt, "Without the pacer nobody waits either: the other computer takes less than this line could give, or the router here keeps its queue short by itself.")
	say(r.Rest.P95 > restless, fmt.Sprintf("While nothing was given the delay already varied by %s: others use the line, or it is a radio.", Millis(r.Rest.P95)))
	say(r.Others, "Others used the line while the pacer was on, and it made way for them.")
	say(!r.Others && r.Paced.Rate > alike*r.Free.Rate, "More was given with the pacer than without it: others used the line in between.")
	return append(all, "What is measured is the slowest part of the way: this line, unless the other computer's is slower.")
}

// Mbit is a rate of bytes a second in Mbit/s.
func Mbit(rate float64) string {
	if v := rate * 8 / 1e6; v < 99.95 {
		return fmt.Sprintf("%.1f Mbit/s", v)
	}
	return fmt.Sprintf("%.0f Mbit/s", rate*8/1e6)
}

// Millis is a time in milliseconds.
func Millis(d time.Duration) string { return fmt.Sprintf("%.0f ms", float64(d)/1e6) }
