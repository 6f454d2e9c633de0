package lan

import (
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
)

const (
	maxPeers  = 64          // remembered
	maxShare  = 8           // of them, heard from one address: somebody who invents peers crowds out few
	minStay   = time.Minute // since it was heard, before a peer gives up its place to another
	minRepeat = time.Second // between reports of the same peer with the same addresses
)

// peers are those heard of. It belongs to one goroutine.
type peers struct{ all map[peer.ID]*known }

// known is a peer that was heard of.
type known struct {
	info     peer.AddrInfo
	from     netip.Addr // where the last packet about it came from
	segment  int        // the index of the interface it came by
	heard    time.Time
	until    time.Time // it is remembered
	reported time.Time // zero is never, or not with these addresses
}

func newPeers() *peers { return &peers{map[peer.ID]*known{}} }

// hear notes a peer and returns its entry if Found should be told now, else
// nil.
func (p *peers) hear(info peer.AddrInfo, from netip.Addr, segment int, life time.Duration, now time.Time) *known {
	k := p.all[info.ID]
	if k == nil {
		if !p.room(from, now) {
			return nil
		}
		k = &known{}
		p.all[info.ID] = k
	}
	if !slices.EqualFunc(k.info.Addrs, info.Addrs, func(a, b ma.Multiaddr) bool { return a.Equal(b) }) {
		k.reported = time.Time{}
	}
	k.info, k.from, k.segment, k.heard, k.until = info, from, segment, now, now.Add(min(life, ttl*time.Second))
	if !k.reported.IsZero() && now.Sub(k.reported) < minRepeat {
		return nil
	}
	return k
}

// room makes room for one more peer, heard from the given address, and reports
// whether there is.
func (p *peers) room(from netip.Addr, now time.Time) bool {
	p.expire(now)
	var oldest *known
	share := 0
	for _, k := range p.all {
		if oldest == nil || k.heard.Before(oldest.heard) {
			oldest = k
		}
		if k.from == from {
			share++
		}
	}
	if share >= maxShare {
		return false
	}
	if len(p.all) >= maxPeers {
		if now.Sub(oldest.heard) < minStay {
			return false
		}
		delete(p.all, oldest.info.ID)
	}
	return true
}

func (p *peers) expire(now time.Time) {
	maps.DeleteFunc(p.all, func(_ peer.ID, k *known) bool { return !now.Before(k.until) })
}

func (p *peers) forget(id peer.ID) { delete(p.all, id) }

// leave forgets the peers of an interface that is not as it was: the same
// private address may be somebody else's on another network.
func (p *peers) leave(segment int) {
	maps.DeleteFunc(p.all, func(_ peer.ID, k *known) bool { return k.segment == segment })
}

// remembered are the peers that are there still, the last heard first.
func (p *peers) remembered(now time.Time) []*known {
	p.expire(now)
	return slices.SortedFunc(maps.Values(p.all), func(a, b *known) int { return b.heard.Compare(a.heard) })
}
