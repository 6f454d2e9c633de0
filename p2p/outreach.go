package p2p

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/host/eventbus"
	circuit "github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/proto"

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
	sub, err := o.node.parts.host.EventBus().Subscribe([]any{new(event.EvtHostReachableAddrsChanged), new(event.EvtLocalAddressesUpdated), new(event.EvtPeerIdentificationCompleted)})
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
	return n.server || n.roused > 0 || len(n.swarms) > 0
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

// join takes part in the hash table until done: its computers can say whether
// this one is reached.
func (o *outreach) join(done <-chan struct{}) {
	wait := time.NewTicker(100 * time.Millisecond)
	defer wait.Stop()
	for {
		_, release, err := o.useTable()
		if err == nil {
			defer release()
			select {
			case <-done:
			case <-o.node.ctx.Done():
			}
			return
		}
		if !errors.Is(err, errResting) { // run has yet to open
			o.worked(fromDHT, "", err)
			return
		}
		select {
		case <-wait.C:
		case <-done:
			return
		case <-o.node.ctx.Done():
			return
		}
	}
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
	n := o.node
	n.mu.Lock()
	var hunts []*hunt
	for _, sw := range n.swarms {
		hunts = append(hunts, sw.hunt)
	}
	n.mu.Unlock()
	for _, h := range hunts {
		h.hearInfos(fromLAN, []peer.AddrInfo{i})
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

var errResting = errors.New("nothing is looked for or shared")

// useTable returns the hash table, which stays until release is called, and
// some time more.
func (o *outreach) useTable() (t *kad.Table, release func(), err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.open {
		return nil, nil, errResting
	}
	if err := o.openTable(); err != nil {
		return nil, nil, err
	}
	if o.unused != nil {
		o.unused.Stop()
	}
	o.users++
	t = o.table
	return t, func() { o.releaseTable(t) }, nil
}

// openTable starts the hash table where it is not open. Called with mu held.
func (o *outreach) openTable() error {
	if o.table != nil {
		return nil
	}
	n := o.node
	t, err := kad.Start(kad.Config{Host: n.parts.host, DHT: n.dht, Resolve: n.resolver.all, Serve: n.serveDHT, Log: n.log})
	if err == nil {
		o.table = t
	}
	return err
}

func (o *outreach) releaseTable(t *kad.Table) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.users--; o.users > 0 || o.table != t || o.node.serveDHT {
		return
	}
	o.unused = time.AfterFunc(tableLinger, func() {
		if !o.node.enter() {
			return
		}
		defer o.node.wg.Done()
		o.mu.Lock()
		idle := o.users == 0 && o.table == t
		if idle {
			o.table = nil
		}
		o.mu.Unlock()
		if idle {
			_ = t.Close() // nothing of it is kept
		}
	})
}

// tableOpen reports whether connections may belong to the hash table.
func (o *outreach) tableOpen() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.table != nil
}

// setRelays uses relays while nobody gets in without: those of the settings
// and of the packages, and where there are none and the public hash table is
// asked anyway, those of its computers that help everybody to meet.
func (o *outreach) setRelays() {
	n := o.node
	if n.reachable() {
		o.berths.Set(nil)
		return
	}
	relays := o.resolved(append(n.relayInfos(), n.passedRelays()...))
	if len(relays) == 0 && n.finders.DHT && n.dht.Prefix == "" && len(n.dht.Bootstrap) == 0 {
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

// Conn manager and budget hear of everybody who proved to be there.
func (n *Node) met(c network.Conn) {
	if ip := ipOf(c.RemoteMultiaddr()); ip != (netip.Addr{}) && !isCircuit(c.RemoteMultiaddr()) {
		n.budget.Answered(ip)
	}
}

// Settled waits until it is known how others get in, as far as can be known at
// once: a relay holds a place, or the tries have ended; at most until ctx ends.
func (n *Node) Settled(ctx context.Context) {
	if len(n.relayInfos()) == 0 {
		return
	}
	for ctx.Err() == nil && !n.reachable() && !n.outreach.settled() {
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
