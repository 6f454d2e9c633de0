// Package pacer keeps what a computer gives below what its line takes at the
// moment, so that whoever else uses the line does not notice: a rate that follows
// the queueing delay (the idea of LEDBAT, RFC 6817), and a bucket that lets content
// through at this rate.
package pacer

import (
	"cmp"
	"math"
	"slices"
	"time"
)

const (
	// Target is the queue that a line in use is held at, and a little more where
	// the way is long: enough to never be empty, too short to be felt.
	Target = 5 * time.Millisecond
	// busy is a queue that others make: whatever they want, they get. So is one
	// that has been longer than crowded for as long as press.
	busy    = 6 * Target
	crowded = 3 * Target
	press   = 250 * time.Millisecond
	// calm is how long a line must be free until it is tried again quickly.
	calm = 500 * time.Millisecond
	// settled is how long a line must have been full until what is sent is what it
	// takes: some let more pass for a moment.
	settled = 300 * time.Millisecond
	// steady is the most that the queue may grow meanwhile, in seconds a second.
	steady = 0.3
	// react is how long it takes to be seen that less is sent.
	react = 150 * time.Millisecond
	// others is the part of the line below which a queue, that has not gone since way
	// was given, is not his own.
	others = 0.4
	// seen is how long it takes where the way takes no time.
	seen = 80 * time.Millisecond
	// lately is the seconds of what is called of late.
	lately = 0.2
	// mostRest is the longest wait that may be there without a queue, as is seen
	// while restPart of the line is used at the most. restUp and restDown are the
	// seconds in which that is learnt. A wait that never ends for a moment is a
	// queue that others hold.
	restPart = 0.1
	mostRest = 10 * time.Millisecond
	restUp   = 10.0
	restDown = 20.0
	// lineHalf is how slowly less room is taken for a slower line.
	lineHalf = 5 * time.Minute
	// forget is when a rate that nothing was sent at says little about now.
	forget = 2 * time.Second

	// Rates are bytes a second.
	firstRate = 256 << 10
	// yieldPart is what remains, of the line, while others fill it, if it is more
	// than floor.
	yieldPart = 0.004

	// How the rate moves, by e-folds a second: newUp where nothing is known, quickUp
	// below what there was room for, and slowUp from nearby of it on, ever faster.
	newUp   = 4.0
	quickUp = 5.0
	slowUp  = 0.4
	nearby  = 0.85
	// From almost what the line takes on it may only be faster than it was.
	beyondUp = 0.3
	almost   = 0.99
	// Who had more than mine of the line goes back to backOff of it first: it may
	// have been he who filled it.
	mine    = 0.85
	backOff = 0.6
	// guess is what remains of what was taken for the line when it turned out to
	// be less, and guessUp how quickly that is gone beyond.
	guess   = 0.9
	guessUp = 1.0
	// doubt is how long a queue may still be his own, of who does not know the line
	// yet, and doubtPart what remains of the line meanwhile: it goes quickly then.
	doubt     = time.Second
	doubtPart = 0.35
	// surely is what is believed of a rate that made no queue for a second.
	surely = 0.95
	// down is how it falls before a queue of others that does not become shorter.
	down = 8.0
	// pull and damp hold a queue at Target: the rate falls by pull for each Target
	// above it, each second, and by damp for each second that the queue grew.
	pull = 0.2
	damp = 8.0
	// There is more pull for who has a small part, up to mostPull times, and stays
	// times more for each second that the queue has been above the target.
	mostPull = 15.0
	stays    = 1.0
)

