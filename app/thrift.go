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
	// nearEnough is a rate, in bytes a second, at which nobody waits for a
	// download from the next room.
	nearEnough = 5e6
	// nearBegun is how long somebody in the next room has for showing it.
	nearBegun = 3 * time.Second
	// spareShare is the part of a package that servers may send a crowd beyond
	// what no peer has: split among all, it feeds a crowd that one slow peer
	// cannot, and ends the wait for the last pieces.
	spareShare = 0.06
	// seededShare is the same where a peer has everything, so that no server has
	// to send it once.
	seededShare = 0.085
)

// hold decides whether cost counts now.
func (d *download) hold(floor int64) {
	d.held = floor > 0 && d.pace.value >= float64(floor)
}

// but is whose pieces f is not asked for.
func (d *download) but(f *feed) circle {
	switch {
	case d.held:
		return f.cheaper()
	case d.nearQuick:
		return min(f.cheaper(), circle(NearLAN))
	default:
		return nobody
	}
}

// lookNear finds out how well the local network does.
func (d *download) lookNear(now time.Time) {
	var rate int64 // whole bytes, so that the order of the map does not matter
	begun := false
	for _, f := range d.feeds {
		if f.server() || f.info.Near != NearLAN || !f.usable(now) {
			continue
		}
		rate += int64(f.rate.value)
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
	d.nearQuick = waiting <= rate*int64(nearBegun/time.Second)
}

// allowance is how many bytes servers may send to this computer although a
// peer has them.
func (d *download) allowance() int64 {
	share := spareShare
	if d.seeded() {
		share = seededShare
	}
	return int64(share * float64(d.picker.layout.Size()) / float64(1+len(d.picker.rivals)))
}

// spareForEnd is the part of the allowance that is kept for the last pieces.
func (d *download) spareForEnd() int64 { return d.allowance() / 4 }

// affords reports whether n more bytes fit the allowance, with some kept.
func (d *download) affords(n, kept int64) bool { return d.spent+n+kept <= d.allowance() }

// seeded reports whether some peer has everything.
func (d *download) seeded() bool {
	for _, f := range d.feeds {
		if !f.server() && f.connected && f.have.Full() {
			return true
		}
	}
	return false
}
