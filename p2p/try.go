package p2p

import (
	"context"
	"errors"
	"time"

	"github.com/libp2p/go-libp2p/core/network"

	"grove/app"
	"grove/app/pack"
)

// Step is one step on the way to a peer.
type Step struct {
	// Name is "resolve", "rules", "dial", "relay", "punch", "grove" or
	// "package", in the order they are taken.
	Name string
	OK   bool
	Took time.Duration
	Err  error // why not, or nil
}

// Try goes the way to one address of a link, step by step, as far
// as it leads: is it allowed, does somebody answer, is it a Grove, does it
// share the package. Nothing is fetched.
func (n *Node) Try(ctx context.Context, id pack.ID, secret []byte, addr string) (steps []Step) {
	began := time.Now()
	step := func(name string, err error) bool {
		steps = append(steps, Step{Name: name, OK: err == nil, Took: time.Since(began), Err: err})
		began = time.Now()
		return err == nil
	}
	peerID, a, err := parsePeer(addr)
	if err != nil {
		step("rules", err)
		return steps
	}
	t := target{id: peerID, addrs: []typedAddr{{addr: a}}}
	addrs, err := n.resolver.resolve(ctx, t)
	if p := (*app.Problem)(nil); errors.As(err, &p) && p.Kind == app.Refused {
		step("rules", err)
		return steps
	}
	if !step("resolve", err) {
		return steps
	}
	conn, err := n.tryDial(ctx, t, addrs, step)
	if err != nil {
		return steps
	}
	sw, err := n.startDescribe(knowledgeOf(id, secret), app.Description{})
	if err != nil {
		step("grove", err)
		return steps
	}
	defer n.endDescribe(sw)
	s, err := n.shakeHands(ctx, sw, conn, t.id)
	if errors.Is(err, errRefused) {
		step("grove", nil)
	} else if !step("grove", err) {
		return steps
	}
	if step("package", err) {
		s.end(errDone)
	}
	return steps
}

func (n *Node) tryDial(ctx context.Context, t target, addrs []typedAddr, step func(string, error) bool) (network.Conn, error) {
	if !isCircuit(t.addrs[0].addr) {
		c, err := n.dialDirect(ctx, t.id, addrs)
		step("dial", err)
		return c, err
	}
	c, err := n.dialRelayed(ctx, t.id, addrs)
	if p := (*app.Problem)(nil); err == nil || errors.As(err, &p) && p.Kind == app.NoPath {
		step("relay", nil)
		step("punch", err)
	} else {
		step("relay", err)
	}
	return c, err
}
