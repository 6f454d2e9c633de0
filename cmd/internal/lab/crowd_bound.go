package main

import (
	"math/rand/v2"
	"slices"
	"time"
)

// bound is the shortest time in which a crowd can have the file: nothing is
// faster than a line, than what the sources send, or than what all send to
// all.
func (c swarm) bound() time.Duration {
	bits := float64(c.size) * 8 / 1e6 // megabits, as rates are
	sources := c.origin + c.seed
	times := []float64{bits / c.down, bits / sources}
	switch {
	case c.spread > 0: // each has its own time, and may be helped by all before
	case c.household: // one line for all, and nobody outside to give to
		times = append(times, bits/(sources+c.up))
	default:
		n := float64(c.clients)
		times = append(times, n*bits/(sources+float64(c.clients-c.takers)*c.up))
	}
	if c.transit > 0 {
		times = append(times, bits/c.transit)
	}
	return time.Duration(slices.Max(times) * float64(time.Second))
}

// arrives is when client i of the crowd starts.
func (c swarm) arrives(i int) time.Duration {
	return c.spread * time.Duration(i) / time.Duration(max(1, c.clients-1))
}

// gives reports whether client i gives. Those who do are spread over the
// crowd.
func (c swarm) gives(i int) bool {
	givers := c.clients - c.takers
	return (i+1)*givers/c.clients > i*givers/c.clients
}

// cutPairs chooses a share of all pairs of n, the same for the same seed.
func cutPairs(n int, share float64, seed uint64) (cut [][2]int) {
	for a := range n {
		for b := range a {
			cut = append(cut, [2]int{b, a})
		}
	}
	r := rand.New(rand.NewPCG(seed, 0))
	r.Shuffle(len(cut), func(i, j int) { cut[i], cut[j] = cut[j], cut[i] })
	return cut[:int(share*float64(len(cut))+0.5)]
}

// percentile is the smallest of v that at least a share q of them does not
// exceed.
func percentile(v []float64, q float64) float64 {
	s := slices.Sorted(slices.Values(v))
	for i, x := range s {
		if float64(i+1) >= q*float64(len(s)) {
			return x
		}
	}
	return 0
}
