package app

import "time"

// steal finds work for an idle source when every missing piece is under way
// somewhere: the tail of the run that will take longest, when f would be
// clearly sooner. It shortens that run. A piece that has begun to arrive is
// asked for twice only within duplicateShare or heldShare.
func (d *download) steal(t *transfer, f *feed, now time.Time) (Run, []effect, bool) {
	if f.inflight > 0 || d.neededByOthers(f, now) {
		return Run{}, nil, false
	}
	id, victim, eta := d.slowest(f, now)
	if victim == nil {
		return Run{}, nil, false
	}
	piece := float64(d.picker.layout.PieceSize())
	rate := f.rate.value
	if !f.rate.known() { // it has its chance
		rate = max(rate, 64<<10)
	}
	mine := time.Duration(piece / max(rate, 1<<10) * float64(time.Second))
	if eta < 2*mine+500*time.Millisecond {
		return Run{}, nil, false
	}
	from := victim.from
	first := d.notBegun(id, victim)
	if n := victim.run.End() - first; n > 0 {
		run := Run{First: first + n/2, Count: n - n/2}
		for run.Count > 1 && d.picker.layout.RunBytes(run.First, run.Count) > f.runLimit() {
			run.First++
			run.Count--
		}
		cut := d.picker.layout.RunBytes(run.First, run.Count)
		if !d.has(f, run) || !d.mayTake(f, from, cut) {
			return Run{}, nil, false
		}
		from.inflight -= cut
		victim.run.Count -= run.Count
		end := victim.run.End()
		if victim.next >= end {
			end = 0 // it has nothing left to bring
		}
		return run, []effect{fxTrim{t.rec.ID, id, end}}, true
	}
	run := Run{First: victim.next, Count: 1}
	share := duplicateShare
	if d.held && now.Sub(from.lastByte) < silentAfter {
		share = heldShare
	}
	// What arrives of it until the other is done is thrown away.
	waste := min(float64(victim.seen-victim.pieces)+from.rate.value*mine.Seconds(), piece)
	if eta < 4*mine || d.copies(run.First) > 1 || d.have.Has(run.First) || !d.has(f, run) ||
		float64(d.wastedBytes()+d.doubled(now))+waste > max(piece, share*float64(d.picker.layout.Size())) ||
		!d.mayTake(f, from, d.picker.layout.Span(run.First).Length) {
		return Run{}, nil, false
	}
	return run, nil, true
}

// mayTake reports whether f may take n bytes over from another source. From one
// with cheaper bytes it may so at the end, within the allowance, and in the next
// room, where nobody waits, not at all.
func (d *download) mayTake(f, from *feed, n int64) bool {
	if from.server() || circle(from.info.Near) > d.but(f) {
		return true
	}
	if !d.held || d.nearQuick && from.info.Near == NearLAN || d.picker.free.Count() > 0 || !d.affords(n, 0) {
		return false
	}
	d.spent += n
	return true
}

// slowest is the flight that ends last by its source's rate, or by its silence,
// and when.
func (d *download) slowest(but *feed, now time.Time) (flightID, *flight, time.Duration) {
	var worst flightID
	var eta time.Duration
	for id, fl := range d.flights {
		f := fl.from
		if f == but || !d.needs(fl) {
			continue
		}
		secs := float64(f.inflight) / max(f.rate.value, 1<<10)
		e := time.Duration(min(secs, 3600) * float64(time.Second))
		if silent := now.Sub(f.lastByte); silent > silentAfter {
			e = max(e, 4*silent)
		}
		if worst == 0 || e > eta || e == eta && id > worst {
			worst, eta = id, e
		}
	}
	return worst, d.flights[worst], eta
}

// needs reports whether a flight still brings a piece that is not here.
func (d *download) needs(fl *flight) bool {
	for i := fl.next; i < fl.run.End(); i++ {
		if !d.have.Has(i) {
			return true
		}
	}
	return false
}

// notBegun is the first piece of a flight that its source has not begun to send,
// as far as can be told from here.
func (d *download) notBegun(id flightID, fl *flight) int {
	l := d.picker.layout
	ahead := fl.pieces - fl.seen // bytes that will arrive before piece i
	for other, o := range d.flights {
		if o.from == fl.from && other < id {
			ahead += l.RunBytes(o.next, max(0, o.run.End()-o.next)) - (o.seen - o.pieces)
		}
	}
	i := fl.next
	sent := min(sentAhead, int64(fl.from.rate.value*sentTime.Seconds()))
	for i < fl.run.End() && ahead <= sent {
		ahead += l.Span(i).Length
		i++
	}
	return i
}

func (d *download) has(f *feed, r Run) bool {
	for i := r.First; i < r.End(); i++ {
		if !f.have.Has(i) {
			return false
		}
	}
	return true
}

// copies is how many flights will bring piece i.
func (d *download) copies(i int) int {
	n := 0
	for _, fl := range d.flights {
		if i >= fl.next && i < fl.run.End() {
			n++
		}
	}
	return n
}

// doubled is the bytes that will come for nothing: of pieces that are here, or
// under way from another too. What is stuck is not counted.
func (d *download) doubled(now time.Time) int64 {
	var n int64
	under := NewBitmap(d.picker.layout.Pieces())
	for _, fl := range d.flights {
		if f := fl.from; f.stalled || f.faults > 0 || now.Sub(f.lastByte) > silentAfter {
			continue
		}
		for i := fl.next; i < fl.run.End(); i++ {
			if under.Has(i) || d.have.Has(i) {
				n += d.picker.layout.Span(i).Length
			}
			under.Set(i)
		}
	}
	return n
}

// wastedBytes came for nothing. What liars sent was not asked for twice, and is
// no reason to wait for somebody slow.
func (d *download) wastedBytes() int64 {
	var n int64
	for _, f := range d.order {
		if !f.benched() {
			n += f.wasted
		}
	}
	return n
}
