package tracker

import (
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"grove/app"
)

// maxCircuits is how many addresses by way of a relay are kept of one
// announce: a peer keeps reservations at two relays.
const maxCircuits = 2

// doubt decides what is believed of the addresses in an announce. The tracker
// hands them to a crowd, so nobody may name somebody else's: an IP address
// counts only where the announce came from it.
type doubt struct {
	reach app.Reach
	// relays are the only relays that addresses may lead through; nil is any.
	// The tracker cannot see whether the peer is at a relay.
	relays []netip.Addr
}

// believe returns those of addrs that can be handed on, without the peer's own
// /p2p. from is where the announce came from.
func (d doubt) believe(addrs []string, id peer.ID, from netip.Addr) []string {
	var out []string
	circuits := 0
	for _, text := range addrs {
		if len(text) > maxAddr {
			continue
		}
		addr, err := ma.NewMultiaddr(text)
		if err != nil {
			continue
		}
		addr, own := withoutOwn(addr, id)
		ip, relay, err := shape(addr)
		switch {
		case !own || err != nil || d.reach.Check(ip, false) != nil:
			continue
		case relay == "" && !sameHost(ip, from):
			continue
		case relay != "":
			if circuits == maxCircuits || relay == id || d.relays != nil && !slices.Contains(d.relays, ip) {
				continue
			}
			circuits++
		}
		if s := addr.String(); !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// withoutOwn takes the /p2p of the peer itself off the end of addr; not own
// if it is another's.
func withoutOwn(addr ma.Multiaddr, id peer.ID) (rest ma.Multiaddr, own bool) {
	if n := len(addr); n > 0 && addr[n-1].Protocol().Code == ma.P_P2P {
		return addr[:n-1], string(addr[n-1].RawValue()) == string(id)
	}
	return addr, true
}

var errShape = errors.New("not an address that peers dial")

// shape accepts <IP>/tcp/<port> and <IP>/udp/<port>/quic-v1, and either
// followed by /p2p/<relay>/p2p-circuit. ip is the first IP address.
func shape(addr ma.Multiaddr) (ip netip.Addr, relay peer.ID, err error) {
	if n := len(addr); n > 2 && addr[n-1].Protocol().Code == ma.P_CIRCUIT {
		if addr[n-2].Protocol().Code != ma.P_P2P {
			return ip, "", errShape
		}
		relay, addr = peer.ID(addr[n-2].RawValue()), addr[:n-2]
	}
	tcp := len(addr) == 2 && addr[1].Protocol().Code == ma.P_TCP
	quic := len(addr) == 3 && addr[1].Protocol().Code == ma.P_UDP && addr[2].Protocol().Code == ma.P_QUIC_V1
	if !tcp && !quic || !mayDial(addr[1].Value()) {
		return ip, "", errShape
	}
	if c := addr[0].Protocol().Code; c == ma.P_IP4 || c == ma.P_IP6 {
		ip, _ = netip.AddrFromSlice(addr[0].RawValue())
	}
	if !ip.IsValid() || ip.Is4In6() {
		return ip, "", errShape
	}
	return ip, relay, nil
}

// mayDial leaves out the ports of other services, as app.Reach does for web
// addresses: who shares an address with others must not send a crowd to their
// mail server.
func mayDial(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && (n == 80 || n == 443 || n >= 1024)
}

// sameHost reports whether ip is where from came from. One IPv6 host has many
// addresses in its network.
func sameHost(ip, from netip.Addr) bool {
	return ip.Is4() == from.Is4() && blockOf(ip, 0) == blockOf(from, 0)
}

// proxies are the reverse proxies in front of the tracker that say where a
// request came from.
type proxies struct {
	trusted []netip.Prefix
	header  string
}

func (p proxies) trusts(ip netip.Addr) bool {
	return slices.ContainsFunc(p.trusted, func(b netip.Prefix) bool { return b.Contains(ip) })
}

var errUnknown = errors.New("it cannot be seen where the request came from")

// origin is where a request came from: the other end of its connection, or
// the last address in the header of a trusted proxy that is none itself.
func (p proxies) origin(r *http.Request) (netip.Addr, error) {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}, errUnknown
	}
	at := ap.Addr().Unmap().WithZone("")
	if !p.trusts(at) {
		return at, nil
	}
	hops := strings.Split(strings.Join(r.Header.Values(p.header), ","), ",")
	for _, hop := range slices.Backward(hops) {
		hop = strings.TrimSpace(hop)
		if hop == "" {
			continue
		}
		if p.header == forwarded {
			hop = forwardedFor(hop)
		}
		if at, err = parseHop(hop); err != nil {
			return netip.Addr{}, errUnknown // and what is before it cannot be believed
		}
		if !p.trusts(at) {
			break
		}
	}
	return at, nil
}

const forwarded = "Forwarded" // RFC 7239

// forwardedFor is the "for" of one element of a Forwarded header, "" for none.
func forwardedFor(element string) string {
	for pair := range strings.SplitSeq(element, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
		if strings.EqualFold(name, "for") {
			return strings.Trim(value, `"`)
		}
	}
	return ""
}

// parseHop reads an IP address with or without a port.
func parseHop(s string) (netip.Addr, error) {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone(""), nil
	}
	ip, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
	return ip.Unmap().WithZone(""), err
}