// governor is the rate. It is for one goroutine; the zero value has not begun.
type governor struct {
	floor float64 // bytes a second that remain: enough for samples that show when others end
	rate  float64
	line  float64       // what the line takes when nobody else uses it; 0: not known
	sure  bool          // it was measured
	room  float64       // what there was room for when somebody wanted more; 0: not known
	yield bool          // others want all of it
	free  time.Duration // so long the queue has been short
	above time.Duration // so long it has been above the target
	fills time.Duration // so long the line has been full
	long  time.Duration // so long it has been longer than crowded
	late  time.Duration // so long ago way was given, if the line was not free since
	queue time.Duration // at the last look
	low   time.Duration // the least that anything waited of late
	blind time.Duration // so long nothing has been known of it
	last  time.Time
	took  float64 // bytes a second that were sent, of late
	past  []taken // of the last second
	grows float64 // seconds a second that the queue became longer, of late
	rest  float64 // seconds of waiting that do not come from what is sent
}

// limit is how many bytes a second may be sent.
func (g *governor) limit() float64 {
	if g.rate == 0 {
		return firstRate
	}
	return g.rate
}

// look moves the rate by the queue at now, and by how many bytes were sent since
// the last look. Without a queue that is known nothing is learnt.
func (g *governor) look(now time.Time, queue, way time.Duration, known bool, sent int64) {
	if g.rate == 0 {
		g.rate, g.last, g.queue = firstRate, now, queue
		return
	}
	dt := now.Sub(g.last).Seconds()
	if dt <= 0 {
		return
	}
	g.last = now
	g.took += (float64(sent)/dt - g.took) * min(1, dt/lately)
	g.past = append(slices.DeleteFunc(g.past, func(t taken) bool { return now.Sub(t.at) > time.Second }), taken{now, g.took})
	if !known {
		g.blind += time.Duration(dt * float64(time.Second))
		return
	}
	if g.blind > forget {
		g.rate, g.queue = min(g.rate, max(firstRate, g.line/2)), queue
	}
	g.blind = 0
	queue = g.beyond(queue, dt)
	grew := (queue - g.queue).Seconds()
	g.queue = queue
	g.grows += (grew/dt - g.grows) * min(1, dt/lately)
	g.free = lasts(g.free, queue < target(way)/2, dt)
	g.fills = lasts(g.fills, queue >= target(way)/2, dt)
	g.above = lasts(g.above, queue > 5*target(way)/4, dt)
	g.long = lasts(g.long, queue > crowded+way/4, dt)
	full := queue > busy || g.long > press
	switch {
	case queue < target(way)/2:
		g.late = 0
	case g.late > 0:
		g.late += time.Duration(dt * float64(time.Second))
	}
	switch {
	case full:
		g.giveWay(dt, way)
	case g.yield && g.free < calm:
		g.rate = g.least()
	case queue < target(way)/2:
		g.yield = false
		g.climb(dt, grew, way)
	case g.yield:
	case g.late > react+2*way && g.sure && g.rate < others*g.line:
		g.leave(dt / 2)
	default:
		g.learn(dt, way)
		g.hold(dt, grew, way)
	}
	if least := g.least(); g.rate <= least {
		g.rate = least
		if g.free == 0 {
			g.yield, g.room = true, cmp.Or(g.line, g.room)
		}
	}
}

// lasts is how long something is so, of which it has been so for d until dt ago.
func lasts(d time.Duration, so bool, dt float64) time.Duration {
	if !so {
		return 0
	}
	return d + time.Duration(dt*float64(time.Second))
}

func (g *governor) least() float64 { return max(g.floor, yieldPart*g.line) }

// beyond is what of a queue is more than there is while little is sent: radio and
// busy computers make samples differ as well.
func (g *governor) beyond(queue time.Duration, dt float64) time.Duration {
	q := min(queue, mostRest).Seconds()
	g.low = min(queue, g.low+time.Duration(dt*float64(Target)))
	switch {
	case q < g.rest:
		g.rest += (q - g.rest) * min(1, dt/restDown)
	case queue <= mostRest && g.low < Target/2 && g.rate < restPart*cmp.Or(g.line, firstRate):
		g.rest += (q - g.rest) * min(1, dt/restUp)
	}
	return max(0, queue-time.Duration(g.rest*float64(time.Second)))
}

