package app

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

// Each address has one class; the class decides all four cases.
const (
	classGlobal = "global"
	classLocal  = "local"
	classNever  = "never"
)

var reachTable = []struct{ addr, class string }{
	// Special-purpose addresses. The obvious test (global unicast and neither
	// private nor loopback) lets 17 of the first 31 through.
	{"0.0.0.0", classNever},
	{"0.1.2.3", classNever},
	{"10.1.2.3", classLocal},
	{"100.64.0.1", classNever},
	{"127.0.0.1", classLocal},
	{"169.254.169.254", classLocal},
	{"172.16.0.1", classLocal},
	{"192.0.0.8", classNever},
	{"192.0.2.1", classNever},
	{"192.168.1.1", classLocal},
	{"198.18.0.1", classNever},
	{"203.0.113.7", classNever},
	{"224.0.0.1", classNever},
	{"240.0.0.1", classNever},
	{"255.255.255.255", classNever},
	{"::", classNever},
	{"::1", classLocal},
	{"::ffff:127.0.0.1", classLocal},
	{"::127.0.0.1", classNever},
	{"64:ff9b::7f00:1", classNever},
	{"64:ff9b:1::1", classNever},
	{"100::1", classNever},
	{"2001::1", classNever},
	{"2001:db8::1", classNever},
	{"2002:7f00:1::", classNever},
	{"3fff::1", classNever},
	{"5f00::1", classNever},
	{"fc00::1", classLocal},
	{"fe80::1", classLocal},
	{"fec0::1", classNever},
	{"ff02::1", classNever},

	// More of the registries, and the edges of blocks.
	{"9.255.255.255", classGlobal},
	{"11.0.0.0", classGlobal},
	{"100.63.255.255", classGlobal},
	{"100.127.255.255", classNever},
	{"100.128.0.0", classGlobal},
	{"126.255.255.255", classGlobal},
	{"127.255.255.255", classLocal},
	{"128.0.0.0", classGlobal},
	{"172.15.255.255", classGlobal},
	{"172.31.255.255", classLocal},
	{"172.32.0.0", classGlobal},
	{"192.0.0.255", classNever},
	{"192.0.1.0", classGlobal},
	{"192.31.196.1", classNever},
	{"192.52.193.1", classNever},
	{"192.88.99.1", classNever},
	{"192.175.48.1", classNever},
	{"198.17.255.255", classGlobal},
	{"198.19.255.255", classNever},
	{"198.20.0.0", classGlobal},
	{"198.51.100.1", classNever},
	{"223.255.255.255", classGlobal},
	{"239.1.2.3", classNever},
	{"1.1.1.1", classGlobal},
	{"::ffff:1.1.1.1", classGlobal},
	{"::ffff:10.0.0.1", classLocal},
	{"::ffff:0.0.0.0", classNever},
	{"::ffff:100.64.0.1", classNever},
	{"64:ff9b::101:101", classGlobal},
	{"64:ff9b::a00:1", classNever},
	{"64:ff9b::6440:1", classNever},
	{"2002:101:101::1", classGlobal},
	{"2002:a00:1::1", classNever},
	{"2002:c0a8:101::1", classNever},
	{"1fff:ffff::1", classNever},
	{"2000::1", classGlobal},
	{"2001:1ff:ffff::1", classNever},
	{"2001:200::1", classGlobal},
	{"2001:db7::1", classGlobal},
	{"2001:db9::1", classGlobal},
	{"2606:4700::1111", classGlobal},
	{"2620:4f:8000::1", classNever},
	{"3ffe:ffff::1", classGlobal},
	{"3fff:1000::1", classGlobal},
	{"4000::1", classNever},
	{"fd12:3456::1", classLocal},
	{"fe80::1%eth0", classLocal},
	{"febf::1", classLocal},
	{"ff0e::1", classNever},
	{"::2", classNever},
}

