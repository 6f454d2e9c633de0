package kad

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/hex"
	"strings"
	"sync"
	"testing"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
)

// tap keeps every byte of the streams that are opened or answered by hosts
// behind it, each direction of each stream in one piece.
type tap struct {
	mu  sync.Mutex
	all []*bytes.Buffer // guarded by mu, with what is in them
}

func (w *tap) buffer() *bytes.Buffer {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := &bytes.Buffer{}
	w.all = append(w.all, b)
	return b
}

func (w *tap) count(what []byte) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, b := range w.all {
		n += bytes.Count(b.Bytes(), what)
	}
	return n
}

type tappedHost struct {
	host.Host
	tap *tap
}

func (h tappedHost) NewStream(ctx context.Context, to peer.ID, protos ...protocol.ID) (network.Stream, error) {
	st, err := h.Host.NewStream(ctx, to, protos...)
	if err != nil {
		return nil, err
	}
	return h.stream(st), nil
}

func (h tappedHost) SetStreamHandler(proto protocol.ID, handler network.StreamHandler) {
	h.Host.SetStreamHandler(proto, func(st network.Stream) { handler(h.stream(st)) })
}

func (h tappedHost) stream(st network.Stream) network.Stream {
	return &tappedStream{st, h.tap, h.tap.buffer(), h.tap.buffer()}
}

type tappedStream struct {
	network.Stream
	tap     *tap
	in, out *bytes.Buffer
}

func (s *tappedStream) Read(b []byte) (int, error) {
	n, err := s.Stream.Read(b)
	s.tap.mu.Lock()
	defer s.tap.mu.Unlock()
	s.in.Write(b[:n])
	return n, err
}

func (s *tappedStream) Write(b []byte) (int, error) {
	s.tap.mu.Lock()
	s.out.Write(b)
	s.tap.mu.Unlock()
	return s.Stream.Write(b)
}

// Nothing of a package but its key gets into the network: not in what is asked
// or announced, and not in the answers.
func TestPackageIsNotTold(t *testing.T) {
	var id [32]byte
	secret := make([]byte, 32)
	_, _ = rand.Read(id[:])
	_, _ = rand.Read(secret)
	tag := tagOf(id, secret)

	w := &tap{}
	n := &testNet{t: t, listen: loopback4}
	tapped := func() host.Host {
		h, _ := newTestHost(t)
		return tappedHost{h, w}
	}
	for i := range 4 {
		s := n.tableAt(tapped(), func(c *Config) { c.Serve = true })
		if i == 0 {
			n.first = append(n.first, n.address(s))
		}
		n.servers = append(n.servers, s)
	}
	n.meet()
	a, b := n.tableAt(tapped(), nil), n.tableAt(tapped(), nil)
	mustProvide(t, a, tag)
	findSoon(t, b, tag, 5, a)

	// Asked and announced, sent and received, by both of them.
	if got := w.count(append([]byte{0x12, 0x20}, tag[:]...)); got < 8 {
		t.Errorf("the key was seen %d times: the test does not see the traffic", got)
	}
	for what, raw := range map[string][]byte{"package ID": id[:], "secret": secret} {
		b32 := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw)
		for _, form := range []string{
			string(raw), hex.EncodeToString(raw), strings.ToUpper(hex.EncodeToString(raw)), b32, strings.ToLower(b32),
			string(raw[:8]), string(raw[24:]),
		} {
			if got := w.count([]byte(form)); got > 0 {
				t.Errorf("the %s was sent %d times, as %q", what, got, form)
			}
		}
	}
}
