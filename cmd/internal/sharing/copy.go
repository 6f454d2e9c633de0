package sharing

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/boot"
	"grove/cmd/internal/keyring"
	"grove/p2p/depot"
)

// Copy is a package that is shared here and that a depot is to keep. One
// goroutine uses it.
type Copy struct {
	Progress func(depot.Status) // nil is nobody
	// Patience is how long the depot may not answer in the middle; 0 is for
	// ever.
	Patience time.Duration
	Secret   []byte // of a private share, or nil; NewCopy knows it

	g      *boot.Grove
	id     uuid.UUID // of the transfer that shares it
	desc   app.Described
	base   string
	until  time.Time
	signer *keyring.Signer
}

const (
	askFirst = 200 * time.Millisecond // a small package is there at once
	askLast  = 5 * time.Second
	askGone  = time.Minute // of a depot that went away
)

// NewCopy prepares a copy of what g shares as s, at the depot at base, to be
// kept for so long; 0 is KeepFor. BadInput for a time that cannot be meant.
func NewCopy(g *boot.Grove, s Started, base string, keep time.Duration) (*Copy, error) {
	base, err := depot.CheckBase(base)
	if err != nil {
		return nil, err
	}
	c := &Copy{g: g, id: s.ID, desc: s.Described, base: base}
	if c.Secret, err = secretOf(g, s.ID); err != nil {
		return nil, err
	}
	c.until, err = untilFor(s.Package, keep, time.Now())
	return c, err
}

// Sign says which key signs the order: the publisher's. Without it Make looks
// for it in the data folder, and asks nobody for a passphrase.
func (c *Copy) Sign(s *keyring.Signer) { c.signer = s }

// Make gives the order and stays until the copy is complete: it keeps a session
// with the depot's node, so that the depot can fetch from here, and asks how
// far it is. Stopped when ctx ends; the same again goes on from there.
func (c *Copy) Make(ctx context.Context) (depot.Status, error) {
	if c.signer == nil {
		var err error
		if c.signer, err = SignerFor(c.g.Data, c.desc.Package.Publisher(), nil); err != nil {
			return depot.Status{}, err
		}
	}
	client, err := depots(c.g)
	if err != nil {
		return depot.Status{}, err
	}
	defer client.Close()
	p := c.desc.Package
	r := &depot.Request{Order: pack.Order{Do: pack.Keep, Package: p.ID, Publisher: p.Publisher(), Until: c.until},
		Sign: c.signer.SignOrder, Grove: p.Bytes(), Hashes: c.desc.Hashes, Poster: c.desc.Poster, Secret: c.Secret}
	m := meeting{node: c.g, id: p.ID, secret: c.Secret}
	defer m.leave()
	s, err := c.follow(ctx, client, r, &m)
	if err != nil && ctx.Err() != nil { // whatever noticed it first
		err = c.stopped()
	}
	return s, err
}

// follow asks again and again.
func (c *Copy) follow(ctx context.Context, client *depot.Client, r *depot.Request, m *meeting) (depot.Status, error) {
	var last depot.Status
	taken := time.Time{} // when the depot answered last
	for wait := askFirst; ; {
		s, err := client.Order(ctx, c.base, true, r)
		switch {
		case ctx.Err() != nil:
			return last, ctx.Err()
		case err != nil && (!passing(err) || c.Patience > 0 && time.Since(taken) > c.Patience):
			return last, err
		case err != nil:
			wait = min(askGone, 2*wait)
		default:
			taken, last = time.Now(), s
			if c.Progress != nil {
				c.Progress(s)
			}
			switch s.State {
			case depot.Kept:
				return s, nil
			case depot.Failed:
				return s, failed(c.base, s)
			case depot.Dropped:
				return s, c.stopped()
			}
			m.with(ctx, s.Peers)
			wait = min(askLast, wait+wait/2)
		}
		if err := c.shared(ctx); err != nil {
			return last, err
		}
		pause := time.NewTimer(wait)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
		}
	}
}

func (c *Copy) stopped() *app.Problem {
	return app.NewProblem(app.Stopped, "The copy at "+host(c.base), nil)
}

// shared is why the package is not shared here any more, or nil.
func (c *Copy) shared(ctx context.Context) error {
	snap, err := c.g.Engine.Next(ctx, 0)
	if err != nil {
		return err
	}
	switch v := snap.Transfer(c.id); {
	case v == nil || v.State == app.Paused:
		return c.stopped()
	case v.State == app.Failed && v.Problem != nil:
		return v.Problem
	}
	return nil
}

// meeting keeps a session between the node here and the depot's, in one
// goroutine that leave waits for.
type meeting struct {
	node   *boot.Grove
	id     pack.ID
	secret []byte

	peers  []string
	over   chan struct{} // closed when the goroutine has ended; nil without one
	cancel context.CancelFunc
	work   sync.WaitGroup
}

// with meets peers, where it does not do so already.
func (m *meeting) with(ctx context.Context, peers []string) {
	peers = slices.DeleteFunc(slices.Clone(peers), func(p string) bool { return boot.CheckPeer(p) != nil })
	if m.over != nil {
		select {
		case <-m.over: // the package was not shared just then, or is not any more
		default:
			if slices.Equal(peers, m.peers) {
				return
			}
		}
	}
	m.leave()
	if len(peers) == 0 {
		return
	}
	ctx, m.cancel = context.WithCancel(ctx)
	over := make(chan struct{})
	m.peers, m.over = peers, over
	m.work.Go(func() {
		defer close(over)
		_ = m.node.Node.Meet(ctx, m.id, m.secret, peers) // the next answer of the depot begins it again
	})
}

// leave ends the session.
func (m *meeting) leave() {
	if m.cancel != nil {
		m.cancel()
	}
	m.work.Wait()
	m.over, m.cancel = nil, nil
}
