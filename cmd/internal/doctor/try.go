package doctor

import (
	"context"

	"grove/app/pack"
	"grove/p2p"
)

// A Prober tries one address of a peer, step by step, as far as it leads:
// whether it may be dialled, whether somebody answers, by way of a relay or
// without, whether it is a Grove, and whether it shares the package.
type Prober interface {
	Try(ctx context.Context, id pack.ID, secret []byte, addr string) []Tried
}

// Tried is one step. Names are those of triedWords; others are shown as they
// are.
type Tried = p2p.Step

var _ Prober = (*p2p.Node)(nil)
