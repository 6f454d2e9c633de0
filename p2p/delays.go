package p2p

import (
	"context"
	"errors"
	"time"

	"grove/app"
	"grove/app/pack"
	"grove/p2p/internal/pacer"
)

// Delay is what the way to one peer took at a moment.
type Delay struct {
	Peer  string
	Near  app.Nearness
	Path  Path
	At    time.Time
	Wait  time.Duration // on the way there: what it took beyond the least of ten minutes
	Given int64         // bytes of content that he was given until then
}

// Path is what a connection goes over. It is a closed list.
type Path string

const (
	PathTCP   Path = "TCP"
	PathQUIC  Path = "QUIC"
	PathRelay Path = "relay" // somebody in between passes everything on
)

// delaysEvery is how often everybody is asked.
const delaysEvery = 2 * pacer.LookEvery

// delays are the answers that somebody waits for.
type delays struct {
	swarm *swarm
	heard chan heardDelay
}

type heardDelay struct {
	s    *session
	wait waits
}

// Delays asks everybody about a package that is shared here how long the way
// takes, twenty times a second, also those who are given nothing, and has heard
// called with each answer until ctx ends or sharing does. One caller at a time.
func (n *Node) Delays(ctx context.Context, id pack.ID, secret []byte, heard func(Delay)) error {
	n.mu.Lock()
	d := &delays{n.swarms[knowledgeOf(id, secret).tag], make(chan heardDelay, 64)}
	n.mu.Unlock()
	if d.swarm == nil {
		return errDone
	}
	if !n.delays.CompareAndSwap(nil, d) {
		return errors.New("delays are being measured already")
	}
	defer n.delays.Store(nil)
	tick := time.NewTicker(delaysEvery)
	defer tick.Stop()
	who := map[*session]Delay{}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-d.swarm.hunt.ctx.Done():
			return nil
		case now := <-tick.C:
			n.stampAll(d.swarm, now)
		case a := <-d.heard:
			one, known := who[a.s]
			if !known {
				one = Delay{Peer: a.s.peer.String(), Near: a.s.nearness(), Path: pathOf(a.s)}
				who[a.s] = one
			}
			one.At, one.Wait, one.Given = a.wait.at, a.wait.there, a.s.up.sent.Load()
			heard(one)
		}
	}
}

func pathOf(s *session) Path {
	switch at := s.conn.RemoteMultiaddr(); {
	case isCircuit(at):
		return PathRelay
	case isTCP(at):
		return PathTCP
	}
	return PathQUIC
}

// stampAll asks the peers of sw but those whom the uplink asks.
func (n *Node) stampAll(sw *swarm, now time.Time) {
	all, _ := n.sessionsOf(sw)
	for _, s := range all {
		if n.uplink == nil || !s.up.works(now) {
			s.clock.stamp(now)
		}
	}
}

// waited takes how long something waited on the way to the peer, and back. Who
// paces goes by the ways that content takes.
func (s *session) waited(w waits) {
	n := s.node
	if n.uplink != nil && s.up.works(w.at) {
		n.uplink.line.Add(pacer.Sample{Peer: s.clock, At: w.at, Wait: w.there, Way: w.way})
	}
	if n.room != nil && s.comes(w.at) {
		n.room.Add(s.clock, w.at, w.back, w.way)
	}
	if d := n.delays.Load(); d != nil && d.swarm == s.swarm {
		select {
		case d.heard <- heardDelay{s, w}:
		default: // who measures is busy; the next comes soon
		}
	}
}

// Line is what the pacer knows of this computer's line.
type Line struct {
	Takes  float64 // bytes a second when it was full and nobody else used it; 0: not known
	Yields bool    // others fill it now
}

// Line is zero where nothing is paced.
func (n *Node) Line() (l Line) {
	if n.uplink != nil {
		l.Takes, l.Yields = n.uplink.line.Takes(), n.uplink.line.Yields()
	}
	return l
}

// Pace has content leave as the line has room for it, as it does from the
// beginning, or as with Config.Unpaced. Begun again, the pacer knows nothing of
// the line. It does nothing where the node was made without one.
func (n *Node) Pace(on bool) {
	if n.uplink != nil {
		n.uplink.line.Open(!on)
		n.uplink.limit()
	}
}
