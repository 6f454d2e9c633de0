package p2p

import (
	"context"
	"errors"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"grove/app"
	"grove/p2p/internal/wire"
)

const (
	// haveEvery bounds how often changes of the have map, and of what is on its
	// way, are sent.
	haveEvery = 100 * time.Millisecond
	// controlWrite is how long a peer may leave a control message unread.
	controlWrite = 20 * time.Second
	byeWrite     = time.Second
)

// saying is what a peer was told last, or should know. The writer compares the
// two, so a slow peer costs no queue.
type saying struct {
	pieces   int
	have     app.Bitmap
	interest bool
	slot     bool
	fetching app.Bitmap
}

// now returns what the peer should know, and channels that are closed when it
// changes.
func (s *session) now() (is saying, have, rest <-chan struct{}) {
	n := s.node
	n.mu.Lock()
	defer n.mu.Unlock()
	is.interest, is.slot = s.swarm.find != nil, s.granted.Load()
	if s.swarm.layout != nil {
		is.pieces = s.swarm.layout.Pieces()
	}
	if v := s.swarm.share; v != nil {
		is.have, have = v.share.Have.Snapshot()
		is.fetching = v.coming
	} else {
		is.have = app.NewBitmap(is.pieces)
	}
	return is, have, s.swarm.changed
}

// write tells the peer what changed until the session ends, then says bye.
func (s *session) write() error {
	var told saying
	var last time.Time // when the have map was sent
	named, tell := map[peer.ID]bool{}, time.NewTimer(exchangeFirst)
	defer tell.Stop()
	if !s.node.finders.Exchange {
		tell.Stop()
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for s.ctx.Err() == nil {
		is, have, rest := s.now()
		wait := haveEvery - time.Since(last)
		if last.IsZero() || wait <= 0 {
			said, err := s.sayPieces(&told, is, last.IsZero())
			if err != nil {
				return err
			}
			if said {
				last = time.Now()
			}
		} else {
			have = nil // the timer comes first
			timer.Reset(wait)
		}
		if err := s.sayRest(&told, is); err != nil {
			return err
		}
		for on := true; on; {
			on = false
			select {
			case <-s.ctx.Done():
			case <-s.wake:
			case <-s.clock.wake: // often, and nothing else is new for it
				on = true
				if all := s.clock.due(time.Now()); len(all) > 0 {
					if err := s.say(all...); err != nil {
						return err
					}
				}
			case <-rest:
			case <-have:
			case <-timer.C:
			case <-tell.C:
				if err := s.sayPeers(named); err != nil {
					return err
				}
				tell.Reset(exchangeEvery)
			}
		}
	}
	s.sayBye()
	return context.Cause(s.ctx)
}

// say sends messages in one write.
func (s *session) say(all ...*wire.Control) error {
	if err := s.control.stream.SetWriteDeadline(time.Now().Add(controlWrite)); err != nil {
		return err
	}
	return s.control.send(all...)
}

// sayPieces tells what is here and what is on its way, where that changed, and
// reports whether it did.
func (s *session) sayPieces(told *saying, is saying, first bool) (said bool, err error) {
	var news []*wire.Control
	if first || told.pieces != is.pieces || !told.have.Equal(is.have) {
		news = haveNews(*told, is, first)
		told.pieces, told.have = is.pieces, is.have
	}
	if is.pieces > 0 && !told.fetching.Equal(is.fetching) {
		if runs, ok := wire.AppendRuns(nil, is.fetching); ok { // else too scattered to be of use to anybody
			told.fetching = is.fetching
			news = append(news, &wire.Control{Message: &wire.Control_Fetching{Fetching: &wire.Fetching{Runs: runs}}})
		}
	}
	if len(news) == 0 {
		return false, nil
	}
	return true, s.say(news...)
}

// haveNews is the have map, or what changed in it since told.
func haveNews(told, is saying, first bool) (news []*wire.Control) {
	if first || told.pieces != is.pieces {
		return []*wire.Control{wholeHave(is)}
	}
	if more := is.have.Minus(told.have); more.Count() > 0 {
		runs, ok := wire.AppendRuns(nil, more)
		if !ok {
			return []*wire.Control{wholeHave(is)}
		}
		news = append(news, &wire.Control{Message: &wire.Control_HaveMore{HaveMore: &wire.HaveMore{Runs: runs}}})
	}
	if less := told.have.Minus(is.have); less.Count() > 0 {
		runs, ok := wire.AppendRuns(nil, less)
		if !ok {
			return []*wire.Control{wholeHave(is)}
		}
		news = append(news, &wire.Control{Message: &wire.Control_HaveLess{HaveLess: &wire.HaveLess{Runs: runs}}})
	}
	return news
}

func wholeHave(is saying) *wire.Control {
	m := &wire.Have{Pieces: uint32(is.pieces)}
	switch count := is.have.Count(); {
	case count == 0:
	case count == is.pieces:
		m.All = true
	default:
		m.Bitmap = is.have.Bytes()
	}
	return &wire.Control{Message: &wire.Control_Have{Have: m}}
}

func (s *session) sayRest(told *saying, is saying) error {
	if s.nudged.Swap(false) || told.interest != is.interest {
		told.interest = is.interest
		if err := s.say(&wire.Control{Message: &wire.Control_Interest{Interest: &wire.Interest{Wanted: is.interest}}}); err != nil {
			return err
		}
	}
	if told.slot != is.slot {
		told.slot = is.slot
		if err := s.say(&wire.Control{Message: &wire.Control_Slot{Slot: &wire.Slot{Open: is.slot}}}); err != nil {
			return err
		}
	}
	return nil
}

// sayPeers tells of others that it was not told of before.
func (s *session) sayPeers(named map[peer.ID]bool) error {
	others := s.others(named)
	if len(others.Peers) == 0 {
		return nil
	}
	return s.say(&wire.Control{Optional: true, Message: &wire.Control_Peers{Peers: others}})
}

func (s *session) sayBye() {
	reason := uint32(2)
	switch cause := context.Cause(s.ctx); {
	case errors.Is(cause, errDone):
		reason = 0
	case errors.Is(cause, errReplaced):
		reason = 1
	}
	if s.control.stream.SetWriteDeadline(time.Now().Add(byeWrite)) == nil {
		// A courtesy: the peer also sees the stream end.
		_ = s.control.send(&wire.Control{Message: &wire.Control_Bye{Bye: &wire.Bye{Reason: reason}}})
		_ = s.control.stream.CloseWrite()
	}
}
