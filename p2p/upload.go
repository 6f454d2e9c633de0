package p2p

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p/core/network"

	"grove/app"
	"grove/p2p/internal/wire"
)

// uploads are the data streams that a peer opened in one session.
type uploads struct {
	queued  atomic.Int64 // requests not answered in full
	parts   atomic.Int64 // parts asked for so far
	sent    atomic.Int64 // bytes of content
	waiting atomic.Int64 // chunks that wait to go over the line
	last    atomic.Int64 // when one did, in Unix nanoseconds
	queue   queue        // of Node.turns
	mu      sync.Mutex
	streams map[network.Stream]struct{} // guarded by mu
	closed  bool                        // guarded by mu
	wg      sync.WaitGroup              // added to under mu while not closed
}

// enter counts a stream, which leave takes off again.
func (u *uploads) enter(st network.Stream) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closed || len(u.streams) >= dataStreamsIn {
		return false
	}
	if u.streams == nil {
		u.streams = map[network.Stream]struct{}{}
	}
	u.streams[st] = struct{}{}
	u.wg.Add(1)
	return true
}

// works reports whether content leaves over the line, or did a moment ago.
func (u *uploads) works(now time.Time) bool {
	return u.waiting.Load() > 0 || now.Sub(time.Unix(0, u.last.Load())) < quiet
}

func (u *uploads) leave(st network.Stream) {
	u.mu.Lock()
	delete(u.streams, st)
	u.mu.Unlock()
	u.wg.Done()
}

// close resets all streams and waits for those who serve them.
func (u *uploads) close() {
	u.mu.Lock()
	u.closed = true
	for st := range u.streams {
		_ = st.Reset() // wakes its goroutines, which close it
	}
	u.mu.Unlock()
	u.wg.Wait()
}

// upload answers the requests of one data stream, in order.
type upload struct {
	s    *session
	st   network.Stream
	near app.Nearness // of the other end, when the answer under way began
	wake chan struct{}
	rate float64 // bytes a second while a chunk is written; of the goroutine that answers

	mu   sync.Mutex
	jobs []*job // guarded by mu; the first is being answered
	end  error  // guarded by mu; why no more requests come
}

type job struct {
	req       wire.Request
	cancelled atomic.Bool
}

// handleData serves a data stream that a peer opened.
func (n *Node) handleData(st network.Stream) {
	if !n.enter() {
		_ = st.Reset()
		return
	}
	defer n.wg.Done()
	if !n.mayCarry(st.Conn()) {
		_ = st.Reset()
		return
	}
	p := st.Conn().RemotePeer()
	var t tag
	err := st.SetReadDeadline(time.Now().Add(handshakeTimeout))
	if err == nil {
		_, err = io.ReadFull(st, t[:])
	}
	if err == nil {
		err = st.SetReadDeadline(time.Time{})
	}
	if err != nil {
		_ = st.Reset()
		return
	}
	s := n.sessionWith(p, t)
	if s == nil || !s.up.enter(st) {
		_ = st.Reset()
		n.strike(p, errors.New("data stream without a session"))
		return
	}
	defer s.up.leave(st)
	if err := s.serveStream(st); errors.Is(err, errBroken) {
		s.end(err)
	}
}

// serveStream answers the requests on a data stream until it ends.
func (s *session) serveStream(st network.Stream) error {
	u := &upload{s: s, st: st, wake: make(chan struct{}, 1)}
	var reader sync.WaitGroup
	reader.Go(u.read)
	err := u.serve()
	if err == nil {
		err = st.Close()
	} else {
		_ = st.Reset() // err says why already
	}
	reader.Wait()
	return err
}

// read takes requests off the stream until it ends.
func (u *upload) read() {
	err := u.requests()
	if errors.Is(err, errBroken) {
		u.s.end(err)     // also when the writer is stuck
		_ = u.st.Reset() // frees it
	}
	u.mu.Lock()
	u.end = err
	u.mu.Unlock()
	u.poke()
}

func (u *upload) poke() {
	select {
	case u.wake <- struct{}{}:
	default:
	}
}

func (u *upload) requests() error {
	var b [wire.RequestSize]byte
	cancels, asked := 0, 0
	for {
		if _, err := io.ReadFull(u.st, b[:]); err != nil {
			if err == io.ErrUnexpectedEOF {
				err = fmt.Errorf("%w: half a request", errBroken)
			}
			return err
		}
		req, err := wire.ParseRequest(b[:], u.s.pieces())
		if err != nil {
			return fmt.Errorf("%w: %w", errBroken, err)
		}
		if req.Op == wire.OpCancel {
			if cancels++; cancels > asked {
				return fmt.Errorf("%w: more cancels than requests", errBroken)
			}
			u.cancel(req.ID)
			continue
		}
		if asked++; u.s.up.queued.Add(1) > maxQueued {
			return fmt.Errorf("%w: more than %d requests at once", errBroken, maxQueued)
		}
		u.mu.Lock()
		u.jobs = append(u.jobs, &job{req: req})
		u.mu.Unlock()
		u.poke()
	}
}

// cancel marks a request. One that was answered meanwhile is not there.
func (u *upload) cancel(id uint32) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, j := range u.jobs {
		if j.req.ID == id {
			j.cancelled.Store(true)
		}
	}
}

// serve answers until the stream ends; nil when the peer closed it in peace.
func (u *upload) serve() error {
	defer func() {
		u.mu.Lock()
		u.s.up.queued.Add(-int64(len(u.jobs)))
		u.jobs = nil
		u.mu.Unlock()
	}()
	for {
		j, err := u.next()
		if j == nil {
			return err
		}
		if err := u.answer(j); err != nil {
			return err
		}
		u.mu.Lock()
		u.jobs = u.jobs[1:]
		u.mu.Unlock()
		u.s.up.queued.Add(-1)
	}
}

