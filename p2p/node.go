// Package p2p is the swarm: the libp2p node, the protocol that two Groves
// speak (docs/PROTOCOL.md), a peer as an app.Source, and the serving of pieces
// to peers that proved they know the package.
//
// What reaches the network: the shares given to Node.Serve, and nothing else.
// Dialled are the addresses given to Find and Describe and those that finders
// name, under app.Reach and the dial budget.
//
// Goroutines: a node has four of its own (slots, uplink, idle connections,
// outreach), a bound one a fifth that follows its interface,
// and libp2p's; each package has a hunt, which waits for its dials and finders.
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
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"grove/app"
	"grove/app/pack"
	"grove/p2p/internal/bind"
	"grove/p2p/internal/dials"
	"grove/p2p/internal/door"
	"grove/p2p/internal/web"
	"grove/p2p/internal/wire"
	"grove/p2p/room"
	"grove/p2p/tracker"
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
	// addresses of all interfaces become those of this one. While it is not there
	// the node reaches nobody.
	Bind string

	Reach  app.Reach
	Upload *rate.Limiter // content in bytes a second; nil is no limit
	Slots  int           // peers served at once; 0 is 8
	// Unpaced gives what the connections take, whoever else wants the line.
	Unpaced bool
	Room    *room.Room   // what comes from peers tells it of; nil: nobody wants to know
	Log     *slog.Logger // nil logs nothing

	Finders app.Finders // beside the addresses that Find is given; the zero value is none
	Relays  []string    // multiaddrs of relays that help beside those of packages and links
	DHT     app.DHT
	Mapping bool // ask the router to let connections in

	Proxy     *url.URL // for requests to trackers; nil is none
	UserAgent string   // of those requests

	Server *Server // nil: a person's computer

	sim *simulated // nil: the real network
}

// Server is what makes a node one that many depend on.
type Server struct {
	Conns    int                   // connections in all; 0 is 4,096
	Registry prometheus.Registerer // of the relay's counts; nil: none
	Relay    *RelayLimit           // lets others meet by way of this node; nil: no relay
	// Addrs are public addresses that others may dial, where the interfaces do
	// not have them.
	Addrs []string
}

// RelayLimit is what passes through a relay.
type RelayLimit struct {
	Data         int64         // bytes a connection and direction; 0 is 128 KiB, enough to meet
	Duration     time.Duration // of a connection; 0 is 2 minutes
	Reservations int           // computers that may wait for others at once; 0 is 1,024
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
	last     context.Context // of goodbyes; ends lastWords after ctx
	silence  context.CancelFunc

	room      *room.Room // nil: nobody wants to know
	finders   app.Finders
	dht       app.DHT
	server    bool
	serveDHT  bool           // answer others' questions, where they get in
	relays    []string       // of the settings
	fixed     []ma.Multiaddr // addresses that an operator gave
	bound     string         // Config.Bind
	gone      atomic.Bool    // it is not there
	budget    *dials.Budget
	tracker   *tracker.Client
	ways      *ways
	punchTime time.Duration
	// interference knows what is done to connections here.
	interference *interference
	outreach     *outreach

	whereabouts whereabouts
	netmap      atomic.Pointer[pack.Map] // nil: none

	stats  nodeCounts
	turns  turns   // whose content leaves next
	uplink *uplink // nil: a server's, which nobody else is at
	delays atomic.Pointer[delays]

	mu     sync.Mutex
	closed bool            // guarded by mu
	roused int             // guarded by mu; callers of Rouse
	wg     sync.WaitGroup  // added to under mu while not closed
	swarms map[tag]*swarm  // guarded by mu
	slots  slots[*session] // guarded by mu
	widens bool            // the number of slots follows what is given; immutable
	turn   chan struct{}   // wakes the goroutine that rotates slots
}

var _ app.Swarm = (*Node)(nil)