func TestReachCheck(t *testing.T) {
	for _, row := range reachTable {
		ip := netip.MustParseAddr(row.addr)
		for _, c := range []struct {
			name      string
			localOnly bool
			typed     bool
			allowed   bool
		}{
			{"anywhere, from a manifest", false, false, row.class == classGlobal},
			{"anywhere, typed", false, true, row.class != classNever},
			{"local only, from a manifest", true, false, row.class == classLocal},
			{"local only, typed", true, true, row.class == classLocal},
		} {
			err := Reach{LocalOnly: c.localOnly}.Check(ip, c.typed)
			if (err == nil) != c.allowed {
				t.Errorf("%s, %s: %v, want allowed=%v", row.addr, c.name, err, c.allowed)
			}
			if err == nil {
				continue
			}
			var p *Problem
			if !errors.As(err, &p) || p.Kind != Refused || p.Subject != ip.String() || p.Err == nil {
				t.Errorf("%s, %s: %#v, want a Refused problem naming the address and the reason", row.addr, c.name, err)
			}
		}
	}
	if err := (Reach{}).Check(netip.Addr{}, true); err == nil {
		t.Error("the zero address was allowed")
	}
}

func TestReachCheckURL(t *testing.T) {
	const (
		always    = "always"    // from a manifest, outside local-only mode; not inside it
		typedOnly = "typedOnly" // typed, or in local-only mode
		never     = "never"
	)
	for _, row := range []struct{ url, want string }{
		{"https://cdn.example/x", always},
		{"http://cdn.example:80/x", always},
		{"https://cdn.example.:443/x", always},
		{"https://CDN.Example:8443/x", always},
		{"https://a_b-c.example:1024/", always},
		{"https://1.1.1.1/x", always},
		{"https://[2606:4700::1111]:65535/x", always},
		{"https://cdn.example/x?q=1", always},

		{"http://127.0.0.1:8080/x", typedOnly},
		{"http://[::1]:8080/x", typedOnly},
		{"http://[::ffff:7f00:1]/x", typedOnly},
		{"http://[fe80::1%25eth0]/x", typedOnly},
		{"http://192.168.1.2/x", typedOnly},
		{"http://localhost:8000/", typedOnly},
		{"http://LOCALHOST./", typedOnly},
		{"http://a.localhost/", typedOnly},
		{"http://nas/", typedOnly},
		{"http://nas.local/", typedOnly},
		{"http://nas.home.arpa/", typedOnly},

		{"ftp://cdn.example/x", never},
		{"file:///etc/passwd", never},
		{"HTTPS:cdn.example/x", never},
		{"//cdn.example/x", never},
		{"/x", never},
		{"https:///x", never},
		{"https://me@cdn.example/x", never},
		{"https://me:secret@cdn.example/x", never},
		{"https://cdn.example/x#part", never},
		{"https://cdn.example:22/", never},
		{"https://cdn.example:0/", never},
		{"https://cdn.example:1023/", never},
		{"https://cdn.example:65536/", never},
		{"https://cdn.example:99999999999999999999/", never},
		{"https://bücher.example/", never},
		{"https://cdn..example/", never},
		{"https://cdn example/", never},
		{"https://127.1/", never},
		{"https://0177.0.0.1/", never},
		{"https://2130706433/", never},
		{"https://0x7f000001/", never},
		{"https://0x7f.1/", never},
		{"https://1.1.1.1./", never},
		{"https://0.0.0.0/", never},
		{"https://[64:ff9b::7f00:1]/", never},
		{"https://" + strings.Repeat("a", 64) + ".example/", never},
		{"https://" + strings.Repeat("a.", 127) + "example/", never},
	} {
		u, err := url.Parse(row.url)
		if err != nil {
			if row.want != never {
				t.Errorf("%s: %v", row.url, err)
			}
			continue
		}
		for _, c := range []struct {
			name    string
			reach   Reach
			typed   bool
			allowed bool
		}{
			{"anywhere, from a manifest", Reach{}, false, row.want == always},
			{"anywhere, typed", Reach{}, true, row.want != never},
			{"local only", Reach{LocalOnly: true}, false, row.want == typedOnly},
			{"local only, typed", Reach{LocalOnly: true}, true, row.want == typedOnly},
		} {
			err := c.reach.CheckURL(u, c.typed)
			if (err == nil) != c.allowed {
				t.Errorf("%s, %s: %v, want allowed=%v", row.url, c.name, err, c.allowed)
			}
			var p *Problem
			if err != nil && (!errors.As(err, &p) || p.Kind != Refused || p.Subject == "") {
				t.Errorf("%s, %s: %#v, want a Refused problem with a subject", row.url, c.name, err)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("%s: the password is in the error: %v", row.url, err)
			}
		}
	}
}