func (u *upload) next() (*job, error) {
	for {
		u.mu.Lock()
		var j *job
		if len(u.jobs) > 0 {
			j = u.jobs[0]
		}
		end := u.end
		u.mu.Unlock()
		switch {
		case errors.Is(end, errBroken):
			return nil, end
		case j != nil:
			return j, nil
		case end == io.EOF:
			return nil, nil
		case end != nil:
			return nil, end
		}
		select {
		case <-u.wake:
		case <-u.s.ctx.Done():
			return nil, context.Cause(u.s.ctx)
		}
	}
}

// answer writes the whole answer to one request. Each chunk is read from disk
// right behind its header in one buffer and leaves in one write.
func (u *upload) answer(j *job) error {
	buf := u.s.node.chunks.Get().(*[wire.ReplySize + wire.ChunkSize]byte)
	defer u.s.node.chunks.Put(buf)
	v := u.s.serving()
	if v == nil {
		return u.finish(j, wire.StatusGone)
	}
	u.near = u.s.nearness()
	if j.req.Op == wire.OpPart {
		return u.part(j, v, buf)
	}
	at := place{piece: int(j.req.First), end: int(j.req.First + j.req.Count), allowed: v.allowance(u.near)}
	defer at.allowed.Close()
	for at.piece < at.end {
		if j.cancelled.Load() {
			return u.finish(j, wire.StatusCancelled)
		}
		by := u.road(v)
		n, stop := u.fill(v, &at, buf[wire.ReplySize:][:u.size(by)])
		if n > 0 {
			if !at.allowed.Leave(int64(n)) {
				return u.finish(j, wire.StatusBusy)
			}
			v.gave(u.near, int64(n)) // before: where the write fails, some of it may have left
			if err := u.chunk(j, by, buf, n); err != nil {
				return err
			}
			// Three times the package is more than lost transfers explain.
			if u.s.up.sent.Add(int64(n)) > 3*v.share.Package.Layout.Size()+64<<20 {
				return fmt.Errorf("%w: it asks for the same pieces again and again", errBroken)
			}
		}
		if stop != 0 {
			return u.finish(j, stop)
		}
	}
	return nil
}

// place is how far an answer is.
type place struct {
	piece, end int
	off        int64 // within piece
	allowed    app.Allowance
}

// fill reads content into b until it is full or the run ends. A status other
// than 0 ends the answer after those bytes.
func (u *upload) fill(v *serving, at *place, b []byte) (n int, stop wire.Status) {
	layout := v.share.Package.Layout
	for n < len(b) && at.piece < at.end {
		if at.off == 0 {
			// A turn ends between pieces: half a piece is of no use to anybody.
			if !u.s.granted.Load() {
				return n, wire.StatusBusy
			}
			if !v.share.Have.Has(at.piece) {
				return n, wire.StatusGone
			}
		}
		length := layout.Span(at.piece).Length
		m := int(min(int64(len(b)-n), length-at.off))
		if !v.begin() {
			return n, wire.StatusGone
		}
		if at.off == 0 && !at.allowed.Take(length) {
			v.reads.Done()
			return n, wire.StatusBusy
		}
		err := v.share.Pieces.ReadPiece(at.piece, b[n:n+m], at.off)
		v.reads.Done()
		if err != nil {
			u.s.node.log.Warn("sharing stopped", "package", v.share.Package.ID.Short(), "err", err)
			v.halt()
			return n, wire.StatusGone
		}
		n += m
		if at.off += int64(m); at.off == length {
			at.piece, at.off = at.piece+1, 0
		}
	}
	return n, 0
}

// part answers with the manifest, the hash list or the poster.
func (u *upload) part(j *job, v *serving, buf *[wire.ReplySize + wire.ChunkSize]byte) error {
	if u.s.up.parts.Add(1) > maxParts {
		return fmt.Errorf("%w: more than %d parts", errBroken, maxParts)
	}
	b, ok := partOf(v.share, app.Part(j.req.First))
	if !ok {
		return u.finish(j, wire.StatusGone)
	}
	if err := u.reply(wire.Reply{Status: wire.StatusSize, ID: uint16(j.req.ID), Length: uint32(len(b))}); err != nil {
		return err
	}
	for len(b) > 0 {
		if j.cancelled.Load() {
			return u.finish(j, wire.StatusCancelled)
		}
		by := u.road(v)
		n := copy(buf[wire.ReplySize:][:u.size(by)], b)
		if err := u.chunk(j, by, buf, n); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

func partOf(share app.Share, p app.Part) ([]byte, bool) {
	switch p {
	case app.PartManifest:
		return share.Package.Bytes(), true
	case app.PartHashes:
		return share.Hashes, true
	case app.PartPoster:
		return share.Poster, share.Poster != nil
	default:
		return nil, false
	}
}

func (u *upload) finish(j *job, why wire.Status) error {
	return u.reply(wire.Reply{Status: why, ID: uint16(j.req.ID)})
}

func (u *upload) reply(r wire.Reply) error {
	var b [wire.ReplySize]byte
	r.Put(b[:])
	if err := u.st.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	_, err := u.st.Write(b[:])
	return err
}

// serving is the share that the session's package has now, or nil.
func (s *session) serving() *serving {
	s.node.mu.Lock()
	defer s.node.mu.Unlock()
	return s.swarm.share
}

// pieces is how many pieces the package has, as far as this node knows.
func (s *session) pieces() int {
	s.node.mu.Lock()
	defer s.node.mu.Unlock()
	if s.swarm.layout == nil {
		return 0
	}
	return s.swarm.layout.Pieces()
}
