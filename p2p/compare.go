package p2p

import (
	"errors"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"grove/app"
)

// What a hunt sees of the content that its sessions bring.

// compare looks whether peers are slow because they are reached over TCP, and
// moves some to QUIC to know it.
func (h *hunt) compare(now time.Time) {
	sessions := map[peer.ID]*session{}
	var flows []flow
	var quic int64
	all, _ := h.node.sessionsOf(h.sw)
	all = slices.DeleteFunc(all, func(s *session) bool { return len(s.down.room) == 0 || isCircuit(s.conn.RemoteMultiaddr()) })
	asked := false
	for _, s := range all {
		tcp, got := isTCP(s.conn.RemoteMultiaddr()), s.pace.got.Load()
		if !tcp {
			asked, quic = true, quic+got
		} else if s.stuck(got, now) {
			s.nudged.Store(true)
			s.poke()
		}
		if c := h.known[s.peer]; c != nil && c.busy && s.mayMove(c) {
			sessions[s.peer] = s
			flows = append(flows, flow{s.peer, tcp, got})
		}
	}
	switch {
	case !asked:
		h.waits = time.Time{}
	case h.waits.IsZero():
		h.waits = now
	case quic != h.quic:
		h.waits = now
		h.node.interference.overQUIC(0, now)
	default:
		h.node.interference.overQUIC(now.Sub(h.waits), now)
	}
	h.quic = quic
	move, slowed := h.slow.look(now, flows)
	if slowed {
		h.node.interference.slowed(now)
	}
	for _, id := range move {
		h.node.interference.prefer(placeOf(sessions[id].conn.RemoteMultiaddr()), now)
		sessions[id].end(errMoved)
	}
}

// nudgeAfter is how long content is waited for on a connection before something
// is said there.
const nudgeAfter = 2 * time.Second

// stuck reports now and then that no content comes, of got bytes in all. What is
// said then brings an answer, or what cut the connection and told only the peer
// tells this side too.
func (s *session) stuck(got int64, now time.Time) bool {
	if got == s.brought && now.Sub(s.broughtAt) < nudgeAfter {
		return false
	}
	fresh := got != s.brought || s.broughtAt.IsZero() || now.Sub(s.broughtAt) > 2*nudgeAfter // it had nothing to do meanwhile
	s.brought, s.broughtAt = got, now
	return !fresh
}

// errMoved: the peer is dialled over another transport.
var errMoved = errors.New("the peer is tried over QUIC")

// mayMove reports whether the peer is far away, was dialled from here, has an
// address over QUIC, and everything: others are slow when they wait themselves.
func (s *session) mayMove(c *candidate) bool {
	remote := s.conn.RemoteMultiaddr()
	if s.conn.Stat().Direction != network.DirOutbound || app.IsLocal(ipOf(remote)) {
		return false
	}
	if h := s.theirs.Load(); h == nil || h.pieces == 0 || !h.bits.Full() {
		return false
	}
	return slices.ContainsFunc(c.addrs, func(a typedAddr) bool { return !isTCP(a.addr) && !isCircuit(a.addr) })
}
