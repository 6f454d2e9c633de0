// Package p2p is the swarm: the libp2p node, the protocol that two Groves
// speak (docs/PROTOCOL.md), a peer as an app.Source, and the serving of pieces
// to peers that proved they know the package.
//
// What reaches the network: the shares given to Node.Serve, and nothing else;
// the addresses given to Find and Describe are dialled, under app.Reach, and
// no others.
//
// Goroutines: a node has two of its own (slots, idle connections) and libp2p's.
// A session has two (reading and writing its control stream) and two for each
// data stream the peer opened. A data stream opened here has none: the caller
// of a source's reader reads it. All end before Node.Close returns.
//
// Locks: Node.mu guards which swarms, shares, finders and sessions there are,
// and the upload slots. It is never held while something blocks. A finder's
// own lock is held while the engine's sink is called, and Node.mu is not.
package p2p

import (
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
)

const (
	idleCheck = 15 * time.Second
	idleAfter = 30 * time.Second
)

// closeIdle closes connections that carry no session: who knows nothing of
// what is here has no business holding one of the few places. Those made from
// here to relays and to the hash table stay while these are in use.
func (n *Node) closeIdle() {
	tick := time.NewTicker(idleCheck)
	defer tick.Stop()
	for {
		select {
		case <-n.ctx.Done():
			return
		case now := <-tick.C:
			for _, c := range n.idleConns(now) {
				_ = c.Close() // closed by the peer meanwhile
			}
		}
	}
}

func (n *Node) idleConns(now time.Time) (idle []network.Conn) {
	conns := n.parts.swarm.Conns()
	table, server := n.outreach.tableOpen(), n.parts.relay != nil
	n.mu.Lock()
	defer n.mu.Unlock()
	working := len(n.swarms) > 0
	busy := map[peer.ID]bool{}
	for _, sw := range n.swarms {
		for id := range sw.sessions {
			busy[id] = true
		}
	}
	for _, c := range conns {
		switch {
		case busy[c.RemotePeer()] || now.Sub(c.Stat().Opened) <= idleAfter:
		case server: // strangers meet here; the connection manager bounds them
		case working && c.Stat().Direction == network.DirOutbound && (table || n.peers.protected(c.RemotePeer())):
		case working && n.serveDHT:
		default:
			idle = append(idle, c)
		}
	}
	return idle
}
