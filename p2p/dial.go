package p2p

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/peerstore"
	libswarm "github.com/libp2p/go-libp2p/p2p/net/swarm"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/client"
	"github.com/libp2p/go-libp2p/p2p/protocol/holepunch"
	ma "github.com/multiformats/go-multiaddr"

	"grove/app"
)

const (
	// relayAfter is how long direct addresses are tried before a relay is asked
	// as well.
	relayAfter = 1500 * time.Millisecond
	// punchTime is how long a hole may take: the other side tries three times,
	// punchTry each, and identify comes before.
	punchTime = 12 * time.Second
	punchTry  = 3 * time.Second
	// punchReady is how long it may take until others said where they see this
	// computer: libp2p looks after a quarter of a second, then twice as late each
	// time.
	punchReady = 3 * time.Second
	// carries is what a relay must let through to be worth fetching content by.
	carries = 16 << 20
)

// dial returns a connection to t that content may go over, under app.Reach:
// a direct one by its addresses, or by a hole that a relay helps to punch; by
// way of the relay itself only where the publisher's relay allows that. NoPath
// when t is there and no connection is possible.
func (n *Node) dial(ctx context.Context, t target) (network.Conn, error) {
	select {
	case n.dials <- struct{}{}:
		defer func() { <-n.dials }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	addrs, err := n.resolver.resolve(ctx, t)
	if err != nil {
		return nil, err
	}
	var direct, relayed []typedAddr
	for _, a := range addrs {
		if isCircuit(a.addr) {
			relayed = append(relayed, a)
		} else {
			direct = append(direct, a)
		}
	}
	switch {
	case len(relayed) == 0:
		return n.dialDirect(ctx, t.id, direct)
	case len(direct) == 0:
		return n.dialRelayed(ctx, t.id, relayed)
	}
	return n.dialBoth(ctx, t.id, direct, relayed)
}

// dialBoth tries direct addresses first and a relay soon after; the first
// connection wins.
func (n *Node) dialBoth(ctx context.Context, id peer.ID, direct, relayed []typedAddr) (network.Conn, error) {
	type result struct {
		conn network.Conn
		err  error
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make(chan result, 2)
	failed := make(chan struct{})
	go func() {
		c, err := n.dialDirect(ctx, id, direct)
		if err != nil {
			close(failed)
		}
		results <- result{c, err}
	}()
	go func() {
		timer := time.NewTimer(relayAfter)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-failed:
		case <-ctx.Done():
			results <- result{nil, context.Cause(ctx)}
			return
		}
		c, err := n.dialRelayed(ctx, id, relayed)
		results <- result{c, err}
	}()
	var why error
	var conn network.Conn
	for range 2 { // both, so that nothing is left behind
		r := <-results
		if r.err != nil {
			// That it is there, and that there is no way, says more than that its
			// addresses do not answer.
			if p := (*app.Problem)(nil); why == nil || errors.As(r.err, &p) && p.Kind == app.NoPath {
				why = r.err
			}
			continue
		}
		if conn == nil {
			conn = r.conn
			cancel()
		}
	}
	if conn != nil {
		return conn, nil
	}
	return nil, why
}

// dialDirect dials addresses that lead straight to a peer.
func (n *Node) dialDirect(whole context.Context, id peer.ID, addrs []typedAddr) (network.Conn, error) {
	ctx, cancel := context.WithTimeout(whole, handshakeTimeout)
	defer cancel()
	defer n.gate.permits.grant(id, addrs)()
	defer n.interference.want(id)()
	for _, a := range addrs {
		if a.typed {
			defer n.budget.Exempt(ipOf(a.addr))()
		}
	}
	n.remember(id, addrs)
	// Only where a connection by way of a relay would be taken for an answer:
	// asked for a direct one, libp2p panics when it is closed at that moment.
	if len(n.parts.swarm.ConnsToPeer(id)) > 0 {
		ctx = network.WithForceDirectDial(ctx, "content")
	}
	conn, err := n.parts.swarm.DialPeer(ctx, id)
	if err == nil && isCircuit(conn.RemoteMultiaddr()) { // it came at the same moment
		conn, err = n.parts.swarm.DialPeer(network.WithForceDirectDial(ctx, "content"), id)
	}
	switch {
	case errors.Is(err, libswarm.ErrGaterDisallowedConnection):
		return nil, app.NewProblem(app.Refused, label(id), err)
	case err != nil && whole.Err() == nil:
		return nil, app.NewProblem(app.SourceGone, label(id), err)
	}
	return conn, err
}

// remember makes addrs the only ones that id is dialled by: neither what
// others said about it before, nor what it says of itself through identify.
func (n *Node) remember(id peer.ID, addrs []typedAddr) {
	var plain []ma.Multiaddr
	for _, a := range addrs {
		plain = append(plain, a.addr)
	}
	book := n.parts.swarm.Peerstore()
	book.ClearAddrs(id)
	book.AddAddrs(id, plain, peerstore.TempAddrTTL)
	n.parts.swarm.Backoff().Clear(id) // candidates have their own
}

// dialRelayed meets a peer by way of a relay, and waits for the direct
// connection that the two then make (DCUtR). Errors are NoPath where the peer
// was met and nothing came of it.
func (n *Node) dialRelayed(ctx context.Context, id peer.ID, relays []typedAddr) (network.Conn, error) {
	direct, stop := n.ways.await(id)
	defer stop()
	if c := n.directTo(id); c != nil {
		return c, nil
	}
	relayed, err := n.viaRelay(ctx, id, relays)
	if err != nil {
		return nil, err
	}
	if !isCircuit(relayed.RemoteMultiaddr()) {
		return relayed, nil // a direct one was made meanwhile, and libp2p gave that
	}
	wait := n.punchTime
	if n.mayCarry(relayed) {
		wait = min(wait, punchTry) // a hole that comes, comes in a second
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case c := <-direct:
		// What the relay carried is done; the hole does not need it any more.
		_ = relayed.Close()
		return c, nil
	case <-ctx.Done():
		_ = relayed.Close()
		return nil, context.Cause(ctx)
	case <-timer.C:
	}
	if n.mayCarry(relayed) {
		return relayed, nil
	}
	_ = relayed.Close()
	return nil, app.NewProblem(app.NoPath, label(id), errors.New("it was met by way of a relay, and no direct connection came of it"))
}

func (n *Node) viaRelay(ctx context.Context, id peer.ID, relays []typedAddr) (network.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	defer n.gate.permits.grant(id, relays)()
	for _, a := range relays {
		if a.typed {
			defer n.gate.permits.grant(relayOf(a.addr), []typedAddr{a})()
			defer n.budget.Exempt(ipOf(a.addr))()
		}
	}
	if err := n.readyToPunch(ctx, relays); err != nil {
		return nil, err
	}
	n.remember(id, relays)
	return n.parts.swarm.DialPeer(ctx, id)
}

// readyToPunch connects to the relay that relays lead by, and waits until it
// has told this computer where it is seen from: before that libp2p punches no
// hole, and a peer that was met is met for nothing.
func (n *Node) readyToPunch(ctx context.Context, relays []typedAddr) error {
	if n.reach.LocalOnly {
		return nil // no hole is punched
	}
	var errs []error
	for _, a := range relays {
		direct, _ := ma.SplitFunc(a.addr, func(c ma.Component) bool { return c.Protocol().Code == ma.P_P2P })
		relay := relayOf(a.addr)
		if n.directTo(relay) == nil {
			n.parts.swarm.Peerstore().AddAddr(relay, direct, peerstore.TempAddrTTL)
			n.parts.swarm.Backoff().Clear(relay)
			if _, err := n.parts.swarm.DialPeer(ctx, relay); err != nil {
				errs = append(errs, err)
				continue
			}
		}
		n.awaitPunch(ctx, punchReady)
		return nil
	}
	return errors.Join(errs...)
}

// awaitPunch waits until holes can be punched, at most for d.
func (n *Node) awaitPunch(ctx context.Context, d time.Duration) {
	ready := func() bool { return slices.Contains(n.parts.host.Mux().Protocols(), holepunch.Protocol) }
	if n.reach.LocalOnly || ready() {
		return
	}
	sub, err := n.parts.host.EventBus().Subscribe(new(event.EvtLocalProtocolsUpdated))
	if err != nil {
		return // the host is closing
	}
	defer sub.Close()
	timer := time.NewTimer(d)
	defer timer.Stop()
	for !ready() {
		select {
		case <-sub.Out():
		case <-timer.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// directTo is a direct connection to id that there is already, or nil.
func (n *Node) directTo(id peer.ID) network.Conn {
	for _, c := range n.parts.swarm.ConnsToPeer(id) {
		if !isCircuit(c.RemoteMultiaddr()) {
			return c
		}
	}
	return nil
}

// relayedTo reports whether there is a connection to id by way of a relay.
func (n *Node) relayedTo(id peer.ID) bool {
	return slices.ContainsFunc(n.parts.swarm.ConnsToPeer(id), func(c network.Conn) bool { return isCircuit(c.RemoteMultiaddr()) })
}

// mayCarry reports whether content may go over c: a direct connection, or one
// by way of a relay that the publisher or the user named, and that lets enough
// through.
func (n *Node) mayCarry(c network.Conn) bool {
	if !isCircuit(c.RemoteMultiaddr()) {
		return true
	}
	stat := c.Stat()
	if limit, ok := stat.Extra[client.StatLimitData].(uint64); stat.Limited && (!ok || limit != 0 && limit < carries) {
		return false
	}
	relay := relayOf(c.RemoteMultiaddr())
	for _, i := range n.relayInfos() {
		if i.ID == relay {
			return true
		}
	}
	return false
}
