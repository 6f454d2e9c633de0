package web

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"

	"grove/app"
)

// TestConnectionsEndAbruptly: the system has nothing to say for a program that
// has ended, to a server that may be gone.
func TestConnectionsEndAbruptly(t *testing.T) {
	in, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	ended := make(chan error, 1)
	go func() {
		c, err := in.Accept()
		if err != nil {
			ended <- err
			return
		}
		defer c.Close()
		r := bufio.NewReader(c)
		if _, err := http.ReadRequest(r); err != nil {
			ended <- err
			return
		}
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		_, err = r.ReadByte()
		ended <- err
	}()
	pool := Config{Reach: app.Reach{LocalOnly: true}, Dial: time.Second}.Transport(true)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+in.Addr().String()+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := pool.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	a.Body.Close()
	pool.CloseIdleConnections()
	if err := <-ended; !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the server sees %v", err)
	}
}
