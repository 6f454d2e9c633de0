package tracker

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"

	"github.com/libp2p/go-libp2p/core/peer"
)

// indexed is the size from which a swarm is indexed by address; it is no
// longer at half of that. All of a smaller one is looked at.
const indexed = 2 * MaxPeers

// asker is who wants peers.
type asker struct {
	from     netip.Addr
	id       peer.ID // "" where it does not say
	complete bool    // it has everything: those who have not come first
}

// choose picks up to MaxPeers of sw, never the asker: half of them near it,
// in the same household, then neighbourhood, then provider, and the others at
// random, so that the swarm hangs together. Complete and partial ones are
// mixed. The near ones come first. It looks at a few hundred peers at most,
// however large the swarm is.
func (sw *swarm) choose(a asker, r *rand.Rand) []*entry {
	d := draw{rand: r, id: a.id, out: make([]*entry, 0, MaxPeers)}
	if sw.near == nil {
		for _, list := range sw.lookAround(a.from) {
			drawFrom(&d, list, MaxPeers/2, itself)
		}
	} else {
		for l := range levels {
			drawFrom(&d, sw.near[blockOf(a.from, l)], MaxPeers/2, func(p *part) *entry { return p.entry })
		}
	}
	half := len(d.out) + (MaxPeers-len(d.out))/2
	if a.complete {
		half = MaxPeers
	}
	drawFrom(&d, sw.partial, half, itself)
	drawFrom(&d, sw.complete, MaxPeers, itself)
	drawFrom(&d, sw.partial, MaxPeers, itself)
	return d.out
}

func itself(e *entry) *entry { return e }

// lookAround is the index of a swarm that has none.
func (sw *swarm) lookAround(from netip.Addr) (near [levels][]*entry) {
	for _, e := range sw.peers {
		if l := e.distance(from); l < levels {
			near[l] = append(near[l], e)
		}
	}
	for _, list := range near {
		// A map has no order that a test could repeat.
		slices.SortFunc(list, func(a, b *entry) int { return strings.Compare(string(a.id), string(b.id)) })
	}
	return near
}

func (e *entry) distance(from netip.Addr) int {
	best := levels
	for _, p := range e.parts {
		if p != nil {
			best = min(best, distance(p.from, from))
		}
	}
	return best
}

// draw is a choice being made.
type draw struct {
	rand *rand.Rand
	id   peer.ID // not chosen
	out  []*entry
}

// drawFrom draws from list until d has n in all, or list has no more, or, in a
// list that is much longer than what is wanted, luck was bad for long.
func drawFrom[T any](d *draw, list []T, n int, of func(T) *entry) {
	want := n - len(d.out)
	if want <= 0 || len(list) == 0 {
		return
	}
	if tries := 4 * want; len(list) > tries {
		for ; tries > 0 && len(d.out) < n; tries-- {
			d.take(of(list[d.rand.IntN(len(list))]))
		}
		return
	}
	start := d.rand.IntN(len(list))
	for i := range list {
		if len(d.out) == n {
			return
		}
		d.take(of(list[(start+i)%len(list)]))
	}
}

func (d *draw) take(e *entry) {
	if e.id != d.id && !slices.Contains(d.out, e) {
		d.out = append(d.out, e)
	}
}

// index makes p findable by its address.
func (sw *swarm) index(p *part) {
	if sw.near != nil {
		sw.place(p)
		return
	}
	if len(sw.peers) <= indexed {
		return
	}
	sw.near = map[block][]*part{}
	for _, e := range sw.peers {
		for _, p := range e.parts {
			if p != nil {
				sw.place(p)
			}
		}
	}
}

func (sw *swarm) place(p *part) {
	for l := range levels {
		b := blockOf(p.from, l)
		p.at[l] = len(sw.near[b])
		sw.near[b] = append(sw.near[b], p)
	}
}

func (sw *swarm) unindex(p *part) {
	if sw.near == nil {
		return
	}
	for l := range levels {
		b := blockOf(p.from, l)
		list := sw.near[b]
		last := list[len(list)-1]
		list[p.at[l]], last.at[l] = last, p.at[l]
		list[len(list)-1] = nil
		if list = list[:len(list)-1]; len(list) == 0 {
			delete(sw.near, b)
		} else {
			sw.near[b] = list
		}
	}
}

// shrink drops the index of a swarm that needs it no longer.
func (sw *swarm) shrink() {
	if len(sw.peers) <= indexed/2 {
		sw.near = nil
	}
}
