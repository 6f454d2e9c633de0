package depot

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"grove/app"
	"grove/app/pack"
)

// TestOrder: what a depot is told arrives whole, once; asking again sends the
// order alone.
func TestOrder(t *testing.T) {
	made := film(t, 1)
	shelf := newFake(made.Key.Public())
	base := serve(t, shelf, nil)
	r := request(made, pack.Keep)
	r.Secret = bytes.Repeat([]byte{9}, maxSecret)
	c := client(t)
	for range 3 {
		s, err := c.Order(t.Context(), strings.TrimSuffix(strings.ToUpper(base[:8])+base[8:], "/"), true, r)
		if err != nil {
			t.Fatal(err)
		}
		place := pack.Place(made.Key.Public(), made.Package.Manifest.Hashes, r.Secret)
		if s.State != Fetching || s.Have != 1 || s.Size != 12 || len(s.Peers) != 1 || s.Folder != base+"d/"+place+"/" {
			t.Errorf("%+v", s)
		}
	}
	p := shelf.kept[made.Package.ID]
	if shelf.acted() != 1 || p.Package.ID != made.Package.ID || !bytes.Equal(p.Hashes, made.List) || !bytes.Equal(p.Poster, made.Poster) ||
		!bytes.Equal(p.Secret, r.Secret) || p.Order.Depot != base {
		t.Errorf("%d orders, %+v", shelf.acted(), p.Order)
	}
	if s, err := c.Order(t.Context(), base, true, request(made, pack.Drop)); err != nil || s.State != Dropped || len(shelf.kept) > 0 {
		t.Errorf("dropped: %+v, %v", s, err) // in the same second, so it took two tries
	}
}

// TestClocksDiffer: an order takes the depot's time where that is another.
func TestClocksDiffer(t *testing.T) {
	made := film(t, 1)
	for _, ahead := range []time.Duration{-3 * time.Hour, -Window - time.Minute, 14 * time.Minute, Window + time.Minute, 300 * time.Hour} {
		shelf := newFake(made.Key.Public())
		base := serve(t, shelf, func() time.Time { return time.Now().Add(ahead) })
		if _, err := client(t).Order(t.Context(), base, true, request(made, pack.Keep)); err != nil || shelf.acted() != 1 {
			t.Errorf("%v ahead: %v", ahead, err)
		}
	}
	// A depot that is never content is not asked for ever.
	shelf := newFake(made.Key.Public())
	shelf.set(&Refusal{Reason: Clock, Now: time.Now(), Text: "No."})
	base := serve(t, shelf, nil)
	r := request(made, pack.Keep)
	signed := 0
	sign := r.Sign
	r.Sign = func(ctx context.Context, o pack.Order) ([]byte, error) { signed++; return sign(ctx, o) }
	if _, err := client(t).Order(t.Context(), base, true, r); kindOf(err) != app.BadInput || signed != 1+maxCorrections {
		t.Errorf("signed %d times, %v", signed, err)
	}
	shelf = newFake(made.Key.Public())
	base = serve(t, shelf, func() time.Time { return time.Now().AddDate(1, 0, 0) })
	if _, err := client(t).Order(t.Context(), base, true, request(made, pack.Keep)); kindOf(err) != app.BadInput || !strings.Contains(err.Error(), "time is over") {
		t.Errorf("a year ahead: %v", err)
	}
}

// TestRefusals: each says in a sentence what a person can do.
func TestRefusals(t *testing.T) {
	made := film(t, 1)
	for reason, want := range map[Reason]struct {
		kind app.ProblemKind
		says string
	}{
		BadKey:     {app.BadInput, "takes no packages of the key abcd"},
		Elsewhere:  {app.BadInput, "calls itself https://other.example.org/"},
		Stale:      {app.BadInput, "something newer"},
		Expired:    {app.BadInput, "whose time is over"},
		Quota:      {app.NoSpace, "it has 2000.0 MB, and 17 bytes are left"},
		BadPackage: {app.BadPackage, "?[2JNo"},
		Busy:       {app.SourceBusy, "busy"},
		Fault:      {app.SourceFault, "?[2JNo"},
		BadRequest: {app.SourceFault, "?[2JNo"},
		BadOrder:   {app.SourceFault, "?[2JNo"},
	} {
		shelf := newFake(made.Key.Public())
		shelf.set(&Refusal{Reason: reason, Text: "\x1b[2JNo", Key: "abcd", Depot: "https://other.example.org/", Need: 2e9, Free: 17})
		base := serve(t, shelf, nil)
		_, err := client(t).Order(t.Context(), base, true, request(made, pack.Keep))
		if kindOf(err) != want.kind || !strings.Contains(err.Error(), want.says) || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%s: %v", reason, err)
		}
	}
	if len(statuses) != 11 {
		t.Errorf("%d reasons", len(statuses))
	}
}