// giveWay leaves half of it to others at once, and more as long as the queue does
// not become shorter.
func (g *governor) giveWay(dt float64, way time.Duration) {
	if g.line == 0 {
		g.line = min(g.took, g.takes(way))
	}
	switch {
	case g.late > 0 && (g.late <= react+2*way || g.grows <= -0.05): // it is not seen yet, or it helps
	case g.late > 0 && !g.sure && g.late < doubt+2*way && g.rate < doubtPart*g.line: // it may be its own
	case g.late > 0:
		g.leave(dt)
	case g.took > mine*g.line:
		if !g.sure {
			g.line = min(g.line, g.took, g.takes(way)) * guess
		}
		g.rate = backOff * g.line
	default:
		g.room = min(g.rate, g.line)
		g.rate = 0.5 * g.room
	}
	g.late = max(g.late, time.Duration(dt*float64(time.Second)))
}

// leave lets others have what they hold a queue for.
func (g *governor) leave(dt float64) {
	g.rate *= math.Exp(-down * dt)
	g.room = g.rate
}

// climb raises the rate, if what it is now was used.
func (g *governor) climb(dt, grew float64, way time.Duration) {
	if g.took < 0.7*g.rate {
		return
	}
	if g.free > time.Second && g.line > 0 { // a burst would be over
		g.room, g.line = max(g.room, surely*g.took), max(g.line, surely*g.took)
	}
	up := newUp
	switch {
	case g.line > 0 && !g.sure:
		up = guessUp * gentle(way)
	case g.line > 0 && g.rate > almost*g.line:
		up = min(newUp, beyondUp*gentle(way)*(1+g.free.Seconds()))
	case g.room > 0 && g.rate > nearby*g.room:
		up = min(newUp, slowUp*gentle(way)*(1+g.free.Seconds()))
	case g.room > 0:
		up = quickUp
	}
	g.rate *= math.Exp(up*dt - damp*max(0, grew))
}

// learn: what was sent while the queue was not empty is what there is room for,
// and what the queue took in.
func (g *governor) learn(dt float64, way time.Duration) {
	if g.took < 0.7*g.rate || g.fills < settled || math.Abs(g.grows) > steady {
		return // it was not this computer that filled the line, or not the line that limits
	}
	room := g.takes(way)
	if !g.sure {
		g.room, g.line, g.sure = room, room, true
	}
	g.room += (room - g.room) * min(1, dt/2)
	over := lineHalf
	switch {
	case g.room > g.line:
		over = 2 * time.Second
	case g.took > mine*g.line: // nobody else is there
		over = 5 * time.Second
	}
	g.line += (g.room - g.line) * min(1, dt/over.Seconds())
}

// taken is the rate that was sent at a moment.
type taken struct {
	at   time.Time
	rate float64
}

// takes is what the line took of what was sent a way ago, which is what the queue
// shows now; the rest waits.
func (g *governor) takes(way time.Duration) float64 {
	i := slices.IndexFunc(g.past, func(t taken) bool { return g.last.Sub(t.at) <= way })
	return g.past[i].rate / max(0.5, 1+g.grows)
}

// gentle is how quickly the rate may follow, of 1, where the way takes so long.
func gentle(way time.Duration) float64 { return float64(seen) / float64(seen+way) }

// hold keeps the queue at Target, the more gently the later is seen what it did.
// Who has less than half of the line does little to its queue, and goes sooner:
// it is others who hold it.
func (g *governor) hold(dt, grew float64, way time.Duration) {
	k := gentle(way)
	part := min(1, 2*g.rate/max(g.line, g.rate))
	over := g.queue.Seconds()/target(way).Seconds() - part
	more := min(mostPull, (1+stays*g.above.Seconds())/part)
	g.rate *= math.Exp(-pull*more*k*k*over*dt - damp*k*grew)
}

// target is the queue to hold where the way takes so long.
func target(way time.Duration) time.Duration { return Target + way/64 }
