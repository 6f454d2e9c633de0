package p2p

import (
	"time"

	"golang.org/x/time/rate"

	"grove/p2p/internal/pacer"
)

const (
	// quiet is how long nothing must leave until nobody looks at the line any more.
	quiet = time.Second
	// stampCost is what a stamp and its answer take on the line, headers included,
	// and stampPart how much of the line they may take.
	stampCost = 130 // bytes
	stampPart = 0.01
	// floor is what is given whoever else wants the line, in bytes a second.
	floor = 4 << 10
	// sparePart is what is taken of the line once a download is complete.
	sparePart = 0.5
)

// uplink keeps what a node gives below what its line has room for. Nothing of it
// is for the local network.
type uplink struct {
	node  *Node
	line  *pacer.Line
	spare *rate.Limiter
	busy  chan struct{} // something leaves, or waits to
}

func newUplink(n *Node) *uplink {
	u := &uplink{node: n, line: pacer.NewLine(floor), spare: rate.NewLimiter(rate.Inf, 0), busy: make(chan struct{}, 1)}
	n.turns.sent = u.sent
	n.turns.roads[lineRoad].limits = append(n.turns.roads[lineRoad].limits, u.line.Limit)
	n.turns.roads[spareRoad].limits = append(n.turns.roads[spareRoad].limits, u.line.Limit, u.spare)
	return u
}

// sent hears of each chunk that leaves.
func (u *uplink) sent(by road, n int) {
	if by != nearRoad {
		u.line.Sent(n)
	}
}

// wanted is called when something is to leave.
func (u *uplink) wanted() {
	select {
	case u.busy <- struct{}{}:
	default:
	}
}

// run is the uplink's life.
func (u *uplink) run() {
	for {
		select {
		case <-u.node.ctx.Done():
			return
		case <-u.busy:
			u.follow()
		}
	}
}

// follow looks at the line as long as something leaves.
func (u *uplink) follow() {
	tick := time.NewTicker(pacer.LookEvery)
	defer tick.Stop()
	var stamped, logged time.Time
	for {
		select {
		case <-u.node.ctx.Done():
			return
		case <-tick.C:
		}
		now := time.Now()
		next := u.node.longest(func(s *session) bool { return s.up.works(now) })
		if next == nil {
			return
		}
		if now.Sub(stamped) >= u.stampEvery() {
			stamped = now
			next.clock.stamp(now)
		}
		u.line.Look(now)
		u.limit()
		if now.Sub(logged) >= time.Second {
			logged = now
			u.node.log.Debug("uplink", "is", u.line)
		}
	}
}

// limit brings the limits to what the line has room for.
func (u *uplink) limit() {
	spare := rate.Inf
	if takes := u.line.Takes(); takes > 0 {
		spare = rate.Limit(sparePart * takes)
	}
	u.spare.SetLimit(spare)
	u.spare.SetBurst(2 * u.line.Unit())
	u.node.turns.look()
}

// stampEvery is how often the line may be asked.
func (u *uplink) stampEvery() time.Duration {
	takes := u.line.Takes()
	if takes == 0 {
		return pacer.LookEvery
	}
	return max(pacer.LookEvery, time.Duration(stampCost/(stampPart*takes)*float64(time.Second))) - pacer.LookEvery/2
}
