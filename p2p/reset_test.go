package p2p

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	ma "github.com/multiformats/go-multiaddr"

	"grove/app"
	"grove/app/apptest"
)

// middlebox passes on connections to a TCP address, and resets each as soon as
// so many bytes came from there.
type middlebox struct {
	t     *testing.T
	ln    net.Listener
	to    string
	after int64
	mute  bool // who dialled is told only when he says something
	conns sync.WaitGroup
}

func newMiddlebox(t *testing.T, to string, after int64, mute bool) *middlebox {
	t.Helper()
	ip, _, _ := net.SplitHostPort(to)
	ln, err := net.Listen("tcp", ip+":0")
	if err != nil {
		t.Fatal(err)
	}
	m := &middlebox{t: t, ln: ln, to: to, after: after, mute: mute}
	m.conns.Go(m.accept)
	t.Cleanup(func() { _ = ln.Close(); m.conns.Wait() })
	return m
}

func (m *middlebox) accept() {
	for {
		c, err := m.ln.Accept()
		if err != nil {
			return // it ended
		}
		m.conns.Go(func() { m.pass(c.(*net.TCPConn)) })
	}
}

func (m *middlebox) pass(in *net.TCPConn) {
	c, err := net.Dial("tcp", m.to)
	if err != nil {
		_ = in.Close()
		return
	}
	out := c.(*net.TCPConn)
	_, _ = in.SetLinger(0), out.SetLinger(0) // a close is a reset now
	up := make(chan struct{})
	go func() { defer close(up); _, _ = io.Copy(out, in) }()
	_, _ = io.CopyN(in, out, m.after)
	_ = out.Close()
	if m.mute {
		<-up
	}
	_ = in.Close()
	<-up
}

// addr is the address at which it stands before n.
func (m *middlebox) addr(n *Node) string {
	ip, port, _ := net.SplitHostPort(m.ln.Addr().String())
	return "/ip4/" + ip + "/tcp/" + port + "/p2p/" + n.ID()
}

// TestMiddlebox: peers whose connections over TCP are reset are fetched from
// over QUIC, and what is done is known.
func TestMiddlebox(t *testing.T) {
	for _, row := range []struct {
		name  string
		peers int
		after int64
		mute  bool
	}{
		{"in the middle of content", 1, 300 << 10, false},
		{"before it is secured", 3, 100, false},
		{"in the middle of content, quietly", 1, 300 << 10, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			made := apptest.Package(t, apptest.Options{Sizes: map[string]int64{"a": 2 << 20}})
			var addrs []string
			var seeds []*Node
			for i := range row.peers {
				ip := "127.0.0." + string(rune('1'+i))
				seed := newNode(t, listenOn("/ip4/"+ip+"/tcp/0", "/ip4/"+ip+"/udp/0/quic-v1"))
				serve(t, seed, made.Share())
				tcp := ma.StringCast(only(seed.Addrs(), "tcp")[0])
				box := newMiddlebox(t, placeOf(tcp).String(), row.after, row.mute)
				addrs = append(addrs, box.addr(seed), only(seed.Addrs(), "quic")[0])
				seeds = append(seeds, seed)
			}
			n := newNode(t)
			r, _ := find(t, n, made, addrs...)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			whole, began := made.Whole(), time.Now()
			for piece := whole.First; piece < whole.End(); {
				s := r.source(t, seeds[0].ID())
				if _, err := fetch(ctx, s, app.Run{First: piece, Count: 1}); err == nil {
					piece++
				} else if ctx.Err() != nil {
					t.Fatal(err)
				} else {
					r.until(t, "the source goes", func() bool { return r.sources[seeds[0].ID()] != s })
				}
			}
			if d := time.Since(began); !row.mute && d > backoffFirst+2*backoffFirst {
				t.Errorf("it took %v: those that were cut were not dialled at once", d)
			}
			for began := time.Now(); n.Interference() != app.Resets; time.Sleep(50 * time.Millisecond) {
				if time.Since(began) > patience {
					t.Fatalf("believed is %q", n.Interference())
				}
			}
			s := n.sessionWith(seeds[0].id, knowledgeOf(made.Package.ID, nil).tag)
			if s == nil || isTCP(s.conn.RemoteMultiaddr()) {
				t.Errorf("the session is %v", s)
			}
		})
	}
}
