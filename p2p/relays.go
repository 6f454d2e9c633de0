package p2p

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/host/eventbus"
	circuit "github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/proto"
	ma "github.com/multiformats/go-multiaddr"

	"grove/p2p/internal/door"
)

// keepBerths lets relays help, now that there is a host. libp2p's services hear
// of the addresses too.
func (o *outreach) keepBerths() {
	h := o.node.parts.host
	tell, err := h.EventBus().Emitter(new(event.EvtAutoRelayAddrsUpdated), eventbus.Stateful)
	if err != nil {
		o.node.log.Warn("relay addresses are not told to libp2p", "err", err)
	}
	o.tell = tell
	o.berths = door.NewBerths(h, maxBerths, func() {
		if o.tell != nil {
			_ = o.tell.Emit(event.EvtAutoRelayAddrsUpdated{RelayAddrs: o.berths.Addrs()}) // fails when it is closed
		}
		o.changed()
	}, o.node.log)
}

// setRelays uses relays while nobody gets in without: those of the settings
// and of the packages, and where there are none and the hash table is asked
// anyway, those of its computers that help everybody to meet.
func (o *outreach) setRelays() {
	n := o.node
	if n.reachable() {
		o.berths.Set(nil)
		return
	}
	relays := o.resolved(append(n.relayInfos(), n.passedRelays()...))
	if len(relays) == 0 && n.finders.DHT {
		relays = n.helpfulPeers()
	}
	o.berths.Set(slices.DeleteFunc(relays, func(i peer.AddrInfo) bool { return i.ID == n.id }))
}

// passedRelays are those that links lead through.
func (n *Node) passedRelays() []peer.AddrInfo {
	n.mu.Lock()
	defer n.mu.Unlock()
	var all []string
	for _, sw := range n.swarms {
		all = append(all, sw.passed...)
	}
	slices.Sort(all)
	return parseRelays(slices.Compact(all))
}

// resolved puts IP addresses in the place of names, and leaves out what may not
// be reached. Names are looked up again after five minutes. Called by run alone.
func (o *outreach) resolved(relays []peer.AddrInfo) (out []peer.AddrInfo) {
	if text := fmt.Sprint(relays); text != o.wanted || time.Since(o.lookedUp) > 5*time.Minute {
		o.wanted, o.lookedUp, o.relays = text, time.Now(), o.node.resolveRelays(relays)
	}
	return slices.Clone(o.relays)
}

func (n *Node) resolveRelays(relays []peer.AddrInfo) (out []peer.AddrInfo) {
	ctx, cancel := context.WithTimeout(n.ctx, handshakeTimeout)
	defer cancel()
	for _, r := range relays {
		if slices.ContainsFunc(out, func(o peer.AddrInfo) bool { return o.ID == r.ID }) {
			continue
		}
		t := target{id: r.ID}
		for _, a := range r.Addrs {
			t.addrs = append(t.addrs, typedAddr{addr: a, typed: n.gate.permits.has(r.ID, ipOf(a))})
		}
		addrs, err := n.resolver.resolve(ctx, t)
		if err != nil {
			n.log.Debug("relay", "peer", label(r.ID), "err", err)
			continue
		}
		r.Addrs = nil
		for _, a := range addrs {
			r.Addrs = append(r.Addrs, a.addr)
		}
		out = append(out, r)
	}
	return out
}

// relayInfos are the relays of the settings and of manifests.
func (n *Node) relayInfos() []peer.AddrInfo {
	all := slices.Clone(n.relays)
	n.mu.Lock()
	for _, sw := range n.swarms {
		all = append(all, sw.relays...)
	}
	n.mu.Unlock()
	slices.Sort(all[len(n.relays):])
	return parseRelays(slices.Compact(all))
}

// helpfulPeers are connected computers that offer to pass first messages on.
func (n *Node) helpfulPeers() (out []peer.AddrInfo) {
	book := n.parts.swarm.Peerstore()
	for _, c := range n.parts.swarm.Conns() {
		if c.Stat().Limited || isCircuit(c.RemoteMultiaddr()) {
			continue
		}
		if has, err := book.SupportsProtocols(c.RemotePeer(), circuit.ProtoIDv2Hop); err == nil && len(has) > 0 {
			out = append(out, peer.AddrInfo{ID: c.RemotePeer(), Addrs: book.Addrs(c.RemotePeer())})
		}
	}
	slices.SortFunc(out, func(a, b peer.AddrInfo) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return out
}

// Settled waits until it is known how others get in, as far as can be known at
// once: a relay holds a place, or the tries have ended; at most until ctx ends.
func (n *Node) Settled(ctx context.Context) {
	if len(n.relayInfos()) == 0 {
		return
	}
	for ctx.Err() == nil && !n.placed() {
		select {
		case <-n.outreach.moved():
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	if !n.reachable() {
		n.awaitPunch(ctx, punchReady)
	}
}

// placed reports whether it is known how others get in, as far as Settled waits
// for it.
func (n *Node) placed() bool {
	return len(n.relayInfos()) == 0 || n.reachable() || n.outreach.settled()
}

// settled reports whether a relay holds a place, or all refused.
func (o *outreach) settled() bool {
	report := o.berths.Report()
	failed := 0
	for _, b := range report {
		if !b.Until.IsZero() {
			return true
		}
		if b.Err != nil {
			failed++
		}
	}
	return len(report) > 0 && failed == len(report)
}

// parseRelays reads the relays of settings and manifests; what cannot be read
// is left out.
func parseRelays(all []string) []peer.AddrInfo {
	var addrs []ma.Multiaddr
	for _, s := range all {
		if id, a, err := parsePeer(s); err == nil && !isCircuit(a) {
			addrs = append(addrs, a.Encapsulate(ma.StringCast("/p2p/"+id.String())))
		}
	}
	infos, err := peer.AddrInfosFromP2pAddrs(addrs...)
	if err != nil {
		return nil
	}
	slices.SortFunc(infos, func(a, b peer.AddrInfo) int {
		return slices.IndexFunc(addrs, hasPeer(a.ID)) - slices.IndexFunc(addrs, hasPeer(b.ID))
	})
	return infos
}

func hasPeer(id peer.ID) func(ma.Multiaddr) bool {
	return func(a ma.Multiaddr) bool {
		_, is := peer.SplitAddr(a)
		return is == id
	}
}
