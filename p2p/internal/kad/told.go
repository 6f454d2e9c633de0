package kad

import (
	"github.com/libp2p/go-libp2p/core/connmgr"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/peerstore"
)

// Peerstore is what others may be told of the addresses known here: a server
// is asked about any peer, also one that is no part of the network and was
// met on the local network.
func (g *guest) Peerstore() peerstore.Peerstore { return tellable{g.Host.Peerstore(), g.net} }

type tellable struct {
	peerstore.Peerstore
	net overlay
}

func (t tellable) PeerInfo(id peer.ID) peer.AddrInfo {
	return peer.AddrInfo{ID: id, Addrs: t.net.usable(t.Peerstore.Addrs(id))}
}

// ConnManager is told by the library who enters the table and who leaves it,
// as tags. None of them gets to the real one: a connection that is not used is
// not kept, and the table remembers addresses without it.
func (g *guest) ConnManager() connmgr.ConnManager { return members{g.Host.ConnManager(), g} }

// tableTag is the library's name for a member of the table.
const tableTag = "kbucket"

type members struct {
	connmgr.ConnManager
	g *guest
}

func (m members) Protect(id peer.ID, tag string)        { m.set(id, tag, true) }
func (m members) TagPeer(id peer.ID, tag string, _ int) { m.set(id, tag, true) }
func (m members) Unprotect(id peer.ID, tag string) bool { m.set(id, tag, false); return false }
func (m members) UntagPeer(id peer.ID, tag string)      { m.set(id, tag, false) }

func (m members) set(id peer.ID, tag string, in bool) {
	if tag != tableTag {
		return
	}
	m.g.mu.Lock()
	defer m.g.mu.Unlock()
	if in {
		m.g.known[id] = struct{}{}
	} else {
		delete(m.g.known, id)
	}
	m.g.notify()
}
