package kad

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ipfs/go-cid"
	pb "github.com/libp2p/go-libp2p-kad-dht/pb"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/routing"
	"github.com/multiformats/go-multihash"
)

const (
	// maxWalks look-ups go on at once; others wait for their turn.
	maxWalks = 2
	// maxWalkDials is what one of them may dial. An honest walk meets 25 to 60
	// computers; who invents nearer ones all the time gets no further.
	maxWalkDials = 100
	// again is the pause after a walk that nobody answered. Everybody who did
	// not answer leaves the table, so there is an end to it.
	again = time.Second
	// putTimeout is how long telling the nearest, all at once, may take.
	putTimeout = 10 * time.Second
)

// cidOf names key in the network: a CIDv1, raw, of the key as the digest of a
// sha2-256.
func cidOf(key [32]byte) (cid.Cid, error) {
	mh, err := multihash.Encode(key[:], multihash.SHA2_256)
	if err != nil {
		return cid.Undef, err
	}
	return cid.NewCidV1(cid.Raw, mh), nil
}

// Find reports up to count peers that said they have what key names, as they
// are found, from one goroutine, until the network has been asked or ctx ends,
// which is the error then. Each has at most 8 addresses, of which nothing is
// known but that somebody claimed them; this computer is not among them. It
// waits until somebody of the network is known.
func (t *Table) Find(ctx context.Context, key [32]byte, count int, found func(peer.AddrInfo)) error {
	id, err := cidOf(key)
	if err != nil || count < 1 {
		return err
	}
	seen := map[peer.ID]struct{}{t.guest.ID(): {}}
	return t.ask(ctx, func(ctx context.Context) (heard bool, err error) {
		ctx, b := withBudget(ctx)
		defer b.cancel(nil)
		// This computer, and those whose addresses were forgotten, count for the
		// library too. Without any bound it would take what one liar can invent.
		for p := range t.dht.FindProvidersAsync(ctx, id, 2*count+1) {
			heard = true
			addrs := t.net.usable(p.Addrs)
			if _, ok := seen[p.ID]; ok || len(addrs) == 0 || len(seen) > count {
				continue // until the library has ended, too
			}
			seen[p.ID] = struct{}{}
			found(peer.AddrInfo{ID: p.ID, Addrs: addrs})
			if len(seen) > count {
				b.cancel(nil)
			}
		}
		if len(seen) > count {
			return true, errEnough
		}
		return heard, nil
	})
}

// Provide says once that this computer has what key names, to the computers
// that keep it for those who ask. It fails where none of them was told. The
// network forgets it after two days, and the addresses after one.
func (t *Table) Provide(ctx context.Context, key [32]byte) error {
	id, err := cidOf(key)
	if err != nil {
		return err
	}
	self := peer.AddrInfo{ID: t.guest.ID(), Addrs: t.guest.Addrs()}
	if len(self.Addrs) == 0 {
		return errors.New("this computer has no address that others could be told")
	}
	return t.ask(ctx, func(ctx context.Context) (heard bool, err error) {
		if t.Serving() { // and is asked itself
			if err := t.dht.ProviderStore().AddProvider(ctx, id.Hash(), peer.AddrInfo{ID: self.ID}); err != nil {
				return false, err
			}
		}
		look, b := withBudget(ctx)
		defer b.cancel(nil)
		nearest, err := t.dht.GetClosestPeers(look, string(id.Hash()))
		if err != nil && !errors.Is(context.Cause(look), errFar) || len(nearest) == 0 {
			return false, err
		}
		return false, t.tell(ctx, nearest, id.Hash(), self)
	})
}

// tell puts what self has at each of nearest.
func (t *Table) tell(ctx context.Context, nearest []peer.ID, key multihash.Multihash, self peer.AddrInfo) error {
	messages, err := pb.NewProtocolMessenger(t.dht.MessageSender())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, putTimeout)
	defer cancel()
	errs := make([]error, len(nearest))
	var puts sync.WaitGroup
	for i, p := range nearest {
		puts.Go(func() { errs[i] = messages.PutProviderAddrs(ctx, p, key, self) })
	}
	puts.Wait()
	for _, err := range errs {
		if err == nil {
			return nil
		}
	}
	return errors.Join(errs...)
}

var (
	errEnough = errors.New("enough was found")
	errFar    = errors.New("the walk has gone far enough")
)

// visit is what a walk does, and whether it knows to have heard from somebody.
type visit func(context.Context) (heard bool, err error)

// ask makes walks until somebody answered on one of them. The first computer
// of a network, which has nobody to ask, asks itself.
func (t *Table) ask(ctx context.Context, v visit) error {
	ctx, done, err := t.during(ctx)
	if err != nil {
		return err
	}
	defer done()
	for alone := len(t.targets) == 0 && t.Serving(); ; {
		if !alone {
			if err := t.guest.await(ctx, t.guest.some); err != nil {
				return err
			}
		}
		heard, err := t.walk(ctx, v)
		switch {
		case errors.Is(err, errEnough):
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case heard:
			return err
		case alone && t.Size() == 0:
			return nil
		}
		t.cfg.Log.Debug("nobody of the hash table answered", "err", err)
		if err := pause(ctx, again, nil); err != nil {
			return err
		}
	}
}

// walk waits for its turn and makes one walk. An answer that brought nothing
// is one as well, and the library tells about it only by an event.
func (t *Table) walk(ctx context.Context, v visit) (heard bool, err error) {
	if err := t.turn(ctx); err != nil {
		return false, err
	}
	defer t.turned()
	ctx, cancel := context.WithCancel(ctx)
	ctx, events := routing.RegisterForQueryEvents(ctx)
	answered := make(chan bool, 1)
	go func() {
		var any bool
		for e := range events { // until ctx ends
			any = any || e.Type == routing.PeerResponse
		}
		answered <- any
	}()
	heard, err = v(ctx)
	cancel()
	return <-answered || heard, err
}

func (t *Table) turn(ctx context.Context) error {
	select {
	case t.walks <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (t *Table) turned() {
	<-t.walks
	t.used()
}

// budget is what a walk may still dial.
type budget struct {
	left   atomic.Int32
	cancel context.CancelCauseFunc
}

type budgetKey struct{}

func withBudget(ctx context.Context) (context.Context, *budget) {
	b := &budget{}
	b.left.Store(maxWalkDials)
	ctx, b.cancel = context.WithCancelCause(ctx)
	return context.WithValue(ctx, budgetKey{}, b), b
}

// spend takes one dial from the budget of the walk that ctx is of, if it is of
// one. At the end of it the whole walk ends: if single dials failed, the
// library would strike their computers off the table.
func spend(ctx context.Context) error {
	b, ok := ctx.Value(budgetKey{}).(*budget)
	if ok && b.left.Add(-1) < 0 {
		b.cancel(errFar)
		return errFar
	}
	return nil
}
