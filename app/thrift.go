package app

import "time"

// Which bytes are too dear to ask for. Without a floor (fast) everybody is
// asked for everything. With one (thrifty) a source is asked only for what
// nobody cheaper has or is getting, as long as the transfer is not below the
// floor: so servers send what no peer can, and a piece enters a house, and a
// network, once. Below the floor everybody is asked again, and so it never stays
// below the smaller of the floor and what the origin alone would give.

const (
	// paceHalf has a transfer that stops fall to a thirtieth of its rate in two
	// seconds, and to a two hundredth in three.
	paceHalf = 400 * time.Millisecond
	// quietAfter is longer than two ticks, in which something comes from peers who
	// bring anything.
	quietAfter = 600 * time.Millisecond
	// nearEnough is a rate, in bytes a second, at which nobody waits for a
	// download from the next room.
	nearEnough = 5e6
	// nearBegun is how long somebody in the next room has for showing it.
	nearBegun = 3 * time.Second
	// outpace is how many times as quick as near ones a peer far away is when his
	// line is taken for idle.
	outpace = 2
	// tryFarAfter is how long a peer far away is left alone.
	tryFarAfter = 30 * time.Second
	// spareShare is the part of a package that servers may send a crowd beyond
	// what no peer has: split among all, it feeds a crowd that one slow peer
	// cannot, and ends the wait for the last pieces.
	spareShare = 0.064
)

// hold decides whether cost counts now. What people have is not waited for where
// they are cut off, nor, where something interferes with them, as soon as nothing
// comes from them: the next thing may have been cut.
func (d *download) hold(floor int64, way Interference, now time.Time) {
	cut := way == CutOff || way != Undisturbed && now.Sub(d.lastPeer) > quietAfter
	d.held = floor > 0 && !cut && d.pace.value >= float64(floor)
}

// but is whose pieces f is not asked for.
func (d *download) but(f *feed) circle {
	switch {
	case d.held || d.avoids(f):
		return d.instead(f)
	case d.nearQuick:
		return min(d.cheaper(f), circle(NearLAN))
	default:
		return nobody
	}
}

// instead is who is asked instead of f for what they have or are getting, where
// cost counts.
func (d *download) instead(f *feed) circle {
	if f.outpaces {
		return min(d.cheaper(f), circle(NearLAN))
	}
	return d.cheaper(f)
}

// lookFar finds out which peers far away are so much quicker than the near ones
// that their lines must be idle: leaving them alone would do nobody good. Whoever
// was left alone for long is tried, one at a time.
func (d *download) lookFar(now time.Time) {
	var sum, n float64
	for _, f := range d.order {
		if !f.server() && f.info.Near == NearNet && f.usable(now) && f.inflight > 0 && f.rate.known() {
			sum += f.rate.value
			n++
		}
	}
	for _, f := range d.order {
		if f.server() || d.near(f) != NearFar || !f.usable(now) {
			continue
		}
		f.outpaces = n > 0 && f.rate.known() && f.rate.value > outpace*sum/n
		if f.idle(now) > tryFarAfter && now.Sub(d.tried) > tryFarAfter {
			f.outpaces, d.tried = true, now
		}
	}
}

// lookNear finds out how well the local network does.
func (d *download) lookNear(now time.Time) {
	var rate float64
	begun := false
	for _, f := range d.order {
		if f.server() || f.info.Near != NearLAN || !f.usable(now) {
			continue
		}
		rate += f.rate.value
		begun = begun || now.Sub(f.since) < nearBegun
	}
	d.nearQuick = begun || rate >= nearEnough
	if d.nearQuick || rate == 0 {
		return
	}
	var waiting int64
	d.picker.free.Each(func(i int) bool {
		if d.picker.near[NearLAN][i] > 0 {
			waiting += d.picker.layout.Span(i).Length
		}
		return true
	})
	d.nearQuick = float64(waiting) <= rate*nearBegun.Seconds()
}

// allowance is how many bytes servers may send to this computer although a
// peer has them.
func (d *download) allowance() int64 {
	return int64(spareShare * float64(d.picker.layout.Size()) / float64(1+len(d.picker.rivals)))
}

// spareForEnd is the part of the allowance that is kept for the last pieces. A
// peer who has everything is as slow from the first piece on.
func (d *download) spareForEnd() int64 {
	if d.seeded() {
		return 0
	}
	return d.allowance() / 4
}

// affords reports whether n more bytes fit the allowance, with some kept.
func (d *download) affords(n, kept int64) bool { return d.spent+n+kept <= d.allowance() }

// seeded reports whether some peer has everything.
func (d *download) seeded() bool {
	for _, f := range d.order {
		if !f.server() && f.connected && f.have.Full() {
			return true
		}
	}
	return false
}
