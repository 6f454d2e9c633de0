package p2p

import (
	"io"
	"testing"
	"testing/synctest"
	"time"

	"grove/app/apptest"
	"grove/p2p/internal/wire"
)

// scriptStream is a stream whose far end says what a fuzzer wrote.
type scriptStream struct {
	memStream
	in io.Reader
}

func (s scriptStream) Read(p []byte) (int, error)     { return s.in.Read(p) }
func (scriptStream) Write(p []byte) (int, error)      { return len(p), nil }
func (scriptStream) SetDeadline(time.Time) error      { return nil }
func (scriptStream) SetReadDeadline(time.Time) error  { return nil }
func (scriptStream) SetWriteDeadline(time.Time) error { return nil }
func (scriptStream) CloseWrite() error                { return nil }
func (scriptStream) Close() error                     { return nil }

// FuzzSession runs a whole session, from the hello or after the proof, on
// bytes. It must end, and what it believes of the peer must make sense.
func FuzzSession(f *testing.F) {
	made := apptest.Package(f, apptest.Options{})
	pieces := uint32(made.Pieces())
	var script []byte
	for _, m := range []*wire.Control{
		{Message: &wire.Control_Have{Have: &wire.Have{Pieces: pieces, Bitmap: make([]byte, (pieces+7)/8)}}},
		{Message: &wire.Control_HaveMore{HaveMore: &wire.HaveMore{Runs: []uint32{0, 2, 3, 1}}}},
		{Message: &wire.Control_HaveLess{HaveLess: &wire.HaveLess{Runs: []uint32{1, 1}}}},
		{Message: &wire.Control_Fetching{Fetching: &wire.Fetching{Runs: []uint32{4, 1}}}},
		{Message: &wire.Control_Interest{Interest: &wire.Interest{Wanted: true}}},
		{Message: &wire.Control_Slot{Slot: &wire.Slot{Open: true}}},
		{Message: &wire.Control_Have{Have: &wire.Have{Pieces: pieces, All: true}}},
		{Message: &wire.Control_Bye{Bye: &wire.Bye{}}},
	} {
		script, _ = wire.Append(script, m)
	}
	f.Add(true, script)
	hello, _ := wire.Append(nil, &wire.Control{Message: &wire.Control_Hello{Hello: &wire.Hello{Version: 1, Tag: newNonce(), Nonce: newNonce()}}})
	hello, _ = wire.Append(hello, &wire.Control{Message: &wire.Control_Proof{Proof: &wire.Proof{Mac: newNonce()}}})
	f.Add(false, hello)
	f.Add(true, []byte{0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, proved bool, script []byte) {
		if len(script) > 1<<12 {
			return
		}
		synctest.Test(t, func(t *testing.T) { fuzzSession(t, made, proved, script) })
	})
}

func fuzzSession(t *testing.T, made *apptest.Made, proved bool, script []byte) {
	n, _ := memNode()
	defer n.cancel()
	st := scriptStream{in: &readOnce{script}}
	st.conn = memConn{local: "b", remote: "a"}
	v, err := n.Serve(made.Share())
	if err != nil {
		t.Fatal(err)
	}
	c := newControl(st)
	if !proved {
		if err := handshakeListener(c, n.shared, func(tag) error { return nil }); err == nil {
			t.Error("a script without the key proved something")
		}
		return
	}
	c.r.SetLimit(wire.MaxFrame)
	s := n.newSession(v.(*serving).swarm, c, "a")
	if err := n.admit(s); err != nil {
		t.Fatal(err)
	}
	s.run()
	if h := s.theirs.Load(); h != nil && (h.pieces != 0 && h.pieces != made.Pieces() || h.bits.Len() != h.pieces) {
		t.Errorf("it believes in %d of %d pieces", h.bits.Len(), h.pieces)
	}
	if set := s.fetching.Load(); set != nil && set.Len() != 0 && set.Len() != made.Pieces() {
		t.Errorf("it believes in fetching %d pieces", set.Len())
	}
	if len(n.slots.holders)+len(n.slots.waiting) > 0 {
		t.Error("the session is over and still has a slot")
	}
}

// readOnce gives the script, then the end.
type readOnce struct{ b []byte }

func (r *readOnce) Read(p []byte) (int, error) {
	if len(r.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.b)
	r.b = r.b[n:]
	return n, nil
}
