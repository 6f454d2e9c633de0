package p2p

import (
	"context"

	"golang.org/x/time/rate"

	"grove/p2p/internal/wire"
)

// chunkFor is how much content goes into one write: as much as fits, or, under
// a limit, about an eighth of a second's worth, which the bucket must hold.
func chunkFor(limit *rate.Limiter) int {
	if limit == nil || limit.Limit() == rate.Inf {
		return wire.ChunkSize
	}
	n := max(4<<10, int(limit.Limit()/8))
	return max(1, min(n, limit.Burst(), wire.ChunkSize))
}

// allow waits until n bytes may be sent. The user may change the limit
// meanwhile.
func allow(ctx context.Context, limit *rate.Limiter, n int) error {
	if limit == nil {
		return nil
	}
	for n > 0 {
		k := max(1, min(n, limit.Burst()))
		if err := limit.WaitN(ctx, k); err != nil {
			return err
		}
		n -= k
	}
	return nil
}
