package mirror

import (
	"testing"

	"grove/app"
	"grove/app/pack"
)

// TestRedirectToElsewhere: a server the user typed may lie on a private
// network, but may not send Grove to another host there.
func TestRedirectToElsewhere(t *testing.T) {
	made := oneFile(t)
	victim := serveRaw(t, "127.0.0.2:0", nil, made.Content[0], func(x *exchange) bool { return x.right() })
	front := serveRaw(t, "127.0.0.1:0", nil, made.Content[0], func(x *exchange) bool {
		return x.status("302 Found", "Location: http://"+victim.addr+"/file.bin")
	})
	row := faultRow{want: []string{refused}, text: "127.0.0.2"}
	row.check(t, Config{}, made, "http://"+front.addr+"/file.bin")
	if n := victim.conns.Load(); n != 0 {
		t.Errorf("the other host saw %d connections", n)
	}

	// In local-only mode any private address counts.
	row = faultRow{want: []string{rightBytes}}
	row.check(t, Config{Reach: app.Reach{LocalOnly: true}}, made, "http://"+front.addr+"/file.bin")

	// And within the host it is free to.
	hops := serveRaw(t, "127.0.0.1:0", nil, made.Content[0], func(x *exchange) bool {
		if x.n%4 != 0 {
			return x.status("307 There", "Location: ?again")
		}
		return x.right()
	})
	row.check(t, Config{}, made, "http://"+hops.addr+"/file.bin")

	loop := serveRaw(t, "127.0.0.1:0", nil, made.Content[0], func(x *exchange) bool {
		return x.status("302 Found", "Location: /file.bin")
	})
	row = faultRow{want: []string{faulty}}
	row.check(t, Config{}, made, "http://"+loop.addr+"/file.bin")
	if n := loop.requests.Load(); n != maxRedirects+1 {
		t.Errorf("%d requests in a redirect loop, want %d", n, maxRedirects+1)
	}
}

// TestRedirectToAnotherFile: what is served there decides, and it is noticed.
func TestRedirectToAnotherFile(t *testing.T) {
	made := oneFile(t)
	for _, c := range []struct {
		other []byte
		want  string
	}{
		{make([]byte, len(made.Content[0])), wrongBytes},
		{make([]byte, pack.MinPiece*3), faulty},
		{made.Content[0], rightBytes},
	} {
		other := serveRaw(t, "127.0.0.2:0", nil, c.other, func(x *exchange) bool { return x.right() })
		front := serveRaw(t, "127.0.0.1:0", nil, made.Content[0], func(x *exchange) bool {
			return x.status("301 Moved", "Location: http://"+other.addr+"/other.bin")
		})
		row := faultRow{want: []string{c.want}}
		row.check(t, Config{Reach: app.Reach{LocalOnly: true}}, made, "http://"+front.addr+"/file.bin")
	}
}

// TestOneOfTwoOriginsWrong: sources do not disturb one another.
func TestOneOfTwoOriginsWrong(t *testing.T) {
	made := oneFile(t)
	wrong := serveRaw(t, "127.0.0.1:0", nil, make([]byte, len(made.Content[0])), func(x *exchange) bool { return x.right() })
	right := serveRaw(t, "127.0.0.1:0", nil, made.Content[0], func(x *exchange) bool { return x.right() })
	c := newClient(t, Config{})
	for _, o := range []struct {
		srv  *rawServer
		want string
	}{{wrong, wrongBytes}, {right, rightBytes}, {wrong, wrongBytes}} {
		s := typedSource(t, c, made, "http://"+o.srv.addr+"/file.bin")
		if got, err := fetch(t, s, made, made.Whole()); got != o.want {
			t.Errorf("%s: %v; want %s", got, err, o.want)
		}
	}
}
