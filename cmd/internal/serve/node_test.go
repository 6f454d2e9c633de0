package serve

import (
	"crypto/rand"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/libp2p/go-libp2p/core/crypto"
	ma "github.com/multiformats/go-multiaddr"

	"grove/app"
	"grove/cmd/internal/boot"
	"grove/p2p/tracker"
)

// saved are the settings of a data folder, before the second of two looks
// changed by f.
func saved(t *testing.T, data string, f func(*app.Settings)) app.Settings {
	t.Helper()
	s, err := boot.OpenStore(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	set, err := s.LoadSettings()
	if err != nil {
		t.Fatal(err)
	}
	if f != nil {
		f(&set)
		if err := s.SaveSettings(set); err != nil {
			t.Fatal(err)
		}
	}
	return set
}

// The folder of a server has a server's settings, whatever it had.
func TestSettingsOfAServer(t *testing.T) {
	flags := onLoopback(t, "relay,dht", "dht-prefix", "/example", "dht-bootstrap", "/ip4/127.0.0.1/tcp/9"+somebody)
	data := flags["data"][0]
	saved(t, data, func(s *app.Settings) {
		s.Network.Peers, s.Network.Finders.DHT, s.Network.Finders.LAN, s.MaxActive = false, false, false, 7
	})
	if err := start(t, flags).stop(); err != nil {
		t.Fatal(err)
	}
	if n := saved(t, data, nil); !n.Network.Peers || n.Network.Mapping || !n.Network.Finders.DHT ||
		n.Network.Finders.LAN || n.MaxActive != 7 {
		t.Errorf("%+v", n)
	}
	// Without the role there is no hash table.
	if err := start(t, onLoopback(t, "relay", "data", data)).stop(); err != nil {
		t.Fatal(err)
	}
	if n := saved(t, data, nil); n.Network.Finders.DHT {
		t.Errorf("%+v", n)
	}
}

// A server that can reach nobody does not start, and leaves nothing open.
func TestNoPeersNoServer(t *testing.T) {
	flags := onLoopback(t, "tracker")
	saved(t, flags["data"][0], func(s *app.Settings) { s.Network.Proxy = "http://127.0.0.1:3128" })
	c, err := Load(Given{Flags: flags})
	if err != nil {
		t.Fatal(err)
	}
	_, err = Start(t.Context(), c, io.Discard)
	wantProblem(t, err, "A server needs other people")
	saved(t, flags["data"][0], nil)
}

// The room that auto gives is the same after a restart, whatever came.
func TestQuotaAuto(t *testing.T) {
	s := start(t, onLoopback(t, "depot", "allow", newKey(t).String()))
	folder := filepath.Join(s.grove.Data, depotFolder)
	before, err := s.quota(folder)
	if err != nil {
		t.Fatal(err)
	}
	if v := s.value("grove_depot_quota_bytes"); v == "0" || v == "1" {
		t.Errorf("the quota is %s", v)
	}
	// Larger than the disk, without a byte of it used: only held counts it.
	f, err := os.Create(filepath.Join(folder, "held"))
	if err != nil {
		t.Fatal(err)
	}
	const held = 1 << 40
	if err := f.Truncate(held); err != nil {
		t.Skip("no files with holes here:", err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	after, err := s.quota(folder)
	if err != nil {
		t.Fatal(err)
	}
	if grown := after - before; grown < held/10*8 || grown > held {
		t.Errorf("from %d to %d", before, after)
	}
	s.config.Quota = 5
	if n, err := s.quota(folder); n != 5 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

// What the tracker was told is known after a restart. Announces are signed for
// the address that the server says it has.
func TestTrackerRemembers(t *testing.T) {
	flags := onLoopback(t, "tracker")
	s := start(t, flags)
	key := [32]byte{7}
	swarm := func(s *running, tell bool) int {
		secret, _, err := crypto.GenerateEd25519Key(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		conf := tracker.Config{Key: secret}
		conf.Web.Reach = app.Reach{LocalOnly: true}
		c, err := tracker.New(conf)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if tell {
			at, err := ma.NewMultiaddr("/ip4/127.0.0.1/tcp/4001")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Announce(t.Context(), s.base, true, tracker.Announce{Key: key, Addrs: []ma.Multiaddr{at}}); err != nil {
				t.Fatal(err)
			}
		}
		a, err := c.Ask(t.Context(), s.base, true, key)
		if err != nil {
			t.Fatal(err)
		}
		return a.Swarm
	}
	if n := swarm(s, true); n != 1 {
		t.Fatalf("a swarm of %d", n)
	}
	if v := s.value("grove_tracker_announces_total"); v != "1" {
		t.Errorf("%s announces are counted", v)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	flags["http"] = []string{s.Addr()} // which the url is made of
	if n := swarm(start(t, flags), false); n != 1 {
		t.Errorf("after a restart, a swarm of %d", n)
	}
}