// connections is what sessions need of the host: keep a peer's connection
// while there is a session, close it when the peer is banned.
type connections interface {
	protect(id peer.ID, why string)
	unprotect(id peer.ID, why string)
	protected(id peer.ID) bool
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
	if p := app.AsProblem(local.Check()); p != nil && p.Kind != app.NoInterface {
		return nil, p
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
		resolver: newResolver(cfg.Reach, local),
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
	if cfg.Upload != nil {
		for i := range n.turns.roads {
			n.turns.roads[i].limits = append(n.turns.roads[i].limits, cfg.Upload)
		}
	}
	if n.room = cfg.Room; n.room != nil {
		n.room.Asks(n.askBack)
	}
	if cfg.Server == nil && !cfg.Unpaced {
		n.uplink = newUplink(n)
	}
	if n.slots.n <= 0 {
		n.slots.n, n.widens = leastSlots, true
	}
	listen := cfg.Listen
	if listen == nil {
		listen = listenAll
	}
	here, err := boundListen(local, listen)
	if p := app.AsProblem(err); p != nil && p.Kind != app.NoInterface {
		return nil, p
	}
	n.gone.Store(err != nil)
	if err := n.helpers(cfg, key); err != nil {
		return nil, err
	}
	n.parts = &libp2pParts{}
	_, err = newHost(n.hostConfig(cfg, key, here, local))
	if err != nil {
		return nil, fmt.Errorf("start the peer-to-peer node: %w", err)
	}
	n.peers = n.parts
	n.outreach.keepBerths()
	n.ctx, n.cancel = context.WithCancel(context.Background())
	n.last, n.silence = context.WithCancel(context.Background())
	n.wg.Add(1)
	go n.outreach.run()
	n.wg.Go(n.rotateSlots)
	if n.uplink != nil {
		n.wg.Go(n.uplink.run)
	}
	n.wg.Go(n.closeIdle)
	if local != "" {
		n.wg.Go(func() { n.follow(local, listen) })
	}
	n.parts.host.SetStreamHandler(ControlProtocol, n.handleControl)
	n.parts.host.SetStreamHandler(DataProtocol, n.handleData)
	return n, nil
}

// helpers takes over what finds and reaches others.
func (n *Node) helpers(cfg Config, key crypto.PrivKey) (err error) {
	if n.id, err = peer.IDFromPrivateKey(key); err != nil {
		return err
	}
	n.finders, n.dht, n.relays, n.bound = cfg.Finders, cfg.DHT, cfg.Relays, cfg.Bind
	if cfg.Reach.LocalOnly && cfg.DHT.Prefix == "" && len(cfg.DHT.Bootstrap) == 0 {
		n.finders.DHT = false // the public one is not local
	}
	n.server = cfg.Server != nil
	n.serveDHT = n.server && n.finders.DHT
	n.interference = newInterference()
	n.budget = dials.NewBudget(maxDials)
	n.budget.Watch = n.watchDial
	n.ways, n.outreach, n.punchTime = newWays(n), newOutreach(n), punchTime
	n.tracker, err = tracker.New(tracker.Config{Key: key, UserAgent: cfg.UserAgent,
		Web: web.Config{Reach: cfg.Reach, Proxy: cfg.Proxy, Bind: cfg.Bind,
			Dial: 10 * time.Second, TLS: 10 * time.Second, Header: 10 * time.Second, PerHost: 2}})
	if err != nil {
		return err
	}
	for _, r := range cfg.Relays {
		id, a, err := parsePeer(r)
		if err != nil {
			return err
		}
		n.gate.permits.grant(id, []typedAddr{{addr: a, typed: true}}) // for good: the user typed it
	}
	if cfg.Server == nil {
		return nil
	}
	for _, s := range cfg.Server.Addrs {
		a, err := ma.NewMultiaddr(s)
		if err == nil {
			err = checkShape(a)
		}
		if err != nil {
			return app.NewProblem(app.BadInput, fmt.Sprintf("%q is not an address that others can dial", s), err)
		}
		n.fixed = append(n.fixed, a)
	}
	return nil
}

// hostConfig is the host under n. In local-only mode nobody is asked how to be
// reached, and no router for a way in.
func (n *Node) hostConfig(cfg Config, key crypto.PrivKey, listen []string, local bind.Local) hostConfig {
	h := hostConfig{key: key, listen: listen, local: local, gate: n.gate, server: cfg.Server,
		parts: n.parts, sim: cfg.sim, wrap: n.budget.Wrap, rank: n.rank, announced: n.announced, meet: n.ways.notifiee(), reach: true}
	if cfg.Mapping && !cfg.Reach.LocalOnly {
		n.outreach.mapper = door.NewMapper(func() []ma.Multiaddr { return n.parts.swarm.ListenAddresses() }, local, n.log)
		h.mapper = n.outreach.mapper
	}
	return h
}

// lastWords is how long a node that is closed may take to say goodbye, to peers,
// trackers and routers. Whoever quit has the line to himself a second later.
const lastWords = 400 * time.Millisecond

// Close ends every session and waits for everything the node started, but for
// a router that does not answer. Serving and Find end too.
func (n *Node) Close() error {
	n.mu.Lock()
	was := n.closed
	n.closed = true
	n.mu.Unlock()
	if was {
		return nil
	}
	n.cancel()
	late := time.AfterFunc(lastWords, func() {
		n.silence()
		_ = n.parts.swarm.Close() // under those who wait for an answer
	})
	defer late.Stop()
	n.wg.Wait()
	n.silence()
	return errors.Join(n.outreach.close(), n.parts.Close())
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

// Addrs are the addresses that other computers may dial, with the peer ID, the
// best first: public ones, those by way of relays where there is no other, and
// in local-only mode those of the local network and loopback.
func (n *Node) Addrs() []string { return n.withID(n.outward()) }

// LANAddrs are the addresses on the local network, loopback left out: what a
// person may give to somebody in the same house.
func (n *Node) LANAddrs() []string {
	all := slices.DeleteFunc(n.interfaceAddrs(), func(a ma.Multiaddr) bool {
		ip := ipOf(a)
		return !app.IsLocal(ip) || ip.IsLoopback() || ip.IsLinkLocalUnicast()
	})
	sortAddrs(all)
	return n.withID(all)
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

// Meet keeps a session with each of peers about a package that is shared here,
// until ctx ends or sharing does: so that somebody who cannot dial this
// computer can fetch from it. An address that is none is a BadInput problem.
func (n *Node) Meet(ctx context.Context, id pack.ID, secret []byte, peers []string) error {
	for _, p := range peers {
		if err := CheckPeer(p); err != nil {
			return err
		}
	}
	targets, err := parseTargets(nil, peers)
	if err != nil {
		return err
	}
	n.mu.Lock()
	sw := n.swarms[knowledgeOf(id, secret).tag]
	n.mu.Unlock()
	if sw == nil {
		return errDone
	}
	h := sw.hunt
	h.hold(targets, 1)
	select {
	case <-ctx.Done():
		h.hold(targets, -1)
	case <-h.ctx.Done():
	}
	return nil
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

// rotateSlots gives upload slots to those who wait.
func (n *Node) rotateSlots() {
	timer := time.NewTimer(slotTurn)
	defer timer.Stop()
	var looked time.Time // while somebody waits
	var given int64
	for {
		n.mu.Lock()
		next := n.slots.next()
		n.mu.Unlock()
		switch {
		case next.IsZero():
			looked = time.Time{}
			timer.Stop()
		case n.widens:
			if looked.IsZero() {
				looked, given = time.Now(), n.stats.given.Load()
			}
			if look := looked.Add(slotLook); look.Before(next) {
				next = look
			}
			fallthrough
		default:
			timer.Reset(time.Until(next))
		}
		select {
		case <-n.ctx.Done():
			return
		case <-n.turn:
		case now := <-timer.C:
			n.mu.Lock()
			if d := now.Sub(looked); n.widens && d >= slotLook {
				gave := n.stats.given.Load()
				n.turnOver(n.slots.widen(float64(gave-given)/d.Seconds(), now))
				looked, given = now, gave
			}
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