// TestStrangeServers: whatever answers, the user gets a sentence.
func TestStrangeServers(t *testing.T) {
	made := film(t, 1)
	for name, c := range map[string]struct {
		status int
		body   string
		kind   app.ProblemKind
	}{
		"a web page":        {200, "<!doctype html>", app.NotFound},
		"nothing there":     {404, "", app.NotFound},
		"a redirect":        {302, "", app.SourceFault},
		"a proxy's trouble": {502, "oops", app.SourceFault},
		"overloaded":        {503, "", app.SourceBusy},
		"another status":    {403, `{"reason":"busy"}`, app.SourceFault},
		"an unknown reason": {400, `{"reason":"weather"}`, app.SourceFault},
		"an unknown state":  {200, `{"state":"sold"}`, app.SourceFault},
		"too much":          {200, `{"state":"fetching","have":5,"size":4}`, app.SourceFault},
		"too long":          {200, `{"state":"` + strings.Repeat("x", maxAnswer) + `"}`, app.SourceFault},
		"always wanted":     {200, `{"state":"wanted"}`, app.SourceFault},
	} {
		asked := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked++
			w.Header().Set("Location", "/other")
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(c.body))
		}))
		_, err := client(t).Order(t.Context(), server.URL, true, request(made, pack.Keep))
		if kindOf(err) != c.kind || asked > 2 {
			t.Errorf("%s: %v, asked %d times", name, err, asked)
		}
		if _, err := client(t).About(t.Context(), server.URL, true); c.status != 200 && kindOf(err) != c.kind && c.status != 403 && c.status != 400 {
			t.Errorf("%s, about: %v", name, err)
		}
		server.Close()
	}
	_, err := client(t).Order(t.Context(), "http://127.0.0.1:1/", true, request(made, pack.Keep))
	if kindOf(err) != app.BadInput {
		t.Errorf("a port that is not allowed: %v", err)
	}
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	if _, err := client(t).About(t.Context(), server.URL, true); kindOf(err) != app.SourceFault {
		t.Errorf("nobody there: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := client(t).About(ctx, server.URL, true); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}

// TestSecretNeedsEncryption: the text of the address decides, before anything
// is sent.
func TestSecretNeedsEncryption(t *testing.T) {
	made := film(t, 1)
	r := request(made, pack.Keep)
	r.Secret = make([]byte, maxSecret)
	r.Sign = func(context.Context, pack.Order) ([]byte, error) {
		t.Error("signed")
		return nil, errors.New("signed")
	}
	_, err := New(Config{}).Order(t.Context(), "http://depot.example.org/", true, r)
	if kindOf(err) != app.BadInput || !strings.Contains(err.Error(), "https only") {
		t.Error(err)
	}
	for base, ok := range map[string]bool{
		"https://depot.example.org/": true, "http://192.168.1.2:8080/": true, "http://localhost:8080/": true,
		"http://198.51.100.7/": false, "http://[2001:db8::1]/": false, "http://nas.local/": true, "http://nas.local.example.org/": false,
	} {
		_, err := CheckBase(base)
		if err != nil {
			t.Fatal(err)
		}
		u := mustTarget(t, base)
		if got := u.mayHear(r.Secret) == nil; got != ok || u.mayHear(nil) != nil {
			t.Errorf("%s: %v", base, got)
		}
	}
}

func mustTarget(t *testing.T, base string) target {
	t.Helper()
	u, err := New(Config{Reach: app.Reach{LocalOnly: false}}).target(base, true)
	if err != nil && kindOf(err) != app.Refused {
		t.Fatal(err)
	}
	return u
}

func TestCheckBase(t *testing.T) {
	for typed, want := range map[string]string{
		"https://Depot.Example.org":       "https://depot.example.org/",
		" https://depot.example.org/a ":   "https://depot.example.org/a/",
		"http://127.0.0.1:8080/":          "http://127.0.0.1:8080/",
		"depot.example.org":               "",
		"ftp://depot.example.org/":        "",
		"https://depot.example.org/?a=1":  "",
		"https://depot.example.org/#x":    "",
		"https://u:p@depot.example.org/":  "",
		"https://depot.example.org/../a/": "",
		"":                                "",
	} {
		base, err := CheckBase(typed)
		if base != want || (err != nil) != (want == "") || err != nil && kindOf(err) != app.BadInput {
			t.Errorf("%q: %q, %v", typed, base, err)
		}
	}
}

// TestAbout: what is read is fit to be used.
func TestAbout(t *testing.T) {
	says := About{Depot: true, Relay: true, Peers: []string{"/ip4/127.0.0.1/tcp/1/p2p/x", "http://no/"}, Name: "Our depot",
		Relays: append([]string{"/ip4/1.2.3.4/tcp/1/p2p/y\n", strings.Repeat("/", 300) + "/p2p/x"}, make([]string, 50)...)}
	for i := range 30 {
		says.Relays = append(says.Relays, "/ip4/127.0.0.1/tcp/"+strings.Repeat("1", i+1)+"/p2p/z")
	}
	mux := http.NewServeMux()
	mux.Handle("/grove/v1/about", AboutHandler(func() About { return says }))
	server := httptest.NewServer(mux)
	defer server.Close()
	a, err := client(t).About(t.Context(), server.URL, true)
	if err != nil || a.V != 1 || !a.Depot || a.Tracker || !a.Relay || len(a.Peers) != 1 || len(a.Relays) != maxAddrs || a.Name != "Our depot" {
		t.Errorf("%+v, %v", a, err)
	}
	says.Name = "a\x1bb"
	if a, err = client(t).About(t.Context(), server.URL, true); err != nil || a.Name != "" {
		t.Errorf("%+v, %v", a, err)
	}
	if _, err := New(Config{}).About(t.Context(), server.URL, false); kindOf(err) != app.Refused {
		t.Errorf("a private address that nobody typed: %v", err)
	}
}
