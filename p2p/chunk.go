package p2p

import (
	"iter"
	"time"

	"golang.org/x/time/rate"

	"grove/app"
	"grove/app/fair"
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

// size is how long the next chunk is: a tenth of a second of what the line to
// this peer takes, so that the others' turns come soon and news overtakes it, and
// no more than the line of this computer may be given at once.
func (u *upload) size(by road) int {
	n := chunkFor(u.s.node.upload)
	if u.rate > 0 {
		n = min(n, max(leastChunk, int(u.rate/10)))
	}
	if up := u.s.node.uplink; up != nil && by != nearRoad {
		n = min(n, up.line.Unit())
	}
	return n
}

// road is how content of v leaves to the peer.
func (u *upload) road(v *serving) road {
	switch {
	case u.near == app.NearLAN:
		return nearRoad
	case v.spare.Load():
		return spareRoad
	}
	return lineRoad
}

const leastChunk = 32 << 10 // two TLS records

// wrote takes the time of a chunk of n bytes.
func (u *upload) wrote(n int, took time.Duration) {
	r := float64(n) / max(took, time.Microsecond).Seconds()
	if u.rate == 0 {
		u.rate = r
	}
	u.rate += (r - u.rate) / 8
}

// chunk writes n bytes of content, which lie behind the place of the header
// in buf, when their turn has come.
func (u *upload) chunk(j *job, by road, buf *[wire.ReplySize + wire.ChunkSize]byte, n int) error {
	turn, err := u.s.turn(by, n, u.near)
	if err != nil {
		return err
	}
	defer turn.done()
	wire.Reply{Status: wire.StatusData, ID: uint16(j.req.ID), Length: uint32(n)}.Put(buf[:])
	if err := u.st.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	began := time.Now()
	_, err = u.st.Write(buf[:wire.ReplySize+n])
	u.wrote(n, time.Since(began))
	return err
}

// turn waits for the turn of n bytes.
func (s *session) turn(by road, n int, near app.Nearness) (*turn, error) {
	if up := s.node.uplink; up != nil && by != nearRoad {
		s.up.waiting.Add(1)
		defer s.up.waiting.Add(-1)
		s.up.last.Store(time.Now().UnixNano())
		up.wanted()
	}
	return s.node.turns.take(s.ctx, by, &s.up.queue, n, s.weight(near)*s.clock.burden())
}

// weight is how much a byte given to the peer, who is that near, counts among the
// turns. Who says nothing of what he has or gets is neither behind nor ahead of
// the others.
func (s *session) weight(near app.Nearness) float64 {
	s.node.mu.Lock()
	defer s.node.mu.Unlock()
	mean, top, some := fair.Parts(s.swarm.takers())
	weight := 1.0
	if v := s.swarm.share; v != nil {
		weight /= v.favour
	}
	part, says := s.part()
	if !says || !some {
		part = mean
	} else {
		part = s.place.Part(part, top)
	}
	if weight *= fair.Weight(part, mean); near == app.NearAvoid {
		weight *= fair.Avoid(part, mean)
	}
	return weight
}

// takers are those who want content and say what they have, each with how much of
// the package that is. Ranged over with Node.mu held.
func (sw *swarm) takers() iter.Seq2[*fair.Place, float64] {
	return func(yield func(*fair.Place, float64) bool) {
		for _, s := range sw.sessions {
			if part, says := s.part(); says && s.wanted.Load() && !yield(&s.place, part) {
				return
			}
		}
	}
}

// part is how much of the package the peer says it has, of 1.
func (s *session) part() (part float64, says bool) {
	h := s.theirs.Load()
	if h == nil || h.pieces == 0 {
		return 0, false
	}
	gets := s.fetching.Load()
	return float64(h.count) / float64(h.pieces), h.count > 0 || gets != nil && gets.Count() > 0
}
