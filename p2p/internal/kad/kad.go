// Package kad finds peers by a Kademlia distributed hash table, as a client of
// it.
//
// The table itself is go-libp2p-kad-dht. This package decides how much of the
// computer it gets: which network it belongs to, where it begins, how many
// connections it may open and for how long, and whether others may ask it. The
// library sees the host only through guest, which holds it to that.
package kad

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	dht "github.com/libp2p/go-libp2p-kad-dht"
	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/host/eventbus"
	ma "github.com/multiformats/go-multiaddr"

	"grove/app"
)

// Config is what a Table needs to know.
type Config struct {
	Host host.Host
	DHT  app.DHT // the zero value is the public network
	// Resolve turns an address to begin with into addresses that may be
	// dialled. It is asked about each of them, also one that is numeric, before
	// anything is dialled: its refusal is the last word. Names (dns, dns4, dns6,
	// dnsaddr) that it leaves in its answer are not dialled.
	Resolve func(context.Context, ma.Multiaddr) ([]ma.Multiaddr, error)
	// Serve lets the table answer others' questions once this computer is known
	// to be reachable: for those who chose to keep sharing, and for servers. In
	// a network with a prefix of its own it answers at once, because the first
	// computer of a network has nobody to ask whether it is reachable.
	Serve bool
	Log   *slog.Logger // not nil
}

// Table is this computer's part in the hash table, until Close.
type Table struct {
	cfg     Config
	tuning  tuning
	net     overlay
	guest   *guest
	dht     *dht.IpfsDHT
	targets []peer.AddrInfo // to begin with, without this computer
	walks   chan struct{}   // holds a value for each walk under way
	touched chan struct{}   // holds a value when connections were used since tidy looked
	moved   chan struct{}   // holds a value when this computer has new addresses

	ctx    context.Context // ends with Close
	cancel context.CancelCauseFunc

	mu     sync.Mutex
	closed bool           // guarded by mu
	wg     sync.WaitGroup // added to with mu held and closed false
}

var errClosed = errors.New("the hash table is closed")

// Start makes the table and connects to the network in the background. An
// address to begin with that cannot be read is a BadInput problem.
func Start(cfg Config) (*Table, error) { return start(cfg, usual) }

// tuning is what tests change.
type tuning struct {
	linger, joinFirst time.Duration
	more              []dht.Option
}

var usual = tuning{linger: linger, joinFirst: joinFirst}

func start(cfg Config, tune tuning) (*Table, error) {
	t := &Table{
		cfg:     cfg,
		tuning:  tune,
		net:     overlayOf(cfg.DHT),
		walks:   make(chan struct{}, maxWalks),
		touched: make(chan struct{}, 1),
		moved:   make(chan struct{}, 1),
	}
	var err error
	if t.targets, err = t.net.targets(cfg.DHT.Bootstrap, cfg.Host.ID()); err != nil {
		return nil, err
	}
	t.guest = newGuest(cfg.Host, t.net, t.used)
	sub, err := cfg.Host.EventBus().Subscribe([]any{
		new(event.EvtLocalAddressesUpdated), new(event.EvtHostReachableAddrsChanged),
	}, eventbus.Name("grove/p2p/internal/kad"))
	if err != nil {
		return nil, fmt.Errorf("hash table: %w", err)
	}
	if t.dht, err = dht.New(t.guest, append(t.net.options(t.guest, cfg.Serve), tune.more...)...); err != nil {
		return nil, errors.Join(fmt.Errorf("hash table: %w", err), sub.Close())
	}
	t.guest.setOpen(cfg.Serve && !t.net.everyones())
	t.ctx, t.cancel = context.WithCancelCause(context.Background())
	t.wg.Go(func() { t.watch(sub) })
	t.wg.Go(t.join)
	t.wg.Go(t.tidy)
	if cfg.Serve {
		t.wg.Go(t.refresh)
	}
	return t, nil
}

// Size is how many computers of the network are known.
func (t *Table) Size() int { return t.dht.RoutingTable().Size() }

// Serving reports whether others' questions are answered now.
func (t *Table) Serving() bool { return t.guest.isOpen() }

// Close leaves the network and waits for everything the table started. Its
// connections are closed where nobody else uses them.
func (t *Table) Close() error {
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return nil
	}
	t.closed = true
	t.mu.Unlock()
	t.cancel(errClosed)
	t.wg.Wait()
	err := t.dht.Close()
	t.guest.leave()
	return err
}

// during returns a ctx that ends with Close too; Close waits until done has
// been called.
func (t *Table) during(ctx context.Context) (_ context.Context, done func(), err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil, nil, errClosed
	}
	t.wg.Add(1)
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(t.ctx, func() { cancel(errClosed) })
	return ctx, func() {
		stop()
		cancel(nil)
		t.wg.Done()
	}, nil
}
