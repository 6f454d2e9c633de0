package p2p

import (
	"io"
	"net"
	"testing"
	"testing/synctest"

	"github.com/libp2p/go-libp2p/core/network"
)

// slowSocket takes a write when it is let.
type slowSocket struct {
	net.Conn
	network.ConnSecurity
	let chan struct{}
}

func (s slowSocket) Write(p []byte) (int, error) {
	<-s.let
	return s.Conn.Write(p)
}

// TestLineHoldsBack: a large write waits while the socket owes more than its
// length, a small one never, and a reset or the end of the connection frees it.
func TestLineHoldsBack(t *testing.T) {
	for _, end := range []string{"socket", "reset", "close"} {
		synctest.Test(t, func(t *testing.T) {
			near, far := net.Pipe()
			let := make(chan struct{}, 1000)
			cork := &corkedConn{SecureConn: slowSocket{near, nil, let}, cork: &corkConn{Conn: near}}
			conn, err := lineMuxer{newMuxer()}.NewConn(cork, false, &network.NullScope{})
			if err != nil {
				t.Fatal(err)
			}
			other, err := newMuxer().NewConn(far, true, &network.NullScope{})
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				for {
					st, err := other.AcceptStream()
					if err != nil {
						return
					}
					go func() { _, _ = io.Copy(io.Discard, st) }()
				}
			}()
			bulky, err := conn.OpenStream(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			small, err := conn.OpenStream(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			wrote := make(chan int, 10)
			go func() {
				for i := range 2 {
					_, _ = bulky.Write(make([]byte, 2*bulk))
					wrote <- i
				}
			}()
			synctest.Wait()
			if n := len(wrote); n != 1 {
				t.Fatalf("%s: %d writes of two returned, and the socket took nothing", end, n)
			}
			if _, err := small.Write([]byte("news")); err != nil {
				t.Fatal(err)
			}
			switch end {
			case "socket":
				for range cap(let) {
					let <- struct{}{}
				}
			case "reset":
				_ = bulky.Reset()
			case "close":
				_ = cork.Close()
			}
			synctest.Wait()
			if n := len(wrote); n != 2 {
				t.Errorf("%s: the second write did not return", end)
			}
			if owed := conn.(*lineConn).line.owed; end == "socket" && owed != 0 {
				t.Errorf("%d bytes are owed at the end", owed)
			}
			close(let)
			_ = conn.Close()
			_ = other.Close()
		})
	}
}
