package kad

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
)

const (
	joinFirst = 5 * time.Second
	joinLast  = 5 * time.Minute
	// joinHeld is how long the table must have had somebody for the pauses to
	// begin anew.
	joinHeld    = time.Minute
	joinTimeout = 10 * time.Second // for the names and the dial of one computer
	// doors is how many computers to begin with are entered by. One would do;
	// but if a network came back and everybody began at the same one, the
	// others would stay apart.
	doors = 2
)

// join knocks at the computers to begin with whenever nobody of the network is
// known: at once, and then after pauses of 5 s, doubling to 5 min, each up to
// half as much longer so that a crowd does not come back at once. A new
// address of this computer, which is what a new network looks like, begins
// anew.
func (t *Table) join() {
	if len(t.targets) == 0 {
		return
	}
	var wait, next time.Duration // until the next knock, and the one after that
	for {
		began := time.Now()
		if t.guest.await(t.ctx, t.guest.empty) != nil {
			return
		}
		if time.Since(began) >= joinHeld {
			wait, next = 0, 0
		}
		err := pause(t.ctx, wait, t.moved)
		if errors.Is(err, errWoken) {
			next = 0
			err = pause(t.ctx, t.tuning.joinFirst, nil) // it seldom comes alone
		}
		if err != nil {
			return
		}
		if t.Size() > 0 {
			continue
		}
		t.knock()
		next = min(joinLast, max(t.tuning.joinFirst, 2*next))
		wait = next + rand.N(next/2)
	}
}

// knock enters the network by two of the computers to begin with, picked at
// random, or by fewer if no more let it in.
func (t *Table) knock() {
	queue := make(chan peer.AddrInfo, len(t.targets))
	for _, i := range rand.Perm(len(t.targets)) {
		queue <- t.targets[i]
	}
	close(queue)
	var knocks sync.WaitGroup
	for range doors {
		knocks.Go(func() {
			for p := range queue {
				err := t.knockAt(p)
				if err == nil || t.ctx.Err() != nil {
					return
				}
				t.cfg.Log.Debug("the hash table cannot be entered here", "peer", p.ID, "err", err)
			}
		})
	}
	knocks.Wait()
}

// knockAt connects to p. The library asks it something then, and takes it into
// the table if it answers.
func (t *Table) knockAt(p peer.AddrInfo) error {
	ctx, cancel := context.WithTimeout(t.ctx, joinTimeout)
	defer cancel()
	var addrs []ma.Multiaddr
	var errs []error
	for _, a := range p.Addrs {
		full := a.Encapsulate(ma.StringCast("/p2p/" + p.ID.String()))
		got, err := t.cfg.Resolve(ctx, full)
		errs = append(errs, err)
		for _, a := range got {
			if addr, id := peer.SplitAddr(a); (id == "" || id == p.ID) && addr != nil {
				addrs = append(addrs, addr)
			}
		}
	}
	if addrs = t.net.usable(addrs); len(addrs) == 0 {
		return errors.Join(append(errs, errors.New("there is no address to dial"))...)
	}
	return t.guest.Connect(ctx, peer.AddrInfo{ID: p.ID, Addrs: addrs})
}

// errWoken is why a pause was shorter.
var errWoken = errors.New("woken")

// pause waits for d, for wake, or for the end of ctx, and says which of the
// last two it was.
func pause(ctx context.Context, d time.Duration, wake <-chan struct{}) error {
	if d <= 0 {
		return context.Cause(ctx)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-wake:
		return errWoken
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
