package p2p

import (
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/host/eventbus"

	"grove/p2p/internal/door"
	"grove/p2p/internal/kad"
	"grove/p2p/internal/lan"
)

// outreach is what reaches out of this computer beside connections with peers,
// and runs only while there is a package to look for or to share: the local
// network, the hash table, reservations at relays, the router's mapping. When
// there is none, all of it ends, so that an idle node sends nothing.
type outreach struct {
	node   *Node
	berths *door.Berths
	tell   event.Emitter // of the berths' addresses; nil: none
	mapper *door.Mapper  // nil: none
	wake   chan struct{}

	// Of run.
	wanted   string // relays as they were named, and what came of it
	relays   []peer.AddrInfo
	lookedUp time.Time

	mu     sync.Mutex
	open   bool                           // guarded by mu
	lan    *lan.Service                   // guarded by mu; nil while closed
	asked  time.Time                      // guarded by mu; when lan was started
	near   map[peer.ID]peer.AddrInfo      // guarded by mu; heard of on the local network
	table  *kad.Table                     // guarded by mu; nil while nobody needs it
	users  int                            // guarded by mu; of table
	unused *time.Timer                    // guarded by mu; closes the table
	addrs  chan struct{}                  // guarded by mu; closed when outward addresses changed
	states map[heardFrom]map[string]state // guarded by mu; by finder and address
	found  map[heardFrom]int              // guarded by mu
}

// state is how one finder fares.
type state struct {
	last time.Time // when it last worked
	err  error     // since then
}

const (
	// linger is how long everything stays after the last package: a transfer
	// that ends is often followed by another.
	linger = 15 * time.Second
	// tableLinger is how long the hash table stays after it was asked. It keeps
	// many connections that never carry content.
	tableLinger = 2 * time.Minute
	maxNear     = 64
	// maxBerths: one relay is enough to be met by; a second is there when the
	// first goes.
	maxBerths = 2
)

func newOutreach(n *Node) *outreach {
	return &outreach{node: n, wake: make(chan struct{}, 1), near: map[peer.ID]peer.AddrInfo{},
		addrs: make(chan struct{}), states: map[heardFrom]map[string]state{}, found: map[heardFrom]int{}}
}

// close ends what lives as long as the node. run has ended.
func (o *outreach) close() error {
	err := o.berths.Close()
	if o.tell != nil {
		err = errors.Join(err, o.tell.Close())
	}
	return err
}

// poke makes run look again. It never blocks.
func (o *outreach) poke() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// run opens and closes everything as packages come and go, and keeps the list
// of relays. It ends with the node.
func (o *outreach) run() {
	defer o.node.wg.Done()
	var events <-chan any
	sub, err := o.node.parts.host.EventBus().Subscribe([]any{new(event.EvtHostReachableAddrsChanged), new(event.EvtLocalAddressesUpdated), new(event.EvtPeerIdentificationCompleted)},
		eventbus.BufSize(1024)) // whoever emits waits for who is slow, and names are looked up here
	if err == nil {
		defer sub.Close()
		events = sub.Out()
	}
	closing := time.NewTimer(0)
	closing.Stop()
	defer closing.Stop()
	for {
		busy := o.node.busy()
		if busy {
			closing.Stop()
			o.start()
			o.setRelays()
		} else {
			closing.Reset(linger)
		}
		for again := false; !again; {
			select {
			case <-o.node.ctx.Done():
				o.stop()
				return
			case <-o.wake:
				again = true
			case <-closing.C:
				if !o.node.busy() {
					o.stop()
				}
				again = o.node.busy()
			case e, ok := <-events:
				if !ok {
					events = nil
					continue
				}
				_, met := e.(event.EvtPeerIdentificationCompleted)
				if !met {
					o.changed()
				}
				again = busy
			}
		}
	}
}

// busy reports whether there is a package to look for or to share, or others
// depend on this node.
func (n *Node) busy() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.isBusy()
}

