package p2p

import (
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
)

// The finders of one package. Each says whom it heard of to the hunt, and when
// it had its first turn: until then, not having found anybody means nothing.

// lanTurn is how long the local network has to answer.
const lanTurn = 2 * time.Second

// hearAll sends what a link or the user says to the hunt. Whoever is named is
// dialled now, whatever came of it before, and is not counted as tried when
// hearAll returns.
func (h *hunt) hearAll(targets []target) {
	h.done(func() {
		for _, t := range targets {
			from := fromLink
			if slices.ContainsFunc(t.addrs, func(a typedAddr) bool { return a.typed }) {
				from = fromUser
			}
			h.hear(from, t)
			if c := h.known[t.id]; c != nil && !c.busy {
				c.tried, c.next = false, time.Time{}
			}
		}
		h.show()
	})
}

// hearInfos sends what a finder said to the hunt; near addresses may lie on the
// local network.
func (h *hunt) hearInfos(from heardFrom, infos []peer.AddrInfo, near bool) {
	if len(infos) == 0 {
		return
	}
	h.do(func() {
		for _, i := range infos {
			h.hear(from, targetOf(i, near))
		}
	})
}

// targetOf takes the addresses of i that a peer can have.
func targetOf(i peer.AddrInfo, near bool) target {
	t := target{id: i.ID}
	for _, a := range i.Addrs {
		if checkShape(a) == nil && len(t.addrs) < maxAddrs {
			t.addrs = append(t.addrs, typedAddr{addr: a, near: near})
		}
	}
	return t
}

// turned is called when a finder had its first turn.
func (h *hunt) turned(name string) { h.do(func() { h.turns[name] = true }) }

func (h *hunt) allTurned() bool {
	for _, done := range h.turns {
		if !done {
			return false
		}
	}
	return true
}

// startFinders starts those that need nothing but the tag.
func (h *hunt) startFinders() {
	on := h.node.finders
	if on.LAN {
		h.turns["lan"] = false
		h.jobs.Go(h.askLAN)
	}
	if on.DHT {
		h.turns["dht"] = false
		h.jobs.Go(h.askDHT)
	}
}

// askLAN takes over who was heard of before; the rest comes from outreach.
func (h *hunt) askLAN() {
	h.hearInfos(fromLAN, h.node.outreach.neighbours(), true)
	if h.wait(lanTurn) {
		h.turned("lan")
	}
}

// wait waits for d and reports whether the hunt goes on.
func (h *hunt) wait(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-h.ctx.Done():
		return false
	}
}

// untried reports whether some candidate was not tried yet. Called on the
// hunt's goroutine.
func (h *hunt) untried(of func(*candidate) bool) bool {
	for _, c := range h.known {
		if of(c) && (c.dialing || !c.tried) {
			return true
		}
	}
	return false
}

// nearAsked reports whether everybody on the local network was tried.
func (h *hunt) nearAsked() bool {
	left := false
	ran := h.done(func() { left = h.untried(func(c *candidate) bool { return c.from == fromLAN }) })
	return !ran || !left
}
