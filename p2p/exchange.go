package p2p

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"grove/app"
	"grove/p2p/internal/wire"
)

// Peers of a package tell each other of the others they have met. Whoever is
// in a session has proved that he knows the package, so nobody else hears of
// it.

const (
	// exchangeEvery is how often a peer is told of others, and exchangeFirst how
	// long after the session began: by then it is known who else there is.
	exchangeEvery = time.Minute
	exchangeFirst = 2 * time.Second
	// exchangeCount is how many it is told of at most, and how many are believed
	// in a minute.
	exchangeCount = 20
	// exchangeAddrs is how many addresses of each.
	exchangeAddrs = 4
)

// others are those that s may be told of now, without those it was told of.
func (s *session) others(told map[peer.ID]bool) *wire.Peers {
	n := s.node
	n.mu.Lock()
	var met []*session
	for id, o := range s.swarm.sessions {
		if id != s.peer && !told[id] {
			met = append(met, o)
		}
	}
	n.mu.Unlock()
	rand.Shuffle(len(met), func(i, j int) { met[i], met[j] = met[j], met[i] })
	out := &wire.Peers{}
	for _, o := range met {
		addrs := o.tellable(s)
		if len(addrs) == 0 {
			continue
		}
		told[o.peer] = true
		p := &wire.Peer{Id: []byte(o.peer)}
		for _, a := range addrs {
			p.Addrs = append(p.Addrs, a.Bytes())
		}
		out.Peers = append(out.Peers, p)
		if len(out.Peers) == exchangeCount {
			break
		}
	}
	return out
}

// tellable are the addresses of o's peer that may be told to another: where it
// was dialled, and what it says of itself. Those of a local network are told
// to those of a local network.
func (o *session) tellable(to *session) []ma.Multiaddr {
	all := o.node.parts.swarm.Peerstore().Addrs(o.peer)
	if o.dialer == o.node.id {
		all = append([]ma.Multiaddr{o.conn.RemoteMultiaddr()}, all...)
	}
	near := app.IsLocal(ipOf(to.conn.RemoteMultiaddr()))
	all = slices.DeleteFunc(slices.Clone(all), func(a ma.Multiaddr) bool {
		ip := ipOf(a)
		if checkShape(a) != nil || ip.IsLoopback() && !o.node.reach.LocalOnly {
			return true
		}
		return o.node.reach.Check(ip, near) != nil
	})
	all = unique(all)
	return all[:min(len(all), exchangeAddrs)]
}

// heardPeers takes what a peer said of others. More than is believed in a
// minute is left unread; what cannot be read is no offence: it is a hint.
func (s *session) heardPeers(m *wire.Peers) {
	if !s.node.finders.Exchange {
		return
	}
	now := time.Now()
	if now.Sub(s.believedSince) >= time.Minute {
		s.believedSince, s.believed = now, 0
	}
	var infos []peer.AddrInfo
	for _, p := range m.Peers {
		if s.believed == exchangeCount {
			break
		}
		id, err := peer.IDFromBytes(p.Id)
		if err != nil {
			continue
		}
		i := peer.AddrInfo{ID: id}
		for _, b := range p.Addrs[:min(len(p.Addrs), exchangeAddrs)] {
			if a, err := ma.NewMultiaddrBytes(b); err == nil && checkShape(a) == nil {
				i.Addrs = append(i.Addrs, a)
			}
		}
		if len(i.Addrs) > 0 {
			s.believed++
			infos = append(infos, i)
		}
	}
	if len(infos) == 0 {
		return
	}
	s.node.outreach.worked(fromExchange, "", nil)
	// A neighbour may speak of the local network.
	s.swarm.hunt.hearInfos(fromExchange, infos, app.IsLocal(ipOf(s.conn.RemoteMultiaddr())))
}
