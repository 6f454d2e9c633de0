package p2p

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"grove/app"
	"grove/p2p/internal/wire"
)

// runReader reads the answer to one request: the bytes of a run, or a part.
type runReader struct {
	lane *lane
	ctx  context.Context
	stop func() bool // ends the watch on ctx
	id   uint32
	part int64         // the most bytes a part may have; 0 for a run
	turn chan struct{} // closed when the answers before it were read
	quit chan struct{} // closed by Close
	once sync.Once

	mu    sync.Mutex
	left  int64 // bytes to come; of a part, unknown until sized
	sized bool  // left is known
	chunk int   // bytes of left behind the last header
	err   error // why Read returns nothing more
	ended bool  // off the lane's queue
}

var errGivenUp = errors.New("closed")

// request opens a run (part 0) or asks for a part of at most part bytes.
func (s *session) request(ctx context.Context, req wire.Request, size, part int64) (*runReader, error) {
	l, id, err := s.lane(ctx)
	if err != nil {
		return nil, err
	}
	req.ID = id
	r := &runReader{
		lane: l, ctx: ctx, id: id, part: part, left: size, sized: part == 0,
		turn: make(chan struct{}), quit: make(chan struct{}),
	}
	r.stop = context.AfterFunc(ctx, func() { l.interrupt(r) })
	if err := l.ask(r, req); err != nil {
		r.stop()
		return nil, app.NewProblem(app.SourceGone, label(s.peer), err)
	}
	return r, nil
}

// Read reads straight from the stream into p.
func (r *runReader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = r.ready()
	}
	if r.err != nil || len(p) == 0 {
		return 0, r.err
	}
	n, err := r.lane.stream.Read(p[:min(len(p), r.chunk)])
	r.took(n)
	if err != nil && r.left > 0 {
		r.err = r.why(err)
	}
	return n, r.err
}

// ready returns when there are bytes of the answer to read, or why there are
// none: io.EOF at its end. Called with mu held.
func (r *runReader) ready() error {
	if r.ended {
		return io.EOF
	}
	select {
	case <-r.turn:
	case <-r.quit:
	case <-r.ctx.Done():
	case <-r.lane.dead:
		return r.why(r.lane.err)
	}
	// An interrupt reaches the stream only from the reader whose turn it is;
	// one that came before the turn is seen here.
	if err := r.unwanted(); err != nil {
		return err
	}
	for r.chunk == 0 {
		if r.sized && r.left == 0 {
			r.finish()
			return io.EOF
		}
		if err := r.header(); err != nil {
			return err
		}
	}
	return nil
}

// header reads the next reply header. Called with mu held.
func (r *runReader) header() error {
	l := r.lane
	for l.headN < len(l.head) {
		n, err := l.stream.Read(l.head[l.headN:])
		l.headN += n
		if err != nil && l.headN < len(l.head) {
			return r.why(err)
		}
	}
	l.headN = 0
	reply, err := wire.ParseReply(l.head[:])
	if err != nil {
		return r.broken(err)
	}
	if reply.ID != uint16(r.id) {
		return r.broken(fmt.Errorf("answer %d where %d was due", reply.ID, uint16(r.id)))
	}
	switch reply.Status {
	case wire.StatusData:
		if !r.sized || int64(reply.Length) > r.left {
			return r.broken(fmt.Errorf("%d bytes where %d were due", reply.Length, r.left))
		}
		r.chunk = int(reply.Length)
		l.s.tick()
		return nil
	case wire.StatusSize:
		if r.sized || int64(reply.Length) > r.part {
			return r.broken(fmt.Errorf("a part of %d bytes", reply.Length))
		}
		r.sized, r.left = true, int64(reply.Length)
		l.mu.Lock()
		l.bytes += r.left
		l.mu.Unlock()
		return nil
	case wire.StatusBusy:
		r.finish()
		return app.NewProblem(app.SourceBusy, label(l.s.peer), nil)
	default:
		r.finish()
		return app.NewProblem(app.SourceGone, label(l.s.peer), fmt.Errorf("the run ended early (%d)", reply.Status))
	}
}

// took counts n bytes that arrived, and makes room for the next reader as
// soon as the last one is there. Called with mu held.
func (r *runReader) took(n int) {
	l := r.lane
	r.chunk -= n
	r.left -= int64(n)
	l.mu.Lock()
	l.bytes -= int64(n)
	l.mu.Unlock()
	l.s.pace.count(n)
	l.s.node.stats.taken.Add(int64(n))
	if r.left == 0 && r.chunk == 0 {
		r.finish()
	}
}

// finish takes the reader off the lane after its whole answer. Called with mu
// held.
func (r *runReader) finish() {
	if !r.ended {
		r.ended = true
		r.lane.leave(r)
	}
}

// broken ends the session: the peer sent what nobody asked for.
func (r *runReader) broken(err error) error {
	err = fmt.Errorf("%w: %w", errBroken, err)
	r.lane.fail(err)
	r.lane.s.end(err)
	return app.NewProblem(app.SourceFault, label(r.lane.s.peer), err)
}

// why says what a failed read means. Called with mu held.
func (r *runReader) why(err error) error {
	if e := r.unwanted(); e != nil {
		return e
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	r.lane.fail(err)
	return app.NewProblem(app.SourceGone, label(r.lane.s.peer), err)
}

// unwanted says why the caller has no more use for the reader, or nil.
func (r *runReader) unwanted() error {
	select {
	case <-r.quit:
		return errGivenUp
	default:
		return context.Cause(r.ctx)
	}
}

// Close gives the run up if it was not read to its end. What is under way is
// read and thrown away in the background, so that the runs behind it on the
// lane go on.
func (r *runReader) Close() error {
	r.once.Do(func() {
		r.stop()
		close(r.quit)
		r.lane.interrupt(r)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.err = errGivenUp
		if !r.ended {
			r.lane.s.down.spawn(r.drain)
		}
	})
	return nil
}

// drain reads the rest of an answer nobody wants any more. It owns what mu
// guards without holding mu: err is set, so Read and Close keep off.
func (r *runReader) drain() {
	l := r.lane
	l.cancel(r.id)
	select {
	case <-r.turn:
	case <-l.dead:
		return
	}
	l.deadline(r, time.Now().Add(drainTimeout))
	buf := make([]byte, 16<<10)
	for !r.ended {
		if r.chunk == 0 {
			if r.sized && r.left == 0 {
				r.finish()
				return
			}
			if r.header() != nil {
				if !r.ended {
					l.fail(errGivenUp)
				}
				return
			}
			continue
		}
		n, err := l.stream.Read(buf[:min(len(buf), r.chunk)])
		r.took(n)
		if err != nil && !r.ended {
			l.fail(fmt.Errorf("drain: %w", err))
		}
		if err != nil {
			return
		}
	}
}
