package lan

import (
	"crypto/rand"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
)

func newID(t testing.TB) peer.ID {
	t.Helper()
	_, pub, err := crypto.GenerateEd25519Key(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id, err := peer.IDFromPublicKey(pub)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func segmentOf(own ...string) segment {
	s := segment{name: "eth0", index: 2}
	for _, p := range own {
		s.own = append(s.own, netip.MustParsePrefix(p))
	}
	return s
}

func multiaddrs(t testing.TB, s ...string) []ma.Multiaddr {
	t.Helper()
	var out []ma.Multiaddr
	for _, s := range s {
		a, err := ma.NewMultiaddr(s)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, a)
	}
	return out
}

func texts(addrs []ma.Multiaddr) string {
	var out []string
	for _, a := range addrs {
		out = append(out, a.String())
	}
	return strings.Join(out, " ")
}

func TestSegmentsOf(t *testing.T) {
	const up = net.FlagUp | net.FlagRunning | net.FlagMulticast
	eth := nic{"eth0", 2, up, prefixes("2a00:1:2:3::7/128", "fd00::2/64", "192.168.1.5/24", "fe80::1/64")}
	lan := nic{"wlan0", 3, up, prefixes("10.0.0.5/8", "fe80::2/64")}
	all := []nic{
		{"lo", 1, net.FlagUp | net.FlagRunning | net.FlagMulticast | net.FlagLoopback, prefixes("127.0.0.1/8", "10.9.9.9/32")},
		eth, lan,
		{"down0", 4, net.FlagRunning | net.FlagMulticast, prefixes("10.1.0.1/24")},
		{"noplug0", 5, net.FlagUp | net.FlagMulticast, prefixes("10.2.0.1/24")},
		{"wg0", 6, net.FlagUp | net.FlagRunning, prefixes("10.3.0.1/24")},
		{"veth0", 7, up, prefixes("fe80::3/64")},
		{"public0", 8, up, prefixes("198.51.100.1/24", "100.64.0.1/10", "203.0.113.1/24")},
		{"odd0", 9, up, prefixes("127.0.0.2/8", "::1/128")},
	}
	for _, row := range []struct{ bind, want string }{
		{"", "eth0[192.168.1.5/24 fd00::2/64 2a00:1:2:3::7/128] wlan0[10.0.0.5/8]"},
		{"eth0", "eth0[192.168.1.5/24 fd00::2/64 2a00:1:2:3::7/128]"},
		{"wlan0", "wlan0[10.0.0.5/8]"},
		{"fd00::2", "eth0[fd00::2/64]"},
		{"192.168.1.5", "eth0[192.168.1.5/24]"},
		{"::ffff:192.168.1.5", "eth0[192.168.1.5/24]"},
		{"192.168.1.6", ""},
		{"127.0.0.1", ""},
		{"lo", ""},
		{"down0", ""},
		{"wg0", ""},
		{"eth", ""},
		{"nosuch0", ""},
		{"fe80::1", ""},
		{"10.9.9.9", ""},
	} {
		var got []string
		for _, s := range segmentsOf(row.bind, all) {
			got = append(got, fmt.Sprintf("%s%v", s.name, s.own))
		}
		if got := strings.Join(got, " "); got != row.want {
			t.Errorf("%q: %s, want %s", row.bind, got, row.want)
		}
	}
	var many []nic
	for i := range 100 {
		many = append(many, nic{fmt.Sprint("veth", i), i, up, prefixes(fmt.Sprintf("10.0.%d.1/24", i))})
	}
	if n := len(segmentsOf("", many)); n != maxSegments {
		t.Errorf("%d segments", n)
	}
}

func prefixes(s ...string) []netip.Prefix { return segmentOf(s...).own }

func TestNear(t *testing.T) {
	seg := segmentOf("192.168.1.5/24", "fd00::2/64", "2a00:1:2:3::7/128")
	for _, row := range []struct {
		ip   string
		want bool
	}{
		{"192.168.1.9", true}, {"10.1.1.1", true}, {"172.16.0.1", true}, {"169.254.3.4", true},
		{"fd00::9", true}, {"fd77::9", true},
		{"2a00:1:2:3::9", true}, {"2a00:1:2:3:ffff::", true},
		{"2a00:1:2:4::9", false}, {"2a00:1:2::9", false}, // another /64
		{"127.0.0.1", false}, {"::1", false}, {"::ffff:127.0.0.1", false}, {"::ffff:192.168.1.9", false},
		{"0.0.0.0", false}, {"::", false}, {"224.0.0.251", false}, {"ff02::fb", false}, {"255.255.255.255", false},
		{"8.8.8.8", false}, {"100.64.0.1", false}, {"172.32.0.1", false}, {"64:ff9b::a00:1", false},
		{"fe80::9", false}, {"fe80::9%eth0", false}, {"fd00::9%eth0", false}, {"2a00:1:2:3::9%eth0", false},
	} {
		if got := seg.near(netip.MustParseAddr(row.ip)); got != row.want {
			t.Errorf("%s: %v", row.ip, got)
		}
	}
	if segmentOf("192.168.1.5/24").near(netip.MustParseAddr("2a00:1:2:3::9")) {
		t.Error("a global address is near where there is none here")
	}
}

func TestOnLink(t *testing.T) {
	seg := segmentOf("192.168.1.5/24", "2a00:1:2:3::7/128")
	for _, row := range []struct {
		ip   string
		want bool
	}{
		{"192.168.1.9", true}, {"::ffff:192.168.1.9", true}, {"192.168.2.9", false}, {"8.8.8.8", false}, {"127.0.0.1", false},
		{"fe80::9%eth0", true}, {"fe80::9%2", true}, {"fe80::9%eth1", false}, {"fe80::9%3", false}, {"fe80::9", false},
		{"2a00:1:2:3::9", true}, {"2a00:1:2:4::9", false}, {"fd00::1", false},
	} {
		if got := seg.onLink(netip.MustParseAddr(row.ip)); got != row.want {
			t.Errorf("%s: %v", row.ip, got)
		}
	}
}

func TestAnnounced(t *testing.T) {
	seg := segmentOf("192.168.1.5/24", "fd00::2/64", "2a00:1:2:3::7/128")
	relay := "/p2p/" + newID(t).String() + "/p2p-circuit"
	for _, row := range []struct{ listen, want string }{
		{"/ip4/192.168.1.5/tcp/1", "/ip4/192.168.1.5/tcp/1"},
		{"/ip6/2a00:1:2:3::7/tcp/3 /ip6/fd00::2/tcp/2 /ip4/192.168.1.5/tcp/1 /ip4/192.168.1.5/udp/4/quic-v1",
			"/ip4/192.168.1.5/tcp/1 /ip4/192.168.1.5/udp/4/quic-v1 /ip6/fd00::2/tcp/2 /ip6/2a00:1:2:3::7/tcp/3"},
		{"/ip4/0.0.0.0/tcp/1 /ip6/::/udp/2/quic-v1",
			"/ip4/192.168.1.5/tcp/1 /ip6/fd00::2/udp/2/quic-v1 /ip6/2a00:1:2:3::7/udp/2/quic-v1"},
		{"/ip4/0.0.0.0/tcp/1 /ip4/192.168.1.5/tcp/1", "/ip4/192.168.1.5/tcp/1"},
		// Of this computer, but not of this segment; loopback; not of this computer.
		{"/ip4/10.0.0.5/tcp/1 /ip4/127.0.0.1/tcp/1 /ip6/::1/tcp/1 /ip4/192.168.1.6/tcp/1 /ip4/8.8.8.8/tcp/1 /ip6/fe80::1/tcp/1", ""},
		// Shapes that are not Grove's.
		{"/ip4/192.168.1.5/tcp/1" + relay + " /ip4/192.168.1.5/tcp/1/ws /ip4/192.168.1.5/udp/1 /ip4/192.168.1.5 /dns4/a.local/tcp/1 /ip4/192.168.1.5/tcp/0", ""},
		{"/ip6zone/eth0/ip6/fd00::2/tcp/1", ""},
		{"", ""},
	} {
		got := announced(multiaddrs(t, strings.Fields(row.listen)...), seg)
		if texts(got) != row.want {
			t.Errorf("%s: %s, want %s", row.listen, texts(got), row.want)
		}
	}
	var many []string
	for i := range 50 {
		many = append(many, fmt.Sprintf("/ip6/fd00::2/tcp/%d", i+1), fmt.Sprintf("/ip4/192.168.1.5/tcp/%d", i+1))
	}
	got := announced(multiaddrs(t, many...), seg)
	if len(got) != maxAddrs || !strings.HasPrefix(got[0].String(), "/ip4") {
		t.Errorf("%s", texts(got))
	}
}

func TestAccepted(t *testing.T) {
	seg := segmentOf("192.168.1.5/24", "2a00:1:2:3::7/64")
	self, other, third := newID(t), newID(t), newID(t)
	for _, row := range []struct {
		name, addrs string
		id          peer.ID
		want        string
	}{
		{"good", "/ip4/192.168.1.9/tcp/1 /ip4/192.168.1.9/udp/1/quic-v1 /ip6/fd00::9/tcp/1 /ip6/2a00:1:2:3::9/tcp/1", other,
			"/ip4/192.168.1.9/tcp/1 /ip4/192.168.1.9/udp/1/quic-v1 /ip6/fd00::9/tcp/1 /ip6/2a00:1:2:3::9/tcp/1"},
		{"own ID", "/ip4/192.168.1.9/tcp/1", self, ""},
		{"elsewhere", "/ip4/8.8.8.8/tcp/1 /ip6/2a00:1:2:4::9/tcp/1 /ip4/100.64.0.1/tcp/1", other, ""},
		{"loopback", "/ip4/127.0.0.1/tcp/1 /ip6/::1/tcp/1 /ip6/::ffff:127.0.0.1/tcp/1", other, ""},
		{"link-local", "/ip6/fe80::9/tcp/1 /ip6zone/eth0/ip6/fe80::9/tcp/1", other, ""},
		{"names", "/dns4/router.local/tcp/1 /dnsaddr/example.org /dns/localhost/tcp/1", other, ""},
		{"shapes", "/ip4/192.168.1.9/tcp/1/ws /ip4/192.168.1.9/udp/1 /ip4/192.168.1.9/udp/1/quic-v1/webtransport /ip4/192.168.1.9 /unix/tmp", other, ""},
		{"circuit", "/ip4/192.168.1.9/tcp/1/p2p/" + third.String() + "/p2p-circuit", other, ""},
		{"port 0", "/ip4/192.168.1.9/tcp/0", other, ""},
		{"one of each", "/ip4/8.8.8.8/tcp/1 /ip4/192.168.1.9/tcp/1 garbage", other, "/ip4/192.168.1.9/tcp/1"},
		{"the same twice", "/ip4/192.168.1.9/tcp/1 /ip4/192.168.1.9/tcp/1", other, "/ip4/192.168.1.9/tcp/1"},
	} {
		var txt []string
		for _, a := range strings.Fields(row.addrs) {
			txt = append(txt, dnsaddr+a+"/p2p/"+row.id.String())
		}
		info, ok := accepted(txt, seg, self)
		if texts(info.Addrs) != row.want || ok != (row.want != "") || ok && info.ID != row.id {
			t.Errorf("%s: %v %v", row.name, info, ok)
		}
	}

	good := dnsaddr + "/ip4/192.168.1.9/tcp/1/p2p/" + other.String()
	for _, bad := range []string{"", "dnsaddr", dnsaddr, dnsaddr + "\xff\xfe", "DNSADDR=/ip4/192.168.1.8/tcp/1/p2p/" + other.String(),
		dnsaddr + "/ip4/192.168.1.8/tcp/1", dnsaddr + "/p2p/" + other.String(), dnsaddr + "/ip4/192.168.1.8/tcp/99999/p2p/" + other.String(),
		dnsaddr + "/ip4/１９２.168.1.8/tcp/1/p2p/" + other.String(), dnsaddr + strings.Repeat("/ip4/192.168.1.8", 14),
		dnsaddr + "/ip4/192.168.1.8/tcp/1/p2p/" + other.String() + "x", dnsaddr + "/ip4/192.168.1.8/tcp/1/p2p/" + third.String()[:20]} {
		if info, ok := accepted([]string{bad}, seg, self); ok {
			t.Errorf("%q: %v", bad, info)
		}
		if info, ok := accepted([]string{bad, good}, seg, self); !ok || len(info.Addrs) != 1 {
			t.Errorf("%q spoils others: %v", bad, info)
		}
	}
	if info, ok := accepted([]string{good, strings.ReplaceAll(good, other.String(), third.String())}, seg, self); !ok || info.ID != other || len(info.Addrs) != 1 {
		t.Errorf("a record of two peers: %v", info)
	}
	var many []string
	for i := range 1000 {
		many = append(many, fmt.Sprintf("%s/ip4/192.168.1.9/tcp/%d/p2p/%s", dnsaddr, i+1, other))
	}
	if info, _ := accepted(many, seg, self); len(info.Addrs) != maxAddrs {
		t.Errorf("%d addresses", len(info.Addrs))
	}
}

// FuzzAccepted looks for strings that make a peer out of nothing, or one with
// an address that is not of the local network.
func FuzzAccepted(f *testing.F) {
	seg := segmentOf("192.168.1.5/24", "2a00:1:2:3::7/64")
	self, other := newID(f), newID(f)
	for _, a := range []string{"/ip4/192.168.1.9/tcp/1", "/ip6/2a00:1:2:3::9/udp/1/quic-v1", "/ip6/fe80::1/tcp/1", "/ip4/127.0.0.1/tcp/1", ""} {
		f.Add(dnsaddr+a+"/p2p/"+other.String(), dnsaddr+a+"/p2p/"+self.String())
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		info, ok := accepted([]string{a, b, a}, seg, self)
		if ok != (len(info.Addrs) > 0) || ok && (info.ID == "" || info.ID == self || len(info.Addrs) > 2) {
			t.Fatalf("%v %v", info, ok)
		}
		for _, addr := range info.Addrs {
			ip, fits := dialable(addr)
			if !fits || !seg.near(ip) || ip.IsLoopback() || ip.IsMulticast() {
				t.Fatalf("%s", addr)
			}
			if !slices.ContainsFunc([]string{a, b}, func(s string) bool { return strings.HasPrefix(s, dnsaddr+"/ip") }) {
				t.Fatalf("%s of %q and %q", addr, a, b)
			}
		}
	})
}
