package p2p

import (
	"net/netip"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"grove/app"
)

// What the cuts that interference heard of say together.

// look judges. Called with mu held.
func (i *interference) look(now time.Time) {
	i.prune(now)
	var said []*cut
	burst, silent := i.burst(), map[peer.ID]bool{}
	for _, t := range i.tries {
		silent[t.peer] = silent[t.peer] || t.silent(now)
	}
	for _, c := range i.cuts {
		if c.alive || burst[c.peer] || !c.made && !c.refused && silent[c.peer] {
			said = append(said, c)
		}
	}
	if len(said) == 0 || i.leftAlone(said[0].ended) >= len(peersOf(said)) {
		return
	}
	if i.again(said, now) || i.never(said) {
		i.until = said[len(said)-1].ended.Add(believedFor)
	}
}

// leftAlone is how many peers elsewhere have had a session over TCP since before
// then.
func (i *interference) leftAlone(then time.Time) int {
	seen := map[peer.ID]bool{}
	for k, c := range i.sessions {
		if c.tcp && k.opened.Before(then) && (c.at.Addr().IsLoopback() || !app.IsLocal(c.at.Addr())) {
			seen[k.peer] = true
		}
	}
	return len(seen)
}

// again reports whether connections are cut again and again while their peers
// are there.
func (i *interference) again(said []*cut, now time.Time) bool {
	made := map[peer.ID]bool{}
	var all, accepted []*cut
	for _, c := range said {
		made[c.peer] = made[c.peer] || c.made
		if !c.alive || !made[c.peer] {
			continue
		}
		if all = append(all, c); !c.refused {
			accepted = append(accepted, c)
		}
	}
	switch peers := peersOf(all); len(peers) {
	case 0:
		return false
	case 1: // it may itself be what ends again and again
		return len(all) == len(accepted) && rounds(all) && (len(all) > 2 || i.lasts(all[0].peer, now))
	case 2:
		return rounds(accepted)
	default:
		return rounds(all)
	}
}

// rounds reports whether something was cut that began after the first cut.
func rounds(all []*cut) bool {
	return slices.ContainsFunc(all, func(c *cut) bool { return c.began.After(all[0].ended) })
}

// lasts reports whether p, whose connections over TCP end, has a session over
// QUIC that does not.
func (i *interference) lasts(p peer.ID, now time.Time) bool {
	for k, c := range i.sessions {
		if !c.tcp && k.peer == p && now.Sub(k.opened) >= lastsFor {
			return true
		}
	}
	return false
}

// never reports whether TCP gets through to nobody.
func (i *interference) never(said []*cut) bool {
	dials := slices.DeleteFunc(slices.Clone(said), func(c *cut) bool { return c.made })
	if len(placesOf(dials)) < severalPeers || i.tcpMet.After(dials[0].began) {
		return false
	}
	for _, c := range i.sessions {
		if c.tcp {
			return false
		}
	}
	return true
}

// burst are peers whose connections were cut together, where they are several.
func (i *interference) burst() map[peer.ID]bool {
	made := slices.DeleteFunc(slices.Clone(i.cuts), func(c *cut) bool { return !c.made })
	for n, first := range made {
		one := slices.DeleteFunc(slices.Clone(made[n:]), func(c *cut) bool { return c.ended.Sub(first.ended) > together })
		if len(placesOf(one)) >= severalPeers {
			return peersOf(one)
		}
	}
	return nil
}

func peersOf(all []*cut) map[peer.ID]bool {
	peers := map[peer.ID]bool{}
	for _, c := range all {
		peers[c.peer] = true
	}
	return peers
}

func placesOf(all []*cut) map[netip.Addr]bool {
	places := map[netip.Addr]bool{}
	for _, c := range all {
		places[c.at.Addr()] = true
	}
	return places
}
