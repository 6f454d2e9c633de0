package app

import (
	"slices"
	"time"
)

// Peers to avoid, by a network map, are asked for what nobody nearer has, is
// getting or, as a server, can send; beyond that for a small part, which tells how
// quick they are. Where they are quick it is tried what comes without that
// preference, and it is dropped where it costs more than harmShare. In a crowd the
// others near here would share what this computer gains, and so it is divided.

const (
	// strayShare is the part of what peers brought that may come from those to
	// avoid without need, beside so many pieces at first; strayRun is how many bytes
	// at a time: less would take no time that can be measured.
	strayShare = 0.03
	strayFirst = 4
	strayRun   = 1 << 20
	// harmShare is how much slower a transfer may be for the sake of a map. What
	// single pieces come at promises so many times what a trial brings.
	harmShare = 0.05
	maybe     = 2
	// A trial lasts tryFor and begins to count after trySettle; tryFirst is before
	// the first one, and twice as long before each that found nothing.
	tryFirst  = 3 * time.Second
	trySettle = time.Second
	tryFor    = 3 * time.Second
	tryLast   = time.Minute
	// freeFor is how long the preference stays dropped.
	freeFor = time.Minute
)

// avoidance is whether peers to avoid are left alone.
type avoidance struct {
	strayed int64 // bytes asked of them without need
	free    bool  // they are asked like near ones
	trying  bool  // and what that brings is measured
	since   time.Time
	wait    time.Duration // until the next trial, or until they are avoided again
	before  float64       // bytes a second, before the trial
	came    int64         // bytes, in the trial
}

// avoids reports whether f is a peer to leave alone where it can be.
func (d *download) avoids(f *feed) bool {
	return !d.avoid.free && !f.server() && f.info.Near == NearAvoid
}

// near is how near f is taken to be.
func (d *download) near(f *feed) Nearness {
	if d.avoid.free && f.info.Near == NearAvoid {
		return NearNet
	}
	return f.info.Near
}

// pickAvoided chooses a run for a peer to avoid: of what nobody nearer has or is
// getting what is in this computer's lot among a circle; and within the allowance
// what a server nearer would send, or anything where there is nothing of that.
func (d *download) pickAvoided(f *feed, among circle, limit int64, now time.Time) (Run, bool) {
	but := circle(NearFar)
	run, ok := d.picker.fromPeer(f.have, but, among, limit)
	switch {
	case !ok:
		but = circle(NearLAN)
	case among != everybody && d.picker.owner(among, run.First) != mine && f.idle(now) <= promiseKept:
		return Run{}, false
	case !d.served(now):
		return run, true
	}
	if d.avoid.strayed >= d.mayStray() {
		return Run{}, false
	}
	if run, ok = d.picker.fromPeer(f.have, but, among, min(limit, strayRun)); ok {
		d.avoid.strayed += d.picker.layout.RunBytes(run.First, run.Count)
	}
	return run, ok
}

// served reports whether a server that is not to be avoided would send what no
// peer nearer can.
func (d *download) served(now time.Time) bool {
	return slices.ContainsFunc(d.order, func(f *feed) bool { return f.server() && f.info.Near < NearAvoid && f.usable(now) })
}

// mayStray is how many bytes may be asked without need.
func (d *download) mayStray() int64 {
	var got int64
	for _, f := range d.order {
		if !f.server() {
			got += f.got
		}
	}
	return int64(strayShare*float64(got)) + strayFirst*d.picker.layout.PieceSize()
}

// lookAvoided is called when n bytes more came.
func (d *download) lookAvoided(n int64, now time.Time) {
	a := &d.avoid
	might, any := d.mightBring(now)
	if !any {
		a.free, a.trying = false, false
		return
	}
	if a.since.IsZero() {
		a.since, a.wait = now, tryFirst
	}
	passed := now.Sub(a.since)
	came := d.peers.value + d.origin.value
	switch {
	case a.trying:
		a.try(n, passed, now, d.sharers())
	case passed < a.wait:
	case a.free:
		a.obey(tryFirst, now)
	case might > maybe*harmShare*came*d.sharers():
		a.trying, a.free, a.since, a.before, a.came = true, true, now, came, 0
	}
}

// try counts n bytes that came in a trial, and ends it when its time has passed.
func (a *avoidance) try(n int64, passed time.Duration, now time.Time, sharers float64) {
	if passed > trySettle {
		a.came += n
	}
	if passed < tryFor {
		return
	}
	gain := float64(a.came)/(passed-trySettle).Seconds() - a.before
	if gain > harmShare*a.before*sharers {
		a.trying, a.since, a.wait = false, now, freeFor
		return
	}
	a.obey(min(2*a.wait, tryLast), now)
}

// obey avoids them for at least wait.
func (a *avoidance) obey(wait time.Duration, now time.Time) {
	a.trying, a.free, a.since, a.wait = false, false, now, wait
}

// mightBring is the bytes a second of all peers to avoid, as far as it is known
// of any.
func (d *download) mightBring(now time.Time) (rate float64, any bool) {
	for _, f := range d.order {
		if !f.server() && f.info.Near == NearAvoid && f.usable(now) && f.rate.known() {
			rate, any = rate+f.rate.value, true
		}
	}
	return rate, any
}

// sharers is how many download near here, with this computer.
func (d *download) sharers() float64 {
	n := 1
	for _, r := range d.picker.rivals {
		if r.in < circle(NearAvoid) {
			n++
		}
	}
	return float64(n)
}
