package kad

import (
	"context"
	"time"

	"github.com/libp2p/go-libp2p/core/event"
)

// watch hears what the host says of its own addresses: it tells join of new
// ones, and opens and shuts the table to others' questions. The library's own
// way of that, ModeAuto, hears only EvtLocalReachabilityChanged, which AutoNAT
// v1 sends; Grove's host runs AutoNAT v2, which tells about each address.
// Sending the old event on the bus as well would move others who listen to it,
// so the library always believes to be a server, and guest keeps its door.
func (t *Table) watch(sub event.Subscription) {
	defer sub.Close()
	for {
		select {
		case e := <-sub.Out():
			switch e := e.(type) {
			case event.EvtLocalAddressesUpdated:
				select {
				case t.moved <- struct{}{}:
				default:
				}
			case event.EvtHostReachableAddrsChanged:
				if t.cfg.Serve {
					t.guest.setOpen(mayServe(e, t.net))
				}
			default:
				return // the host was closed
			}
		case <-t.ctx.Done():
			return
		}
	}
}

// mayServe reports whether a computer that is reached like e should answer. In
// a network shared with others only one that is known to be reachable does:
// each that is not costs all of them dials. In a network of one's own there
// may be nobody to ask whether it is, so it does until it is known that none
// of its public addresses works.
func mayServe(e event.EvtHostReachableAddrsChanged, net overlay) bool {
	if net.everyones() {
		return len(e.Reachable) > 0
	}
	return len(e.Reachable) > 0 || len(e.Unknown) > 0 || len(e.Unreachable) == 0
}

const (
	refreshSoon    = time.Minute      // after the first time: who came at the same moment is there now
	refreshEvery   = 10 * time.Minute // the library's period
	refreshTimeout = 5 * time.Minute
)

// refresh looks around in the whole network while others are answered: their
// answers are as good as the table. It takes a walk's turn.
func (t *Table) refresh() {
	for every := refreshSoon; ; every = refreshEvery {
		if t.guest.await(t.ctx, func() bool { return t.guest.open && t.guest.some() }) != nil {
			return
		}
		if t.turn(t.ctx) != nil {
			return
		}
		ctx, cancel := context.WithTimeout(t.ctx, refreshTimeout)
		select {
		case err := <-t.dht.RefreshRoutingTable():
			t.cfg.Log.Debug("the hash table was refreshed", "size", t.Size(), "err", err)
		case <-ctx.Done():
		}
		cancel()
		t.turned()
		if pause(t.ctx, every, nil) != nil {
			return
		}
	}
}
