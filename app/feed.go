package app

import "time"

// feed is a source as the state sees it.
type feed struct {
	info      SourceInfo
	have      Bitmap
	fetching  Bitmap // what it said it is getting itself
	held      Bitmap // what the picker counts it to have
	counted   Bitmap // and to have or be getting
	window    int64  // bytes it wants under way
	connected bool
	since     time.Time // it was found
	inflight  int64     // bytes asked for and not yet arrived
	rate      speed
	fresh     int64 // bytes that arrived since the last tick
	got       int64 // verified
	wasted    int64
	lastByte  time.Time // or when it was first asked after being idle
	kept      time.Time // when it last got something, or had nothing under way
	stalled   bool
	outpaces  bool // see lookFar
	faults    int  // in a row
	lies      int  // pieces with wrong bytes
	retryAt   time.Time
	problem   *Problem
}

const (
	maxPeerRun   = 4 << 20
	maxServerRun = 8 << 20
	// firstAsk is how many bytes are under way at a source of which nothing is
	// known; twice what it delivers is added until its rate is.
	firstAsk = 512 << 10
	// aheadTime is how much of its rate a source is asked for ahead. More would
	// leave a long tail at a slow source, less would leave a fast one idle.
	aheadTime = time.Second
	// leastAhead is three small pieces: one travels, one is being sent, and one
	// waits there, so that the order of those who wait (p2p.turns) counts.
	leastAhead = 768 << 10
	// slowest is the rate, in bytes a second, of a source that firstAsk is not too
	// much for.
	slowest = firstAsk / 4
	// oneRun is the rate, in bytes a second, up to which a server that others
	// download from too is asked for one run at a time, of two seconds: its line
	// is split over connections, so whoever opens more takes from the others, and
	// many make each other lose packets.
	oneRun = 2 << 20
	// liesAllowed is how often a server may send wrong bytes; a peer never.
	liesAllowed = 1
	// promiseKept is how long a peer is believed to be getting something while
	// nothing reaches it.
	promiseKept = 10 * time.Second
)

func (f *feed) server() bool { return f.info.Kind != KindPeer }

// cost orders sources, cheapest first: people before servers at the same
// distance (DESIGN 5.1).
func (f *feed) cost() int {
	c := 2 * int(f.info.Near)
	if f.server() {
		c++
	}
	return c
}

// cheaper is who has cheaper bytes than f: what somebody in it has or is
// getting need not come from f. A server in the next room costs nobody anything.
func (d *download) cheaper(f *feed) circle {
	near := d.near(f)
	switch {
	case !f.server() || near == NearLAN:
		return circle(near) - 1
	case d.avoid.free:
		return everybody
	}
	return circle(near)
}

func (f *feed) usable(now time.Time) bool {
	return f.connected && !f.stalled && f.window > 0 && !now.Before(f.retryAt) && !f.benched()
}

// benched: it sent wrong bytes often enough to be out for good.
func (f *feed) benched() bool {
	if f.server() {
		return f.lies > liesAllowed
	}
	return f.lies > 0
}

// target is how many bytes should be under way at the source.
func (f *feed) target() int64 {
	if f.faults > 0 {
		return 1 // one run at a time, until it works again
	}
	if !f.server() && f.got == 0 {
		return 1 // one piece, until one was right: what a stranger sends may be wrong, or take forever
	}
	if !f.rate.known() {
		return min(f.window, firstAsk+2*f.got)
	}
	ahead := f.rate.value * aheadTime.Seconds()
	if f.rate.value > slowest {
		ahead = max(ahead, leastAhead)
	}
	return min(f.window, int64(ahead))
}

func (f *feed) runLimit() int64 {
	if f.server() {
		return min(f.target()/2, maxServerRun)
	}
	return min(f.target()/4, maxPeerRun)
}

// room is how many bytes to ask f for now, 0 for none; crowded says that others
// download too.
func (f *feed) room(crowded bool) int64 {
	if f.spared(crowded) {
		if f.inflight > 0 {
			return 0
		}
		return max(1, 2*f.target())
	}
	room := f.target() - f.inflight
	// A source with nothing to do is always asked for a piece; topping one up in
	// smaller bites than a run would make runs small.
	if f.inflight > 0 && room < f.runLimit() {
		return 0
	}
	return max(1, min(room, f.runLimit()))
}

// idle is how long f has had nothing to do.
func (f *feed) idle(now time.Time) time.Duration {
	if f.inflight > 0 {
		return 0
	}
	return now.Sub(f.lastByte)
}

// spared reports whether f is a server that others, if crowded, have to share.
func (f *feed) spared(crowded bool) bool {
	return crowded && f.server() && f.rate.value < oneRun
}

// promises reports whether f is believed about what it is getting.
func (f *feed) promises(now time.Time) bool {
	return f.connected && !f.benched() && now.Sub(f.kept) < promiseKept
}

// update takes over what a source says of itself. Only peers count as
// neighbours: a server has everything and makes nothing less rare.
func (d *download) update(f *feed, is sourceState, now time.Time) {
	if is.fetching.Count() == 0 || is.have.Count() != f.have.Count() {
		f.kept = now
	}
	f.have, f.fetching, f.window = is.have, is.fetching, is.window
	if !f.server() {
		if f.connected && !f.have.Full() {
			d.picker.meet(f.info.ID, circle(f.info.Near))
		} else {
			d.picker.part(f.info.ID)
		}
		d.recount(f, now)
	}
}

// move takes over how near a source is.
func (d *download) move(f *feed, near Nearness, now time.Time) {
	if f.info.Near == near {
		return
	}
	if !f.server() {
		d.picker.part(f.info.ID)
		d.picker.count(circle(f.info.Near), f.counted, Bitmap{})
		f.counted = Bitmap{}
	}
	f.info.Near = near
	d.update(f, sourceState{f.have, f.fetching, f.window}, now)
}

// recount has the picker count what the peer f has, and what it is getting if
// that is believed.
func (d *download) recount(f *feed, now time.Time) {
	has := f.have
	if !f.connected || f.benched() {
		has = Bitmap{}
	}
	gets := has
	if f.promises(now) {
		gets = has.Union(f.fetching)
	}
	d.picker.hold(f.held, has)
	d.picker.count(circle(f.info.Near), f.counted, gets)
	f.held, f.counted = has, gets
}
