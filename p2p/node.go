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
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
	"golang.org/x/time/rate"

	"grove/app"
	"grove/p2p/internal/bind"
	"grove/p2p/internal/wire"
)

// Config is how a node differs from others. The zero value is a node with an
// identity of its own for one run, on ports the system chooses.
type Config struct {
	// KeyFile holds the device identity and is made, readable by the user
	// only, when it is not there. Key is used instead where it is set.
	KeyFile string
	Key     crypto.PrivKey

	// Listen are multiaddrs, TCP and QUIC. Nil listens on all interfaces on
	// ports the system chooses; empty and not nil listens nowhere.
	Listen []string
	// Bind is the name of a network interface, or an address of this computer,
	// that the node listens on and dials from, and no other; "" is any. Listen
	// addresses of all interfaces become those of this one.
	Bind string

	Reach  app.Reach
	Upload *rate.Limiter // content in bytes a second; nil is no limit
	Slots  int           // peers served at once; 0 is 8
	Log    *slog.Logger  // nil logs nothing
}

// listenAll are the default listen addresses.
var listenAll = []string{
	"/ip4/0.0.0.0/tcp/0", "/ip4/0.0.0.0/udp/0/quic-v1",
	"/ip6/::/tcp/0", "/ip6/::/udp/0/quic-v1",
}

// Node is one computer in the swarm. Safe for concurrent use.
type Node struct {
	// Immutable after New.
	id       peer.ID
	reach    app.Reach
	upload   *rate.Limiter
	log      *slog.Logger
	parts    *libp2pParts
	peers    connections
	resolver *resolver
	gate     *gate
	dials    chan struct{} // one token for each dial under way
	chunks   sync.Pool     // of *[wire.ReplySize + wire.ChunkSize]byte
	ctx      context.Context
	cancel   context.CancelFunc

	stats nodeCounts

	mu     sync.Mutex
	closed bool            // guarded by mu
	wg     sync.WaitGroup  // added to under mu while not closed
	swarms map[tag]*swarm  // guarded by mu
	slots  slots[*session] // guarded by mu
	turn   chan struct{}   // wakes the goroutine that rotates slots
}

var _ app.Swarm = (*Node)(nil)

// connections is what sessions need of the host: keep a peer's connection
// while there is a session, close it when the peer is banned.
type connections interface {
	protect(id peer.ID, why string)
	unprotect(id peer.ID, why string)
	closePeer(id peer.ID)
}

// nodeCounts are totals since New.
type nodeCounts struct {
	given, taken, broken, handshakes atomic.Int64
}

// Stats is what a node did since it started, and has now.
type Stats struct {
	Conns    int   // connections now
	Sessions int   // proved sessions now; a peer has one for each package
	Given    int64 // bytes of content sent
	Taken    int64 // bytes of content received, not verified
	Broken   int64 // times a peer broke the protocol
}

const maxDials = 30 // outbound, under way at once

// New starts a node. It listens when New returns.
func New(cfg Config) (*Node, error) {
	local := bind.Local(cfg.Bind)
	if err := local.Check(); err != nil {
		return nil, err
	}
	key := cfg.Key
	var err error
	switch {
	case key != nil:
	case cfg.KeyFile != "":
		key, err = deviceKey(cfg.KeyFile)
	default:
		key, _, err = crypto.GenerateEd25519Key(rand.Reader)
	}
	if err != nil {
		return nil, err
	}
	n := &Node{
		reach: cfg.Reach, upload: cfg.Upload, log: cfg.Log,
		resolver: newResolver(cfg.Reach),
		gate:     &gate{reach: cfg.Reach, local: local, permits: &permits{open: map[permit]int{}}, bans: newBans()},
		dials:    make(chan struct{}, maxDials),
		chunks:   sync.Pool{New: func() any { return new([wire.ReplySize + wire.ChunkSize]byte) }},
		swarms:   map[tag]*swarm{},
		slots:    slots[*session]{n: cfg.Slots},
		turn:     make(chan struct{}, 1),
	}
	if n.log == nil {
		n.log = slog.New(slog.DiscardHandler)
	}
	if n.slots.n <= 0 {
		n.slots.n = defaultSlots
	}
	listen := cfg.Listen
	if listen == nil {
		listen = listenAll
	}
	if listen, err = boundListen(local, listen); err != nil {
		return nil, err
	}
	n.parts, err = newHost(hostConfig{key: key, listen: listen, local: local, gate: n.gate, localOnly: cfg.Reach.LocalOnly})
	if err != nil {
		return nil, fmt.Errorf("start the peer-to-peer node: %w", err)
	}
	n.id, n.peers = n.parts.host.ID(), n.parts
	n.ctx, n.cancel = context.WithCancel(context.Background())
	n.wg.Go(n.rotateSlots)
	n.wg.Go(n.closeIdle)
	n.parts.host.SetStreamHandler(ControlProtocol, n.handleControl)
	n.parts.host.SetStreamHandler(DataProtocol, n.handleData)
	return n, nil
}

// Close ends every session and waits for everything the node started. Serving
// and Find end too.
func (n *Node) Close() error {
	n.mu.Lock()
	was := n.closed
	n.closed = true
	n.mu.Unlock()
	if was {
		return nil
	}
	n.cancel()
	n.wg.Wait()
	return n.parts.Close()
}

