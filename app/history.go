package app

import (
	"slices"
	"time"
)

// history is what came and went in each of the last seconds. It begins with
// the first byte.
type history struct {
	samples []Sample // a ring once there are HistoryLength
	next    int      // the oldest of the ring

	passed               time.Duration // of the second that is under way
	peers, origin, given int64         // bytes in it
}

// pass ends the second if it is over.
func (h *history) pass(dt time.Duration) {
	h.passed += dt
	if h.passed < time.Second {
		return
	}
	secs := h.passed.Seconds()
	s := Sample{float64(h.peers) / secs, float64(h.origin) / secs, float64(h.given) / secs}
	h.passed, h.peers, h.origin, h.given = 0, 0, 0, 0
	switch {
	case len(h.samples) == 0 && s == Sample{}:
	case len(h.samples) < HistoryLength:
		h.samples = append(h.samples, s)
	default:
		h.samples[h.next] = s
		h.next = (h.next + 1) % HistoryLength
	}
}

// list is a copy, the oldest first.
func (h *history) list() []Sample {
	return slices.Concat(h.samples[h.next:], h.samples[:h.next])
}
