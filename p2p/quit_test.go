package p2p

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"

	"grove/app/apptest"
)

// endTime is when a node must have ended, whoever it waits for. Without
// lastWords it takes two to ten seconds.
const endTime = 1500 * time.Millisecond

// silentLine is a way to a node that can fall silent: then it takes nothing any more
// and brings nothing, and nobody is told.
type silentLine struct {
	at     string // the multiaddr that leads through it
	silent atomic.Bool
	ends   context.Context
}

// through makes a line to addr, a listen address of a node with its ID.
func through(t *testing.T, addr string) *silentLine {
	t.Helper()
	l := &silentLine{ends: t.Context()}
	target, id, _ := strings.Cut(addr, "/p2p/")
	network, to, err := manet.DialArgs(ma.StringCast(target))
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(network, "tcp") {
		l.at = l.tcp(t, to) + "/p2p/" + id
	} else {
		l.at = l.udp(t, to) + "/quic-v1/p2p/" + id
	}
	return l
}

func (l *silentLine) tcp(t *testing.T, to string) string {
	in, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	go func() {
		for {
			a, err := in.Accept()
			if err != nil {
				return
			}
			b, err := net.Dial("tcp", to)
			if err != nil {
				a.Close()
				return
			}
			_ = b.(*net.TCPConn).SetReadBuffer(32 << 10) // so that the node's write waits soon
			t.Cleanup(func() { a.Close(); b.Close() })
			go l.pass(a, b)
			go l.pass(b, a)
		}
	}()
	at, err := manet.FromNetAddr(in.Addr())
	if err != nil {
		t.Fatal(err)
	}
	return at.String()
}

// pass takes bytes from one connection to another until the line is silent.
func (l *silentLine) pass(to, from net.Conn) {
	b := make([]byte, 32<<10)
	for !l.silent.Load() {
		n, err := from.Read(b)
		if l.silent.Load() {
			break
		}
		if err == nil {
			_, err = to.Write(b[:n])
		}
		if err != nil {
			to.Close()
			return
		}
	}
	<-l.ends.Done()
}

func (l *silentLine) udp(t *testing.T, to string) string {
	in, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	out, err := net.Dial("udp", to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); out.Close() })
	var caller atomic.Value // of net.Addr
	go func() {
		b := make([]byte, 4<<10)
		for {
			n, from, err := in.ReadFrom(b)
			if err != nil {
				return
			}
			if caller.Store(from); !l.silent.Load() {
				_, _ = out.Write(b[:n])
			}
		}
	}()
	go func() {
		b := make([]byte, 4<<10)
		for {
			n, err := out.Read(b)
			if err != nil {
				return
			}
			if from, ok := caller.Load().(net.Addr); ok && !l.silent.Load() {
				_, _ = in.WriteTo(b[:n], from)
			}
		}
	}()
	at, err := manet.FromNetAddr(in.LocalAddr())
	if err != nil {
		t.Fatal(err)
	}
	return at.String()
}

// TestEndBesideSomebodyWhoVanished: a node that gives ends at once, though who
// takes from it is gone without a word and its writes wait.
func TestEndBesideSomebodyWhoVanished(t *testing.T) {
	made := apptest.Package(t, film(32<<20))
	for name, transport := range map[string]string{"TCP": overTCP, "QUIC": overQUIC} {
		t.Run(name, func(t *testing.T) {
			seed, leech := newNode(t, listenOn(transport)), newNode(t, listenOn())
			serve(t, seed, made.Share())
			line := through(t, seed.Addrs()[0])
			r, _ := find(t, leech, made, line.at)
			ctx, stop := context.WithCancel(t.Context())
			source, fetched := r.source(t, seed.ID()), make(chan struct{})
			go func() { defer close(fetched); _, _ = fetch(ctx, source, made.Whole()) }()
			defer func() { stop(); <-fetched }()
			for seed.Stats().Given < 1<<20 {
				time.Sleep(10 * time.Millisecond) // counts have no event
			}
			line.silent.Store(true)
			for given := int64(-1); given != seed.Stats().Given; time.Sleep(200 * time.Millisecond) { // until its writes wait
				given = seed.Stats().Given
			}
			seed.parts.host.SetStreamHandler("/other", func(network.Stream) {}) // news that libp2p brings to everybody
			began := time.Now()
			if err := seed.Close(); err != nil {
				t.Error(err)
			}
			if took := time.Since(began); took > endTime {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// TestEndBesideASilentTracker: a tracker that no longer answers is not waited for.
func TestEndBesideASilentTracker(t *testing.T) {
	var silent atomic.Bool
	over := make(chan struct{})
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if silent.Load() {
			<-over
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"Providers":[]}`)
	}))
	defer web.Close()
	defer close(over)
	made := tracked(t, web.URL+"/")
	seed := newNode(t, tracking)
	v, err := seed.Serve(made.Share())
	if err != nil {
		t.Fatal(err)
	}
	defer v.Stop()
	waitFinder(t, seed, web.URL+"/")
	silent.Store(true)
	began := time.Now()
	v.Stop()
	if err := seed.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > endTime {
		t.Errorf("it took %s", took)
	}
}

func film(size int64) apptest.Options {
	return apptest.Options{Sizes: map[string]int64{"film.mkv": size}}
}
