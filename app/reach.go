package app

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Reach decides which addresses this computer may connect to. One value is
// made at start and given to everything that dials; it is asked about the
// resolved address, at the moment of connecting. It opens no socket and looks
// nothing up.
//
// Addresses fall into three classes, and whatever is not listed is in none:
//
//   - local: loopback, RFC 1918, link-local and unique local. Allowed in
//     local-only mode, and otherwise only where the user typed them.
//   - global: listed below. Allowed unless in local-only mode.
//   - neither (multicast, unspecified, shared, reserved, documentation,
//     benchmarks, ...): never allowed.
//
// An IPv4 address written as IPv6 (::ffff:0:0/96) is that IPv4 address. A
// NAT64 or 6to4 address goes through a gateway to the IPv4 address inside it:
// it is allowed where that one is global and global ones are allowed, and
// never as a way to a local one.
type Reach struct {
	// LocalOnly: nothing outside loopback and the local network is looked up,
	// dialled, announced to or mapped (GROVE_LOCAL_ONLY=1).
	LocalOnly bool
}

// localBlocks are the networks of this computer and its neighbours.
var localBlocks = prefixes(
	"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16",
	"::1/128", "fc00::/7", "fe80::/10",
)

// notGlobal4 is the IANA IPv4 Special-Purpose Address Registry (all of it:
// also the entries that are routed, because no origin or peer lies there),
// and multicast.
var notGlobal4 = prefixes(
	"0.0.0.0/8",       // this network
	"10.0.0.0/8",      // private
	"100.64.0.0/10",   // shared with a carrier
	"127.0.0.0/8",     // loopback
	"169.254.0.0/16",  // link-local
	"172.16.0.0/12",   // private
	"192.0.0.0/24",    // protocol assignments
	"192.0.2.0/24",    // documentation
	"192.31.196.0/24", // AS112
	"192.52.193.0/24", // AMT
	"192.88.99.0/24",  // 6to4 relay, deprecated
	"192.168.0.0/16",  // private
	"192.175.48.0/24", // AS112
	"198.18.0.0/15",   // benchmarks
	"198.51.100.0/24", // documentation
	"203.0.113.0/24",  // documentation
	"224.0.0.0/4",     // multicast
	"240.0.0.0/4",     // reserved, and broadcast
)

// global6 is the only IPv6 space that is handed out as global unicast, and
// notGlobal6 the special blocks inside it (IANA IPv6 Special-Purpose Address
// Registry).
var (
	global6    = netip.MustParsePrefix("2000::/3")
	notGlobal6 = prefixes(
		"2001::/23",         // protocol assignments: Teredo, benchmarks, ORCHID
		"2001:db8::/32",     // documentation
		"2002::/16",         // 6to4, judged by the address inside
		"2620:4f:8000::/48", // AS112
		"3fff::/20",         // documentation
	)
	nat64  = netip.MustParsePrefix("64:ff9b::/96")
	sixTo4 = netip.MustParsePrefix("2002::/16")
)

func prefixes(s ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(s))
	for i := range s {
		out[i] = netip.MustParsePrefix(s[i])
	}
	return out
}

func within(ip netip.Addr, blocks []netip.Prefix) bool {
	for _, b := range blocks {
		if b.Contains(ip) {
			return true
		}
	}
	return false
}

// IsLocal reports whether ip is of this computer or its local network:
// loopback, RFC 1918, link-local or unique local.
func IsLocal(ip netip.Addr) bool { return within(ip.Unmap().WithZone(""), localBlocks) }

// isGlobal reports whether ip is in a listed global range, or leads through a
// NAT64 or 6to4 gateway to one that is.
func isGlobal(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	if !ip.IsValid() {
		return false
	}
	if ip.Is4() {
		return !within(ip, notGlobal4)
	}
	b := ip.As16()
	switch {
	case nat64.Contains(ip):
		return isGlobal(netip.AddrFrom4([4]byte(b[12:16])))
	case sixTo4.Contains(ip):
		return isGlobal(netip.AddrFrom4([4]byte(b[2:6])))
	}
	return global6.Contains(ip) && !within(ip, notGlobal6)
}

var (
	errOutside  = errors.New("local-only mode: not on this computer or its local network")
	errPrivate  = errors.New("an address of this computer or the local network counts only where you typed it, or in local-only mode")
	errReserved = errors.New("a special-purpose address")
)

// Check returns nil if ip may be connected to, else a Refused problem that
// names it. typed says that the user gave the address by hand on this
// computer; only then, or in local-only mode, may it be a private one.
func (r Reach) Check(ip netip.Addr, typed bool) error {
	var why error
	switch {
	case IsLocal(ip):
		if r.LocalOnly || typed {
			return nil
		}
		why = errPrivate
	case isGlobal(ip):
		if !r.LocalOnly {
			return nil
		}
		why = errOutside
	default:
		why = errReserved
	}
	return NewProblem(Refused, ip.String(), why)
}

// CheckHost judges the text of a host, a name or an IP address without
// brackets, before anything is looked up; Check has the last word on the
// address that comes of it. In local-only mode only names that cannot belong
// to somebody outside are let through, because looking one up asks outside.
func (r Reach) CheckHost(host string, typed bool) error {
	if ip, err := netip.ParseAddr(host); err == nil {
		return r.Check(ip, typed)
	}
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	if err := checkName(name); err != nil {
		return NewProblem(Refused, strconv.Quote(host), err)
	}
	switch local := isLocalName(name); {
	case local && !r.LocalOnly && !typed:
		return NewProblem(Refused, host, errPrivate)
	case !local && r.LocalOnly:
		return NewProblem(Refused, host, errOutside)
	}
	return nil
}

// checkName takes names as they go to the DNS and nothing that a resolver
// may read as a number: the C library takes 127.1 and 0x7f000001 for loopback.
func checkName(name string) error {
	if name == "" || len(name) > 253 {
		return errors.New("no host name")
	}
	labels := strings.Split(name, ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 {
			return errors.New("not a host name")
		}
		for _, c := range []byte(l) {
			if c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
				return errors.New("not a host name in ASCII")
			}
		}
	}
	last := labels[len(labels)-1]
	if last[0] >= '0' && last[0] <= '9' {
		return errors.New("a number that is not an IP address")
	}
	return nil
}

// isLocalName reports whether name is resolved on this computer or its local
// network: one label, or below a domain reserved for that.
func isLocalName(name string) bool {
	if !strings.Contains(name, ".") {
		return true
	}
	for _, d := range []string{".localhost", ".local", ".internal", ".home.arpa"} {
		if strings.HasSuffix(name, d) {
			return true
		}
	}
	return false
}

// CheckURL judges the text of an HTTP address before anything is looked up:
// http or https, a host that CheckHost takes, port 80, 443 or at least 1024,
// no user name and no fragment. Where it is refused the error is a Refused
// problem that names what was wrong.
func (r Reach) CheckURL(u *url.URL, typed bool) error {
	refuse := func(why string) error {
		return NewProblem(Refused, u.Redacted(), errors.New(why))
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return refuse("only http and https addresses")
	case u.Opaque != "":
		return refuse("not a full address")
	case u.User != nil:
		return refuse("a user name or password in the address")
	case u.Fragment != "":
		return refuse("a fragment (#) in the address")
	}
	if p := u.Port(); p != "" {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n != 80 && n != 443 && n < 1024 {
			return refuse(fmt.Sprintf("port %s; only 80, 443 and 1024 to 65535", p))
		}
	}
	return r.CheckHost(u.Hostname(), typed)
}
