package mirror

import (
	"net"
	"sync"
	"testing"

	"grove/app"
)

// TestBoundClientLeavesFromItsAddress: the server is asked who calls, at its
// address and by a name, and through a redirect.
func TestBoundClientLeavesFromItsAddress(t *testing.T) {
	made := oneFile(t)
	var mu sync.Mutex
	callers := map[string]bool{}
	note := func(x *exchange) {
		mu.Lock()
		defer mu.Unlock()
		host, _, err := net.SplitHostPort(x.RemoteAddr().String())
		if err != nil {
			t.Error(err)
		}
		callers[host] = true
	}
	srv := serveRaw(t, "127.0.0.1:0", nil, made.Content[0], func(x *exchange) bool {
		note(x)
		if x.req.URL.Path == "/moved" {
			return x.status("302 Found", "Location: /file.bin")
		}
		return x.right()
	})
	_, port, err := net.SplitHostPort(srv.addr)
	if err != nil {
		t.Fatal(err)
	}
	for _, local := range []string{"127.0.0.2", "127.0.0.3", "lo", ""} {
		if _, err := net.InterfaceByName("lo"); local == "lo" && err != nil {
			continue // another system's loopback
		}
		for _, url := range []string{"http://" + srv.addr + "/file.bin", "http://localhost:" + port + "/moved"} {
			clear(callers)
			row := faultRow{want: []string{rightBytes}}
			row.check(t, Config{Bind: local, Reach: app.Reach{LocalOnly: true}}, made, url)
			want := local
			if net.ParseIP(local) == nil {
				want = "127.0.0.1"
			}
			if len(callers) != 1 || !callers[want] {
				t.Errorf("bound to %q, %s is called from %v", local, url, callers)
			}
		}
	}
}

// TestBoundClientFailsWithoutItsInterface: nothing takes its place.
func TestBoundClientFailsWithoutItsInterface(t *testing.T) {
	made := oneFile(t)
	srv := serveRaw(t, "127.0.0.1:0", nil, made.Content[0], func(x *exchange) bool { return x.right() })
	for local, want := range map[string]faultRow{
		"nosuch0":   {want: []string{string(app.NoInterface)}, text: "nosuch0"},
		"192.0.2.1": {want: []string{string(app.NoInterface)}, text: "192.0.2.1"}, // was there when it was chosen
		"::1":       {want: []string{faulty}},                                     // has no IPv4 to leave from
	} {
		want.check(t, Config{Bind: local}, made, "http://"+srv.addr+"/file.bin")
	}
	if n := srv.conns.Load(); n != 0 {
		t.Errorf("the server saw %d connections", n)
	}
}
