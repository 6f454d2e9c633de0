package p2p

import (
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