// isBusy is busy with mu held.
func (n *Node) isBusy() bool { return n.server || n.roused > 0 || len(n.swarms) > 0 }

// hunts are those of all packages.
func (n *Node) hunts() (all []*hunt) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, sw := range n.swarms {
		all = append(all, sw.hunt)
	}
	return all
}

// Rouse reaches out as for a package, until rest is called: so that a person
// can see how others find and reach this computer before there is one.
func (n *Node) Rouse() (rest func()) {
	turn := func(by int) {
		n.mu.Lock()
		n.roused += by
		n.mu.Unlock()
		n.outreach.poke()
	}
	turn(1)
	done := make(chan struct{})
	if n.finders.DHT && n.enter() {
		go func() {
			defer n.wg.Done()
			n.outreach.join(done)
		}()
	}
	var once sync.Once
	return func() { once.Do(func() { close(done); turn(-1) }) }
}

func (o *outreach) start() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.open {
		return
	}
	o.open = true
	if o.node.finders.LAN {
		var err error
		o.lan, err = lan.Start(lan.Config{ID: o.node.id, Addrs: o.node.parts.swarm.ListenAddresses, Bind: o.node.bound, Found: o.neighbour, Log: o.node.log})
		if err != nil {
			o.set(fromLAN, "", err)
		}
		o.asked = time.Now()
	}
	if o.mapper != nil {
		o.mapper.Use(true)
	}
	if o.node.serveDHT {
		if err := o.openTable(); err != nil {
			o.set(fromDHT, "", err)
		}
	}
}

func (o *outreach) stop() {
	o.mu.Lock()
	was, service, table := o.open, o.lan, o.table
	o.open, o.lan, o.table = false, nil, nil
	clear(o.near)
	if o.unused != nil {
		o.unused.Stop()
	}
	o.mu.Unlock()
	if !was {
		return
	}
	if service != nil {
		_ = service.Close() // its goodbye may not get out
	}
	if table != nil {
		_ = table.Close() // nothing of it is kept
	}
	o.berths.Set(nil)
	if o.mapper != nil {
		o.mapper.Use(false)
	}
	_ = o.node.tracker.Close() // only connections that nobody uses
}

// neighbour hears of a Grove on the local network.
func (o *outreach) neighbour(i peer.AddrInfo) {
	o.mu.Lock()
	if _, known := o.near[i.ID]; known || len(o.near) < maxNear {
		o.near[i.ID] = i
	}
	o.set(fromLAN, "", nil)
	o.mu.Unlock()
	for _, h := range o.node.hunts() {
		h.hearInfos(fromLAN, []peer.AddrInfo{i}, true)
	}
}

// neighbours are those heard of on the local network; it is asked again.
func (o *outreach) neighbours() []peer.AddrInfo {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.lan != nil {
		o.lan.Ask()
	}
	return slices.Collect(maps.Values(o.near))
}

// lanWait is how long it is until the local network had d to answer.
func (o *outreach) lanWait(d time.Duration) time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case !o.open:
		return d
	case o.lan == nil: // it could not be started
		return 0
	}
	return d - time.Since(o.asked)
}

// changed is called when the addresses that others may use are no longer what
// they were.
func (o *outreach) changed() {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.addrs)
	o.addrs = make(chan struct{})
}

// moved is closed when outward addresses change.
func (o *outreach) moved() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.addrs
}

// worked notes how a finder fared.
func (o *outreach) worked(f heardFrom, where string, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.set(f, where, err)
}

// set is worked with mu held.
func (o *outreach) set(f heardFrom, where string, err error) {
	if o.states[f] == nil {
		o.states[f] = map[string]state{}
	}
	s, known := o.states[f][where]
	if !known && len(o.states[f]) >= maxNear {
		return
	}
	if s.err = err; err == nil {
		s.last = time.Now()
	}
	o.states[f][where] = s
}

// note counts whom a finder brought first.
func (o *outreach) note(f heardFrom) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.found[f]++
}
