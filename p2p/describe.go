package p2p

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

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

// Describe asks the peers of want for a part until check accepts an answer. It
// asks each once. Without an answer that was accepted the error is a NoSource
// problem that holds what each of them said, a Refused one if no address was
// allowed, or BadInput for a typed address that is none.
func (n *Node) Describe(ctx context.Context, want app.Description, check func([]byte) error) error {
	limit, ok := partLimits[want.Part]
	if !ok {
		return app.NewProblem(app.Internal, fmt.Sprintf("part %d", want.Part), nil)
	}
	targets, err := parseTargets(want.Peers, want.TypedPeers)
	if err != nil {
		return err
	}
	sw, err := n.startDescribe(knowledgeOf(want.ID, want.Secret))
	if err != nil {
		return err
	}
	defer n.endDescribe(sw)
	ctx, cancel := context.WithCancel(ctx)
	defer context.AfterFunc(n.ctx, cancel)()
	defer cancel()
	a := &asking{check: check, cancel: cancel}
	var wg sync.WaitGroup
	places := make(chan struct{}, describeAtOnce)
	for _, t := range targets {
		wg.Go(func() {
			select {
			case places <- struct{}{}:
				defer func() { <-places }()
			case <-ctx.Done():
				return
			}
			b, err := n.askPart(ctx, sw, t, want.Part, limit)
			a.answer(t, b, err)
		})
	}
	wg.Wait()
	return a.result(want.ID)
}

func (n *Node) startDescribe(k knowledge) (*swarm, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return nil, errClosed
	}
	sw := n.swarmOf(k)
	sw.describing++
	n.wg.Add(1)
	return sw, nil
}

func (n *Node) endDescribe(sw *swarm) {
	n.mu.Lock()
	sw.describing--
	n.touch(sw)
	n.mu.Unlock()
	n.wg.Done()
}

// askPart gets one part from one peer.
func (n *Node) askPart(ctx context.Context, sw *swarm, t target, part app.Part, limit int64) ([]byte, error) {
	s := n.sessionWith(t.id, sw.know.tag)
	if s == nil {
		var err error
		if s, err = n.connect(ctx, sw, t); err != nil {
			return nil, err
		}
	}
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
func (a *asking) answer(t target, b []byte, err error) {
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
	a.errs = append(a.errs, fmt.Errorf("peer %s: %w", label(t.id), err))
}

func (a *asking) result(id pack.ID) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.done {
		return nil
	}
	refused := len(a.errs) > 0
	for _, err := range a.errs {
		var p *app.Problem
		refused = refused && errors.As(err, &p) && p.Kind == app.Refused
	}
	if refused {
		return errors.Join(a.errs...)
	}
	return app.NewProblem(app.NoSource, id.Short(), errors.Join(a.errs...))
}
