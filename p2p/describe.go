package p2p

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"grove/app"
	"grove/app/pack"
	"grove/p2p/internal/wire"
)

// describeAtOnce is how many peers are asked for a part side by side.
const describeAtOnce = 4

// partLimits are the most bytes that a part may have.
var partLimits = map[app.Part]int64{
	app.PartManifest: pack.MaxManifest + 4<<10, // and the signature lines
	app.PartHashes:   pack.MaxPieces * 32,
	app.PartPoster:   pack.MaxPoster,
}

// describePatience is how long a description is looked for: long enough for a
// hole to be punched and for the hash table to be asked once.
const describePatience = 45 * time.Second

// Describe asks peers for a part until check accepts an answer: those of want,
// and whom the finders bring. It asks each once. Without an answer that was
// accepted the error is a NoSource problem that holds what each of them said,
// NoPath where somebody is there who cannot be reached, a Refused one if no
// address was allowed, or BadInput for a typed address that is none.
func (n *Node) Describe(ctx context.Context, want app.Description, check func([]byte) error) error {
	limit, ok := partLimits[want.Part]
	if !ok {
		return app.NewProblem(app.Internal, fmt.Sprintf("part %d", want.Part), nil)
	}
	targets, err := parseTargets(want.Peers, want.TypedPeers)
	if err != nil {
		return err
	}
	sw, err := n.startDescribe(knowledgeOf(want.ID, want.Secret), want)
	if err != nil {
		return err
	}
	defer n.linger(sw)
	sw.hunt.hearAll(targets)
	ctx, cancel := context.WithTimeout(ctx, describePatience)
	defer context.AfterFunc(n.ctx, cancel)()
	defer cancel()
	a := &asking{check: check, cancel: cancel}
	var wg sync.WaitGroup
	defer wg.Wait()
	places := make(chan struct{}, describeAtOnce)
	answered := make(chan struct{}, 1)
	asked := map[*session]bool{}
	open := 0
	for {
		look := sw.hunt.outlook()
		sessions, changed := n.sessionsOf(sw)
		for _, s := range sessions {
			if asked[s] {
				continue
			}
			asked[s] = true
			open++
			wg.Go(func() {
				select {
				case places <- struct{}{}:
					b, err := s.askPart(ctx, want.Part, limit)
					<-places
					a.answer(s.peer, b, err)
				case <-ctx.Done():
				}
				select {
				case answered <- struct{}{}:
				case <-ctx.Done():
				}
			})
		}
		if look.exhausted && open == 0 {
			return a.result(want.ID, look.errs)
		}
		select {
		case <-look.changed:
		case <-changed:
		case <-answered:
			open--
		case <-ctx.Done():
			return a.result(want.ID, look.errs)
		}
	}
}

// sessionsOf are the sessions of a swarm, and a channel that is closed when
// there are others.
func (n *Node) sessionsOf(sw *swarm) ([]*session, <-chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	all := slices.Collect(maps.Values(sw.sessions))
	return slices.DeleteFunc(all, func(s *session) bool { return s.ctx.Err() != nil }), sw.changed
}

func (n *Node) startDescribe(k knowledge, want app.Description) (*swarm, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return nil, errClosed
	}
	sw := n.swarmOf(k)
	sw.describing++
	sw.help(want.Trackers, want.Relays, want.Peers)
	n.touch(sw)
	n.wg.Add(1)
	return sw, nil
}

// describeLinger is how long those who were found for one part stay: the next
// part, or the content, is mostly asked for at once.
const describeLinger = 15 * time.Second

// linger is endDescribe that keeps them.
func (n *Node) linger(sw *swarm) {
	n.mu.Lock()
	sw.lingering++
	n.mu.Unlock()
	n.endDescribe(sw)
	time.AfterFunc(describeLinger, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		if sw.lingering--; !n.closed {
			n.touch(sw)
		}
	})
}

const (
	// nearTime is how long AskNear waits at most, and nearFirst how long the local
	// network has to name somebody, from when it was first asked: RFC 6762 has
	// answers wait up to 120 ms.
	nearTime  = 500 * time.Millisecond
	nearFirst = 300 * time.Millisecond
)

// AskNear returns when everybody who was heard of on the local network has said
// what he has of the package, or nobody was heard of in the first 300 ms, or
// half a second has passed.
func (n *Node) AskNear(ctx context.Context, id pack.ID, secret []byte) {
	if !n.finders.LAN {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, nearTime)
	defer cancel()
	sw, err := n.startDescribe(knowledgeOf(id, secret), app.Description{})
	if err != nil {
		return
	}
	defer n.endDescribe(sw)
	for ctx.Err() == nil {
		look, wait := sw.hunt.outlook(), n.outreach.lanWait(nearFirst)
		if wait <= 0 && sw.hunt.nearAsked() && n.nearSaid(sw) {
			return
		}
		timer := time.NewTimer(max(wait, 5*time.Millisecond))
		select {
		case <-look.changed:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// nearSaid reports whether every neighbour in a session has said what he has.
func (n *Node) nearSaid(sw *swarm) bool {
	sessions, _ := n.sessionsOf(sw)
	return !slices.ContainsFunc(sessions, func(s *session) bool {
		return s.nearness() == app.NearLAN && s.theirs.Load() == nil
	})
}

func (n *Node) endDescribe(sw *swarm) {
	n.mu.Lock()
	sw.describing--
	n.touch(sw)
	n.mu.Unlock()
	n.wg.Done()
}

// askPart gets one part from the session's peer.
func (s *session) askPart(ctx context.Context, part app.Part, limit int64) ([]byte, error) {
	r, err := s.request(ctx, wire.Request{Op: wire.OpPart, First: uint32(part)}, 0, limit)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(r, limit))
	return b, errors.Join(err, r.Close())
}

// asking collects what peers answered.
type asking struct {
	check  func([]byte) error
	cancel context.CancelFunc

	mu   sync.Mutex
	done bool    // guarded by mu; check accepted an answer
	errs []error // guarded by mu
}

// answer offers b to check, one answer at a time.
func (a *asking) answer(id peer.ID, b []byte, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.done {
		return
	}
	if err == nil {
		err = a.check(b)
	}
	if err == nil {
		a.done = true
		a.cancel()
		return
	}
	a.errs = append(a.errs, peerError{id, err})
}

// result is nil, or the problem that missed, the reasons why others were not
// asked, and the answers make.
func (a *asking) result(id pack.ID, missed []error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.done {
		return nil
	}
	all := append(slices.Clone(missed), a.errs...)
	refused, kind := len(all) > 0, app.NoSource
	for _, err := range all {
		var p *app.Problem
		isProblem := errors.As(err, &p)
		refused = refused && isProblem && p.Kind == app.Refused
		if isProblem && p.Kind == app.NoPath {
			kind = app.NoPath
		}
	}
	if refused {
		return errors.Join(all...)
	}
	for i, err := range all {
		// The problem says that already; what is new is why.
		if p := (*app.Problem)(nil); errors.As(err, &p) && p.Kind == kind && p.Err != nil {
			all[i] = p.Err
		}
	}
	return app.NewProblem(kind, id.Short(), errors.Join(all...))
}
