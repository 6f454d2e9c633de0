package p2p

import (
	"fmt"
	"net"
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
	network := addressText()
	for {
		select {
		case <-n.ctx.Done():
			return
		case now := <-tick.C:
			for _, c := range n.idleConns(now) {
				_ = c.Close() // closed by the peer meanwhile
			}
			if here := addressText(); here != network {
				network = here
				n.anew()
				if n.uplink != nil {
					n.uplink.line.Forget()
				}
				if n.room != nil {
					n.room.Forget()
				}
			}
		}
	}
}

func (n *Node) idleConns(now time.Time) (idle []network.Conn) {
	conns := n.parts.swarm.Conns()
	table, server := n.outreach.tableOpen(), n.parts.relay != nil
	n.mu.Lock()
	defer n.mu.Unlock()
	working := n.isBusy()
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

// addressText is what this computer's addresses are now.
func addressText() string {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return ""
	}
	return fmt.Sprint(all)
}

// anew is called when this computer has other addresses than before: it may
// be in another network, or has one again. What failed in the one before says
// nothing of this one.
func (n *Node) anew() {
	n.budget.ForgiveAll()
	n.interference.anew()
	n.outreach.berths.Again()
	if n.outreach.mapper != nil {
		n.outreach.mapper.Again()
	}
	n.outreach.changed()
	for _, h := range n.hunts() {
		h.do(h.afresh)
	}
}