// enter counts a goroutine that Close must wait for. The caller calls
// n.wg.Done, unless it is told that the node has closed.
func (n *Node) enter() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return false
	}
	n.wg.Add(1)
	return true
}

var errClosed = errors.New("the node is closed")

// ID is the peer ID in its text form.
func (n *Node) ID() string { return n.id.String() }

// Addrs are the addresses that other computers may dial, with the peer ID: the
// public ones, and in local-only mode those of the local network and loopback.
func (n *Node) Addrs() []string {
	return n.addrs(func(a ma.Multiaddr) bool {
		ip := ipOf(a)
		return n.reach.LocalOnly && app.IsLocal(ip) || n.reach.Check(ip, false) == nil && manet.IsPublicAddr(a)
	})
}

// LANAddrs are the addresses on the local network, loopback left out: what a
// person may give to somebody in the same house.
func (n *Node) LANAddrs() []string {
	return n.addrs(func(a ma.Multiaddr) bool {
		ip := ipOf(a)
		return app.IsLocal(ip) && !ip.IsLoopback() && !ip.IsLinkLocalUnicast()
	})
}

// addrs puts those that reach furthest first, and of those TCP: a link holds
// no more than three.
func (n *Node) addrs(keep func(ma.Multiaddr) bool) []string {
	all, err := n.parts.swarm.InterfaceListenAddresses()
	if err != nil {
		n.log.Warn("listen addresses", "err", err)
		return nil
	}
	all = slices.DeleteFunc(all, func(a ma.Multiaddr) bool { return !keep(a) })
	rank := func(a ma.Multiaddr) (r int) {
		ip := ipOf(a)
		if app.IsLocal(ip) {
			r += 4
		}
		if ip.IsLoopback() || ip.IsLinkLocalUnicast() {
			r += 4
		}
		if !isTCP(a) {
			r += 2
		}
		if isIP6(a) {
			r++
		}
		return r
	}
	slices.SortStableFunc(all, func(a, b ma.Multiaddr) int { return rank(a) - rank(b) })
	var out []string
	for _, a := range all {
		out = append(out, a.String()+"/p2p/"+n.id.String())
	}
	return out
}

// Stats counts what the node did.
func (n *Node) Stats() Stats {
	s := Stats{
		Conns: len(n.parts.swarm.Conns()),
		Given: n.stats.given.Load(), Taken: n.stats.taken.Load(), Broken: n.stats.broken.Load(),
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, sw := range n.swarms {
		s.Sessions += len(sw.sessions)
	}
	return s
}

// Ban ends every session with a peer and refuses it while the node runs. The
// engine calls it with a source's ID when the source sent wrong bytes.
func (n *Node) Ban(id string, reason error) {
	p, err := peer.Decode(id)
	if err != nil {
		return // no peer of this node
	}
	n.ban(p, reason)
}

func (n *Node) ban(p peer.ID, reason error) {
	n.gate.bans.ban(p)
	n.log.Info("peer banned", "peer", label(p), "reason", reason)
	n.mu.Lock()
	for _, sw := range n.swarms {
		if s := sw.sessions[p]; s != nil {
			s.end(reason)
		}
	}
	n.mu.Unlock()
	n.peers.closePeer(p)
}

// broke is the one consequence of a peer that broke the protocol.
func (n *Node) broke(p peer.ID, err error) {
	n.stats.broken.Add(1)
	n.ban(p, err)
}

// strike is for what an ordinary race can look like: the stream ends, and only
// many of them make a ban.
func (n *Node) strike(p peer.ID, err error) {
	n.stats.broken.Add(1)
	if n.gate.bans.strike(p, time.Now()) {
		n.ban(p, err)
	}
}

// judge applies broke where err is the peer's fault.
func (n *Node) judge(p peer.ID, err error) {
	if errors.Is(err, errBroken) {
		n.broke(p, err)
	}
}

const (
	idleCheck = 15 * time.Second
	idleAfter = 30 * time.Second
)

// closeIdle closes connections that carry no session: who knows nothing of
// what is here has no business holding one of the few places.
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
	n.mu.Lock()
	defer n.mu.Unlock()
	busy := map[peer.ID]bool{}
	for _, sw := range n.swarms {
		for id := range sw.sessions {
			busy[id] = true
		}
	}
	for _, c := range conns {
		if !busy[c.RemotePeer()] && now.Sub(c.Stat().Opened) > idleAfter {
			idle = append(idle, c)
		}
	}
	return idle
}

// rotateSlots gives upload slots to those who wait.
func (n *Node) rotateSlots() {
	timer := time.NewTimer(slotTurn)
	defer timer.Stop()
	for {
		n.mu.Lock()
		next := n.slots.next()
		n.mu.Unlock()
		if next.IsZero() {
			timer.Stop()
		} else {
			timer.Reset(time.Until(next))
		}
		select {
		case <-n.ctx.Done():
			return
		case <-n.turn:
		case now := <-timer.C:
			n.mu.Lock()
			n.turnOver(n.slots.rotate(now))
			n.mu.Unlock()
		}
	}
}

// turnOver tells sessions what became of their slots. Called with mu held.
func (n *Node) turnOver(t turnover[*session]) {
	for _, s := range t.granted {
		s.granted.Store(true)
		s.poke()
	}
	for _, s := range t.revoked {
		s.granted.Store(false)
		s.poke()
	}
	select {
	case n.turn <- struct{}{}:
	default:
	}
}

var _ io.Closer = (*Node)(nil)
