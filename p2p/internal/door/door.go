// Package door is how others get in to this computer: reservations at relays
// that pass a first message on, and a port that the router forwards.
//
// Goroutines: a Berths has one keeper and one for each relay it works on, a
// Mapper has one, and one for each router that forwards something. All end
// before Close returns.
package door

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
)

const (
	// pauseFirst doubles with each failure up to pauseLast.
	pauseFirst = 5 * time.Second
	pauseLast  = 10 * time.Minute
	// settled is how long a reservation must have been held for its loss to be
	// no failure of the relay: it is asked for anew at once.
	settled = 30 * time.Second
)

var discard = slog.New(slog.DiscardHandler)

// Berths keeps reservations at relays. Safe for concurrent use.
//
// What is wanted of the list: its first relays that hold, and as many as are
// short of most are tried, in order; one that failed is left alone for a
// growing pause. So a better relay is gone back to when it works again, and
// what holds is kept until then.
type Berths struct {
	host    host.Host
	most    int
	changed func()
	log     *slog.Logger
	ctx     context.Context
	cancel  context.CancelFunc
	wake    chan struct{} // the keeper looks again
	keeper  sync.WaitGroup
	workers sync.WaitGroup // added to by the keeper only
	watch   *network.NotifyBundle

	mu   sync.Mutex
	list []peer.ID          // guarded by mu; the best first
	at   map[peer.ID]*berth // guarded by mu; of the list, and those being given up
}

// berth is one relay. All of it is guarded by Berths.mu, but lost.
type berth struct {
	info   peer.AddrInfo
	wanted bool          // on the list
	lost   chan struct{} // poked when a connection to the relay ended

	stop  context.CancelFunc // not nil while somebody works on it
	fails int                // in a row
	retry time.Time          // not before

	since    time.Time // held without a break
	until    time.Time // of the reservation; zero: none
	err      error     // why there is none, or nil
	data     int64
	duration time.Duration
	addrs    []ma.Multiaddr
}

// Berth is one relay of the list.
type Berth struct {
	Info  peer.AddrInfo
	Until time.Time // of the reservation; zero is none
	Err   error     // why there is none; nil without one: not asked for yet, or not needed

	// What the relay passes on, of one connection: bytes in each direction and
	// time. 0 is no limit.
	Data     int64
	Duration time.Duration
}

// NewBerths keeps reservations of h at up to most relays at a time, and calls
// changed, from one goroutine, when Addrs is no longer what it was. It does
// nothing until Set gives it relays. changed may call anything but Close.
func NewBerths(h host.Host, most int, changed func(), log *slog.Logger) *Berths {
	if log == nil {
		log = discard
	}
	b := &Berths{host: h, most: most, changed: changed, log: log, wake: make(chan struct{}, 1), at: map[peer.ID]*berth{}}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	b.watch = &network.NotifyBundle{DisconnectedF: func(_ network.Network, c network.Conn) { b.disconnected(c.RemotePeer()) }}
	h.Network().Notify(b.watch)
	b.keeper.Go(b.keep)
	return b
}

// Set is which relays to use from now on, the best first; none gives every
// reservation up and closes connections that nothing else needs. Their
// addresses are dialled as they are: names have to be looked up before.
func (b *Berths) Set(relays []peer.AddrInfo) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range b.at {
		w.wanted = false
	}
	b.list = nil
	for _, r := range relays {
		w := b.at[r.ID]
		switch {
		case r.ID == b.host.ID():
			continue
		case w == nil:
			w = &berth{lost: make(chan struct{}, 1)}
			b.at[r.ID] = w
		case w.wanted:
			continue // twice on the list
		}
		w.wanted = true
		w.info = peer.AddrInfo{ID: r.ID, Addrs: slices.Clone(r.Addrs)}
		b.list = append(b.list, r.ID)
	}
	b.poke()
}

// Again forgets the pauses: all relays may be tried now.
func (b *Berths) Again() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range b.at {
		w.fails, w.retry = 0, time.Time{}
	}
	b.poke()
}

// Addrs are the addresses by way of relays that hold a reservation, ending in
// /p2p-circuit.
func (b *Berths) Addrs() []ma.Multiaddr {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []ma.Multiaddr
	held := 0
	for _, id := range b.list {
		if w := b.at[id]; w.until.After(time.Now()) && held < b.most {
			out = append(out, w.addrs...)
			held++
		}
	}
	return out
}

// Report is how it stands with each relay of the list, in its order.
func (b *Berths) Report() []Berth {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]Berth, 0, len(b.list))
	for _, id := range b.list {
		w := b.at[id]
		out = append(out, Berth{Info: w.info, Until: w.until, Err: w.err, Data: w.data, Duration: w.duration})
	}
	return out
}

// Close gives everything up and waits.
func (b *Berths) Close() error {
	b.cancel()
	b.keeper.Wait()
	b.host.Network().StopNotify(b.watch)
	return nil
}

func (b *Berths) poke() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

func (b *Berths) disconnected(id peer.ID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if w := b.at[id]; w != nil {
		select {
		case w.lost <- struct{}{}:
		default:
		}
	}
}

// keep is the keeper: it starts and stops the work on relays and says what
// came of it.
func (b *Berths) keep() {
	var told []ma.Multiaddr
	for b.ctx.Err() == nil {
		pause := b.assign()
		if now := b.Addrs(); !slices.EqualFunc(now, told, ma.Multiaddr.Equal) {
			told = now
			b.changed()
		}
		timer := time.NewTimer(pause)
		select {
		case <-b.wake:
		case <-timer.C:
		case <-b.ctx.Done():
		}
		timer.Stop()
	}
	b.workers.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.list = nil
	clear(b.at)
}

// assign starts and stops work so that it is as Berths says, and returns when
// to look again by itself.
func (b *Berths) assign() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, w := range b.at {
		switch {
		case w.wanted:
		case w.stop != nil:
			w.stop()
		default:
			delete(b.at, id)
		}
	}
	const never = 24 * time.Hour
	next := never
	held, busy := 0, 0
	for _, id := range b.list {
		w := b.at[id]
		wait := time.Until(w.retry)
		switch {
		case held >= b.most:
			if w.stop != nil {
				w.stop() // better ones hold
			}
		case w.stop == nil && wait > 0:
			next = min(next, wait)
		case w.stop == nil && busy < b.most:
			b.start(w)
		}
		if w.stop != nil {
			busy++
			if !w.until.IsZero() {
				held++
			}
		}
	}
	return next
}

// start has a goroutine work on w. Called with mu held.
func (b *Berths) start(w *berth) {
	var ctx context.Context
	ctx, w.stop = context.WithCancel(b.ctx)
	stop := w.stop
	b.workers.Go(func() {
		defer b.poke()
		defer stop()
		err := b.hold(ctx, w)
		b.mu.Lock()
		defer b.mu.Unlock()
		b.ended(w, err, ctx.Err() != nil)
	})
}

// ended notes why the work on w is over, and when it goes on. Called with mu
// held.
func (b *Berths) ended(w *berth, err error, stopped bool) {
	now := time.Now()
	held := w.since
	w.stop, w.since, w.until, w.addrs, w.err = nil, time.Time{}, time.Time{}, nil, nil
	if stopped {
		return
	}
	w.err = err
	b.log.Debug("no berth", "relay", w.info.ID, "err", err)
	if !held.IsZero() && now.Sub(held) >= settled {
		w.fails, w.retry = 0, now
		return
	}
	w.retry = now.Add(min(pauseLast, pauseFirst<<min(w.fails, 10)))
	w.fails++
}
