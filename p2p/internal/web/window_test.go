package web

import (
	"net"
	"net/url"
	"testing"
	"testing/synctest"
	"time"
)

// TestWindowGrows: a window grows while it is what limits the connection, and
// not where a line does.
func TestWindowGrows(t *testing.T) {
	for _, c := range []struct {
		name  string
		delay time.Duration
		line  float64 // bytes a second
		want  int
	}{
		{"a slow line nearby", time.Millisecond, 800e3, leastWindow},
		{"a slow line far away", 200 * time.Millisecond, 800e3, 256 << 10},
		{"a fast line far away", 200 * time.Millisecond, 100e6, mostWindow},
		{"a fast line nearby", 100 * time.Microsecond, 100e6, leastWindow},
	} {
		synctest.Test(t, func(t *testing.T) {
			end := &wire{delay: c.delay, line: c.line}
			s := &sparing{Conn: end, buffer: end, window: window{leastWindow, c.delay}, since: time.Now()}
			end.window = leastWindow
			b := make([]byte, 4<<10)
			for until := time.Now().Add(10 * time.Second); time.Now().Before(until); {
				if _, err := s.Read(b); err != nil {
					t.Fatal(err)
				}
			}
			if end.window != c.want {
				t.Errorf("%s: the window is %d, not %d", c.name, end.window, c.want)
			}
		})
	}
}

// wire is a connection that brings its window every delay, or what its line
// takes.
type wire struct {
	net.Conn
	delay  time.Duration
	line   float64
	window int
}

func (w *wire) SetReadBuffer(n int) error { w.window = n; return nil }

func (w *wire) Read(b []byte) (int, error) {
	rate := min(w.line, float64(w.window)/w.delay.Seconds())
	time.Sleep(time.Duration(float64(len(b)) / rate * float64(time.Second)))
	return len(b), nil
}

// TestDelays: the least counts, for each address.
func TestDelays(t *testing.T) {
	var d Delays
	d.took("a:1", 30*time.Millisecond)
	d.took("b:1", 5*time.Millisecond)
	if got := d.took("a:1", 90*time.Millisecond); got != 30*time.Millisecond {
		t.Errorf("after 30 and 90 ms it is %v", got)
	}
	if got := d.took("a:1", 10*time.Millisecond); got != 10*time.Millisecond {
		t.Errorf("after 10 ms it is %v", got)
	}
}

// TestNotBehindAProxy: what is near there says nothing of what is far.
func TestNotBehindAProxy(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, proxy := range []*url.URL{nil, {Scheme: "http", Host: l.Addr().String()}} {
		c := Config{Sparing: true, Delays: new(Delays), Proxy: proxy}
		conn, err := c.dial(t.Context(), true, "tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conn.Close()
		if _, spares := conn.(*sparing); spares != (proxy == nil) {
			t.Errorf("proxy %v: it is a %T", proxy, conn)
		}
	}
}
