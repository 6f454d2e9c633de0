package p2p

import (
	"context"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/network"

	"grove/app"
	"grove/p2p/internal/wire"
)

const (
	// lanesPerSession: while the bytes of one stream are copied out, those of
	// the other arrive. More than two gained nothing (NETWORK 2.2).
	lanesPerSession = 2
	requestWrite    = 10 * time.Second // a request of 16 bytes
	drainTimeout    = 10 * time.Second // what was under way when a run was given up
)

// lanes are the data streams that this node opened in one session.
type lanes struct {
	room chan struct{} // holds one token for each request not answered in full

	mu     sync.Mutex
	all    []*lane
	nextID uint32
	closed error          // why, once the session has ended
	drains sync.WaitGroup // added to under mu while closed is nil
}

// lane is one data stream. Requests are written when runs are opened; answers
// come in the same order, each read by the reader of its run.
type lane struct {
	s      *session
	stream network.Stream

	write sync.Mutex // order of requests and of queue

	mu    sync.Mutex
	queue []*runReader // guarded by mu; the first one reads
	bytes int64        // guarded by mu; asked for and not delivered
	timed bool         // guarded by mu; a read deadline is set
	gone  bool         // guarded by mu; nothing is queued any more

	dead chan struct{} // closed by fail, after err
	once sync.Once
	err  error

	// The header being read; belongs to the first reader of the queue.
	head  [wire.ReplySize]byte
	headN int
}

// lane waits until another request may be made, and returns the stream with
// the least under way, or a new one, and the request's number.
func (s *session) lane(ctx context.Context) (*lane, uint32, error) {
	select {
	case s.down.room <- struct{}{}:
	case <-ctx.Done():
		return nil, 0, context.Cause(ctx)
	case <-s.ctx.Done():
		return nil, 0, s.problem(context.Cause(s.ctx))
	}
	l, id, err := s.freeLane(ctx)
	if err != nil {
		<-s.down.room
	}
	return l, id, err
}

func (s *session) freeLane(ctx context.Context) (*lane, uint32, error) {
	s.down.mu.Lock()
	defer s.down.mu.Unlock()
	if s.down.closed != nil {
		return nil, 0, s.problem(s.down.closed)
	}
	var best *lane
	for _, l := range s.down.all {
		if best == nil || l.load() < best.load() {
			best = l
		}
	}
	if best == nil || best.load() > 0 && len(s.down.all) < lanesPerSession {
		l, err := s.openLane(ctx)
		switch {
		case err == nil:
			s.down.all = append(s.down.all, l)
			best = l
		case best == nil:
			return nil, 0, app.NewProblem(app.SourceGone, label(s.peer), err)
		}
	}
	s.down.nextID++
	return best, s.down.nextID, nil
}

func (s *session) openLane(ctx context.Context) (*lane, error) {
	st, err := openStream(ctx, s.conn, DataProtocol)
	if err != nil {
		return nil, err
	}
	err = st.SetWriteDeadline(time.Now().Add(requestWrite))
	if err == nil {
		_, err = st.Write(s.swarm.know.tag[:])
	}
	if err != nil {
		_ = st.Reset()
		return nil, err
	}
	return &lane{s: s, stream: st, dead: make(chan struct{})}, nil
}

// close ends all lanes and waits for drains.
func (d *lanes) close(cause error) {
	d.mu.Lock()
	if d.closed = cause; cause == nil {
		d.closed = errDone
	}
	all := d.all
	d.mu.Unlock()
	for _, l := range all {
		l.fail(d.closed)
	}
	d.drains.Wait()
}

// spawn runs f, which close waits for. It does not when the lanes are closed:
// then there is nothing left to drain.
func (d *lanes) spawn(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed == nil {
		d.drains.Go(f)
	}
}

func (l *lane) load() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bytes
}

// fail ends the lane; every reader on it gets err. The session goes on, with
// a new lane if it is asked for one.
func (l *lane) fail(err error) {
	l.once.Do(func() {
		l.err = err
		close(l.dead)
		_ = l.stream.Reset() // it may be the reason
		l.mu.Lock()
		for range l.queue {
			<-l.s.down.room
		}
		l.gone, l.queue, l.bytes = true, nil, 0
		l.mu.Unlock()
		d := &l.s.down
		d.mu.Lock()
		for i, other := range d.all {
			if other == l {
				d.all = append(d.all[:i:i], d.all[i+1:]...)
				break
			}
		}
		d.mu.Unlock()
	})
}

// ask writes the request and queues its reader.
func (l *lane) ask(r *runReader, req wire.Request) error {
	var b [wire.RequestSize]byte
	req.Put(b[:])
	l.write.Lock()
	defer l.write.Unlock()
	if !l.enqueue(r) {
		return l.err
	}
	err := l.stream.SetWriteDeadline(time.Now().Add(requestWrite))
	if err == nil {
		_, err = l.stream.Write(b[:])
	}
	if err != nil {
		l.fail(err)
	}
	return err
}

func (l *lane) enqueue(r *runReader) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone {
		<-l.s.down.room
		return false
	}
	l.queue = append(l.queue, r)
	l.bytes += r.left
	if len(l.queue) == 1 {
		close(r.turn)
	}
	return true
}

// cancel tells the peer to stop sending a run.
func (l *lane) cancel(id uint32) {
	var b [wire.RequestSize]byte
	wire.Request{Op: wire.OpCancel, ID: id}.Put(b[:])
	l.write.Lock()
	defer l.write.Unlock()
	err := l.stream.SetWriteDeadline(time.Now().Add(requestWrite))
	if err == nil {
		_, err = l.stream.Write(b[:])
	}
	if err != nil {
		l.fail(err)
	}
}

// interrupt wakes r if it is blocked in a read of the stream.
func (l *lane) interrupt(r *runReader) { l.deadline(r, time.Unix(1, 0)) }

// deadline bounds the reads of r, if it is first in the queue.
func (l *lane) deadline(r *runReader, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) > 0 && l.queue[0] == r {
		l.timed = true
		_ = l.stream.SetReadDeadline(at) // an ended stream needs no waking
	}
}

// leave takes r, whose answer was read to its end, off the queue.
func (l *lane) leave(r *runReader) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone {
		return
	}
	<-l.s.down.room
	l.bytes -= r.left
	l.queue = l.queue[1:]
	if l.timed {
		l.timed = false
		_ = l.stream.SetReadDeadline(time.Time{})
	}
	if len(l.queue) > 0 {
		close(l.queue[0].turn)
	}
}
