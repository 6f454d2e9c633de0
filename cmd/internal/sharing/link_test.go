package sharing

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"grove/app"
	"grove/app/apptest"
	"grove/app/pack"
	"grove/cmd/internal/boot"
)

func TestLinkStaysShort(t *testing.T) {
	made := apptest.Package(t, apptest.Options{Name: "film", Sizes: map[string]int64{"film.bin": 10}})
	var addrs []string
	for _, a := range []string{"/ip4/127.0.0.1/tcp/1", "/ip6/fd00::2/udp/1/quic-v1", "/ip4/192.168.1.2/udp/1/quic-v1", "/ip6/fd00::2/tcp/1", "/ip4/192.168.1.2/tcp/1"} {
		addrs = append(addrs, a+"/p2p/12D3KooWN6ECQj9QmvndQyR833UScbxevP43are6QL5z17CAtkr1")
	}
	l := pack.Link{ID: made.Package.ID, Publisher: made.Package.Publisher(), Name: "film"}
	parsed := func(secret []byte, addrs []string) pack.Link {
		t.Helper()
		l.Secret = secret
		read, err := pack.ParseLink(LinkAt(l, addrs).String())
		if err != nil || !bytes.Equal(read.Secret, secret) {
			t.Fatalf("%+v, %v", read, err)
		}
		return read
	}
	for n := range addrs {
		open := parsed(nil, addrs[:n])
		if n > 0 && len(open.Peers) == 0 || len(open.Peers) > n || len(open.String()) > 350 {
			t.Errorf("%d addresses: %v", n, open)
		}
		// A secret takes no address away.
		if private := parsed(bytes.Repeat([]byte{9}, secretSize), addrs[:n]); len(private.Peers) != len(open.Peers) {
			t.Errorf("%d addresses and a secret: %v", n, private)
		}
	}
	if read := parsed(nil, addrs); read.Peers[0] != addrs[4] || read.Publisher != l.Publisher || read.Name != "film" {
		t.Errorf("%v", read)
	}
}

// TestLinkNamesARelay: whoever can only be met at a relay is met there, however
// long that makes the link.
func TestLinkNamesARelay(t *testing.T) {
	const self = "/p2p/12D3KooWN6ECQj9QmvndQyR833UScbxevP43are6QL5z17CAtkr1"
	made := apptest.Package(t, apptest.Options{Name: "film", Sizes: map[string]int64{"film.bin": 10}})
	relayed := "/ip4/198.18.0.1/tcp/4001" + self + "/p2p-circuit" + self
	for _, direct := range []string{"/ip4/198.18.0.9/tcp/1" + self, "/ip6/2a05:d000::2/tcp/1" + self} {
		addrs := []string{direct, strings.Replace(direct, "/tcp/1", "/udp/1/quic-v1", 1), relayed, relayed + "x"}
		l := LinkAt(pack.Link{ID: made.Package.ID, Publisher: made.Package.Publisher(), Name: "film"}, addrs)
		if !slices.Contains(l.Peers, relayed) || len(l.Peers) > 2 {
			t.Errorf("%v", l.Peers)
		}
	}
}

func TestNoLink(t *testing.T) {
	if _, err := Link(t.Context(), node(t, t.TempDir()), uuid.New()); kindOf(err) != app.NotFound {
		t.Error(err)
	}
	alone, err := boot.Start(t.Context(), boot.Options{Data: t.TempDir(), NoPeers: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := alone.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := Link(t.Context(), alone, uuid.New()); kindOf(err) != app.BadInput {
		t.Errorf("without a node: %v", err)
	}
	path := put(t, "one", t.TempDir(), "a.txt")
	if _, err := Share(t.Context(), alone, Request{Paths: []string{path}}, nil); kindOf(err) != app.BadInput {
		t.Errorf("without a node: %v", err)
	}
	data := t.TempDir()
	s, err := boot.OpenStore(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	set := app.DefaultSettings()
	set.Network.Bind = "grove-test0"
	if err := errors.Join(s.SaveSettings(set), s.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := Link(t.Context(), node(t, data), uuid.New()); kindOf(err) != app.NoInterface {
		t.Errorf("without the interface: %v", err)
	}
}
