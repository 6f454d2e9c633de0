package boot

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"grove/app"
	"grove/app/apptest"
	"grove/app/pack"
)

// withSettings is a data folder in which change was made.
func withSettings(t *testing.T, change func(*app.Settings)) (data string) {
	t.Helper()
	data = t.TempDir()
	s, err := OpenStore(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	set := app.DefaultSettings()
	change(&set)
	if err := s.SaveSettings(set); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return data
}

func TestNetworkSettings(t *testing.T) {
	for name, c := range map[string]struct {
		net         app.Network
		node, alone bool
	}{
		"default":            {app.DefaultSettings().Network, true, false},
		"no peers":           {app.Network{}, false, false},
		"proxy":              {app.Network{Peers: true, Proxy: "socks5://127.0.0.1:9"}, false, false},
		"past the proxy":     {app.Network{Peers: true, Proxy: "socks5://127.0.0.1:9", PeersPastProxy: true}, true, false},
		"bound":              {app.Network{Peers: true, Bind: "127.0.0.1"}, true, false},
		"bound to nothing":   {app.Network{Peers: true, Bind: "grove-test0"}, true, true},
		"no peers, unbound":  {app.Network{Bind: "grove-test0"}, false, false},
		"past, but no peers": {app.Network{Proxy: "socks5://127.0.0.1:9", PeersPastProxy: true}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			g := start(t, Options{Data: withSettings(t, func(s *app.Settings) { s.Network = c.net })})
			alone := g.Alone()
			if (g.Node != nil) != c.node || (alone != nil) != c.alone {
				t.Errorf("node %v, alone %v", g.Node != nil, alone)
			}
			if alone != nil && alone.Kind != app.NoInterface {
				t.Errorf("alone because of %v", alone)
			}
			if err := g.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestLocalOnlyFromSettings(t *testing.T) {
	t.Setenv("GROVE_LOCAL_ONLY", "0")
	for _, want := range []bool{true, false} {
		data := withSettings(t, func(s *app.Settings) { s.Network.LocalOnly, s.Network.Peers = want, false })
		g, err := Start(t.Context(), Options{Data: data})
		if err != nil {
			t.Fatal(err)
		}
		if g.Reach.LocalOnly != want {
			t.Errorf("local only %v", g.Reach.LocalOnly)
		}
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestProxyIsUsed: what is HTTP goes through the proxy, and not past it.
func TestProxyIsUsed(t *testing.T) {
	var asked atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusNotFound)
	}))
	defer proxy.Close()
	// Nobody listens there: only the proxy can answer.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	origin := "http://" + l.Addr().String() + "/film.grove"
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	g := start(t, Options{Data: withSettings(t, func(s *app.Settings) { s.Network.Proxy = proxy.URL })})
	_, err = g.Engine.Inspect(t.Context(), app.Lead{Manifest: origin})
	if app.AsProblem(err).Kind != app.NotFound || asked.Load() == 0 {
		t.Errorf("%v, the proxy was asked %d times", err, asked.Load())
	}
}

// TestLimitsOfSettingsAndFlags: the buckets that the node and the engine share
// follow the settings, but where a flag says more.
func TestLimitsOfSettingsAndFlags(t *testing.T) {
	data := withSettings(t, func(s *app.Settings) { s.Down, s.Up = 5000, 6000 })
	g := start(t, Options{Data: data, UploadLimit: 70_000, NoPeers: true})
	s, err := g.Engine.Next(t.Context(), 0)
	if err != nil || s.Down != 5000 || s.Up != 70_000 || s.Settings.Up != 6000 {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestSettingsLimitTheNode: what is given is held to the limit of the settings
// at once, without a restart.
func TestSettingsLimitTheNode(t *testing.T) {
	made := apptest.Package(t, apptest.Options{Sizes: map[string]int64{"film.bin": 8 << 20}})
	src := t.TempDir()
	made.WriteFiles(t, src)
	a := start(t, Options{Listen: []string{"/ip4/127.0.0.1/tcp/0"}})
	if _, err := a.Engine.Share(t.Context(), app.Sharing{Described: made.Described(), Path: src + "/film.bin"}, false); err != nil {
		t.Fatal(err)
	}
	set := app.DefaultSettings()
	set.Up = 500_000
	if err := a.Engine.SetSettings(t.Context(), set); err != nil {
		t.Fatal(err)
	}
	b := start(t, Options{})
	o, err := b.Engine.Inspect(t.Context(), app.Lead{Grove: made.Grove, Hashes: made.List, Typed: app.Typed{Peers: a.Node.Addrs()}})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Engine.Accept(t.Context(), o, app.Choice{Folder: t.TempDir()}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(1500 * time.Millisecond)
	s, err := b.Engine.Next(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if v := s.Transfer(o.ID); v.State != app.Downloading || v.Have > int64(v.Elapsed.Seconds()*500_000)+1<<20 {
		t.Errorf("%s with %d bytes after %s", v.State, v.Have, v.Elapsed)
	}
	set.Up = 0
	if err := a.Engine.SetSettings(t.Context(), set); err != nil {
		t.Fatal(err)
	}
	for since := uint64(0); ; {
		s, err := b.Engine.Next(t.Context(), since)
		if err != nil {
			t.Fatal(err)
		}
		if since = s.Version; s.Transfer(o.ID).State == app.Done {
			break
		}
	}
}

// TestRestore brings the list back in its order, with what was under way.
func TestRestore(t *testing.T) {
	data := t.TempDir()
	s, err := OpenStore(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for i, name := range []string{"second", "third", "first"} {
		rec := app.Record{ID: uuid.New(), Name: name, State: app.Paused, Folder: t.TempDir(), Target: name, Created: at.AddDate(0, 0, i)}
		if name == "first" {
			rec.Order = at.AddDate(0, 0, -1).UnixMicro()
		}
		if err := s.SaveTransfer(rec); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	g := start(t, Options{Data: data, NoPeers: true})
	for range 2 { // what is there already stays
		if err := g.Restore(t.Context()); err != nil {
			t.Fatal(err)
		}
		snap, err := g.Engine.Next(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, v := range snap.Transfers {
			names = append(names, v.Name)
		}
		if len(names) != 3 || names[0] != "first" || names[1] != "second" || names[2] != "third" {
			t.Errorf("%v", names)
		}
	}
}

// TestNetworkMap: the map of the settings is fetched and kept, and not asked for
// again at the next start.
func TestNetworkMap(t *testing.T) {
	key, err := pack.NewKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	var self []netip.Prefix // whatever public address this computer has
	for _, p := range []string{"0.0.0.0/0", "::/0"} {
		self = append(self, netip.MustParsePrefix(p))
	}
	b, err := pack.SignMap(pack.Map{Publisher: key.Public(), Seq: 1, Created: time.Now(), Expires: time.Now().Add(time.Hour), Name: "test",
		Groups: map[string][]netip.Prefix{"all": self}}, key)
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan struct{}, 9)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		_, _ = w.Write(b)
	}))
	data := withSettings(t, func(set *app.Settings) { set.Network.Map = s.URL + "/a.grovemap#" + key.Public().String() })
	g := start(t, Options{Data: data})
	began := time.Now()
	for kept := filepath.Join(data, mapFile); ; {
		if got, err := os.ReadFile(kept); err == nil && string(got) == string(b) {
			break
		}
		if time.Since(began) > 20*time.Second {
			t.Fatal("it was not kept")
		}
		time.Sleep(time.Millisecond) // a file has no event
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}
	s.Close()
	g = start(t, Options{Data: data})
	if err := g.Close(); err != nil {
		t.Error(err)
	}
	if len(asked) != 1 {
		t.Error("it was asked for again")
	}
}
