package p2p

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"grove/app"
	"grove/app/apptest"
	"grove/p2p/internal/wire"
)

// raw is a peer that keeps to no rule: a libp2p host and nothing of Node.
type raw struct {
	t     testing.TB
	parts *libp2pParts
	id    peer.ID
	conn  network.Conn
	gone  chan struct{} // closed when the connection is lost
	once  sync.Once
}

func newRaw(t testing.TB) *raw {
	t.Helper()
	key, _, err := crypto.GenerateEd25519Key(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	parts, err := newHost(hostConfig{
		key: key, listen: []string{overTCP}, limits: &network.NullResourceManager{},
		gate: &gate{reach: app.Reach{LocalOnly: true}, permits: &permits{open: map[permit]int{}}, bans: newBans()},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := parts.Close(); err != nil {
			t.Errorf("Close of the raw peer: %v", err)
		}
	})
	r := &raw{t: t, parts: parts, id: parts.host.ID(), gone: make(chan struct{})}
	parts.swarm.Notify(&network.NotifyBundle{DisconnectedF: func(network.Network, network.Conn) {
		r.once.Do(func() { close(r.gone) })
	}})
	return r
}

// dial connects to n.
func (r *raw) dial(n *Node) *raw {
	r.t.Helper()
	targets, err := parseTargets(n.Addrs(), nil)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, a := range targets[0].addrs {
		r.parts.swarm.Peerstore().AddAddr(n.id, a.addr, time.Hour)
	}
	if r.conn, err = r.parts.swarm.DialPeer(r.t.Context(), n.id); err != nil {
		r.t.Fatal(err)
	}
	return r
}

func (r *raw) addr() string {
	addrs, err := r.parts.swarm.InterfaceListenAddresses()
	if err != nil || len(addrs) == 0 {
		r.t.Fatal("the raw peer does not listen", err)
	}
	return addrs[0].String() + "/p2p/" + r.id.String()
}

func (r *raw) open() *control {
	r.t.Helper()
	st, err := openStream(r.t.Context(), r.conn, ControlProtocol)
	if err != nil {
		r.t.Fatal(err)
	}
	return newControl(st)
}

// join opens a control stream and shows that it knows the package.
func (r *raw) join(k knowledge) *control {
	r.t.Helper()
	c := r.open()
	if err := handshakeDialer(c, k); err != nil {
		r.t.Fatalf("handshake of the raw peer: %v", err)
	}
	return c
}

// data opens a data stream for a tag.
func (r *raw) data(t tag) network.Stream {
	r.t.Helper()
	st, err := openStream(r.t.Context(), r.conn, DataProtocol)
	if err == nil {
		_, err = st.Write(t[:])
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return st
}

// slot says that it wants content and waits for a slot.
func (r *raw) slot(c *control) {
	r.t.Helper()
	r.say(c, &wire.Control{Message: &wire.Control_Interest{Interest: &wire.Interest{Wanted: true}}})
	for {
		if m := r.hear(c); m.GetSlot().GetOpen() {
			return
		}
	}
}

func (r *raw) say(c *control, m *wire.Control) {
	r.t.Helper()
	if err := c.send(m); err != nil {
		r.t.Fatal(err)
	}
}

func (r *raw) hear(c *control) *wire.Control {
	r.t.Helper()
	_ = c.stream.SetReadDeadline(time.Now().Add(patience))
	m, err := c.r.Next()
	if err != nil {
		r.t.Fatalf("no answer: %v", err)
	}
	return m
}

// over waits until the connection is closed by the other side.
func (r *raw) over() bool {
	select {
	case <-r.gone:
		return true
	case <-time.After(patience):
		return false
	}
}

func request(op wire.Op, first, count, id uint32) []byte {
	b := make([]byte, wire.RequestSize)
	wire.Request{Op: op, First: first, Count: count, ID: id}.Put(b)
	return b
}

func reply(s wire.Status, id uint16, length uint32, body []byte) []byte {
	b := make([]byte, wire.ReplySize, wire.ReplySize+len(body))
	wire.Reply{Status: s, ID: id, Length: length}.Put(b)
	return append(b, body...)
}

// lie makes r listen as a seed that proves itself honestly, says it has
// everything, gives a slot, and answers data streams with serve.
func (r *raw) lie(made *apptest.Made, serve func(st network.Stream, next func() (wire.Request, bool))) {
	k := knowledgeOf(made.Package.ID, nil)
	r.parts.host.SetStreamHandler(ControlProtocol, func(st network.Stream) {
		c := newControl(st)
		if handshakeListener(c, func(tag) (knowledge, bool) { return k, true }, func(tag) error { return nil }) != nil {
			return
		}
		_ = c.send(&wire.Control{Message: &wire.Control_Have{Have: &wire.Have{Pieces: uint32(made.Pieces()), All: true}}})
		_ = c.send(&wire.Control{Message: &wire.Control_Slot{Slot: &wire.Slot{Open: true}}})
		_, _ = io.Copy(io.Discard, st)
	})
	r.parts.host.SetStreamHandler(DataProtocol, func(st network.Stream) {
		var t tag
		if _, err := io.ReadFull(st, t[:]); err != nil || t != k.tag {
			return
		}
		serve(st, func() (wire.Request, bool) {
			b := make([]byte, wire.RequestSize)
			if _, err := io.ReadFull(st, b); err != nil {
				return wire.Request{}, false
			}
			return wire.Request{Op: wire.Op(b[0]), First: binary.BigEndian.Uint32(b[4:]),
				Count: binary.BigEndian.Uint32(b[8:]), ID: binary.BigEndian.Uint32(b[12:])}, true
		})
	})
}

// served checks that n still gives everything to an honest peer.
func served(t *testing.T, n *Node, made *apptest.Made) {
	t.Helper()
	r, _ := find(t, newNode(t), made, n.Addrs()...)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	b, err := fetch(ctx, r.source(t, n.ID()), made.Whole())
	if err != nil {
		t.Fatalf("an honest peer was not served: %v", err)
	}
	if string(b) != string(made.Run(made.Whole())) {
		t.Fatal("an honest peer got wrong bytes")
	}
}
