package p2p

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"

	"grove/app"
)

// maxAddrs is how many addresses of one peer are tried, names counted by the
// addresses behind them.
const maxAddrs = 8

// CheckPeer reports whether s is an address a peer can have: a multiaddr of
// an IP address or a name, TCP or QUIC, ending in /p2p/ and a peer ID, or the
// same of a relay, then /p2p-circuit/p2p/ and the peer ID. The error is a
// BadInput problem. Whether it may be dialled is another question.
func CheckPeer(s string) error {
	_, _, err := parsePeer(s)
	return err
}

// parsePeer splits a multiaddr into the peer and its address.
func parsePeer(s string) (peer.ID, ma.Multiaddr, error) {
	bad := func(why error) (peer.ID, ma.Multiaddr, error) {
		return "", nil, app.NewProblem(app.BadInput, fmt.Sprintf("%q is not the address of a peer", s), why)
	}
	if len(s) > 512 {
		return bad(errors.New("longer than 512 bytes"))
	}
	m, err := ma.NewMultiaddr(s)
	if err != nil {
		return bad(err)
	}
	addr, id := peer.SplitAddr(m)
	if id == "" || addr == nil {
		return bad(errors.New("an address and /p2p/ with a peer ID are needed"))
	}
	if err := checkShape(addr); err != nil {
		return bad(err)
	}
	return id, addr, nil
}

// checkShape accepts <host>/tcp/<port> and <host>/udp/<port>/quic-v1, alone or
// as the way to a relay: followed by /p2p/<relay>/p2p-circuit.
func checkShape(addr ma.Multiaddr) error {
	var codes []int
	for _, c := range addr {
		codes = append(codes, c.Protocol().Code)
	}
	if n := len(codes); n > 2 && codes[n-1] == ma.P_CIRCUIT && codes[n-2] == ma.P_P2P {
		codes = codes[:n-2]
	}
	if len(codes) == 0 || !slices.Contains([]int{ma.P_IP4, ma.P_IP6, ma.P_DNS, ma.P_DNS4, ma.P_DNS6}, codes[0]) {
		return errors.New("it begins with neither an IP address nor a name")
	}
	if !slices.Equal(codes[1:], []int{ma.P_TCP}) && !slices.Equal(codes[1:], []int{ma.P_UDP, ma.P_QUIC_V1}) {
		return errors.New("only TCP and QUIC are spoken")
	}
	return nil
}

// target is a peer to dial and where.
type target struct {
	id    peer.ID
	addrs []typedAddr
}

type typedAddr struct {
	addr  ma.Multiaddr
	typed bool // by the user on this computer
	near  bool // heard of on the local network, where it may lie
}

// local reports whether the address may be of the local network.
func (a typedAddr) local() bool { return a.typed || a.near }

// isCircuit reports whether a leads by way of a relay.
func isCircuit(a ma.Multiaddr) bool { return hasProtocol(a, ma.P_CIRCUIT) }

// relayOf is the relay that a leads by way of, or "".
func relayOf(a ma.Multiaddr) peer.ID {
	for _, c := range a {
		if c.Protocol().Code == ma.P_P2P {
			id, err := peer.IDFromBytes(c.RawValue())
			if err != nil {
				return ""
			}
			return id
		}
	}
	return ""
}

// parseTargets groups addresses by peer. Bad ones from links and manifests are
// left out; a bad one that was typed is the error.
func parseTargets(hints, typed []string) ([]target, error) {
	var out []target
	at := map[peer.ID]int{}
	add := func(s string, typed bool) error {
		id, addr, err := parsePeer(s)
		if err != nil {
			return err
		}
		i, ok := at[id]
		if !ok {
			i = len(out)
			at[id] = i
			out = append(out, target{id: id})
		}
		if len(out[i].addrs) < maxAddrs {
			out[i].addrs = append(out[i].addrs, typedAddr{addr: addr, typed: typed})
		}
		return nil
	}
	for _, s := range typed {
		if err := add(s, true); err != nil {
			return nil, err
		}
	}
	for _, s := range hints {
		_ = add(s, false) // a hint that cannot be read is no hint
	}
	return out, nil
}

// ipOf returns the IP address a multiaddr begins with, or the zero Addr.
func ipOf(addr ma.Multiaddr) netip.Addr {
	ip, err := manet.ToIP(addr)
	if err != nil {
		return netip.Addr{}
	}
	a, _ := netip.AddrFromSlice(ip)
	return a.Unmap()
}

// permits is what the dial gate lets through beside the general rule: the
// addresses of dials under way that the user typed, or that the local network
// named.
type permits struct {
	mu   sync.Mutex
	open map[permit]int // guarded by mu
}

type permit struct {
	id peer.ID
	ip netip.Addr
}

// grant allows those of addrs that may be local until the returned function runs.
func (p *permits) grant(id peer.ID, addrs []typedAddr) (revoke func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var mine []permit
	for _, a := range addrs {
		if a.local() {
			k := permit{id, ipOf(a.addr)}
			p.open[k]++
			mine = append(mine, k)
		}
	}
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, k := range mine {
			if p.open[k]--; p.open[k] == 0 {
				delete(p.open, k)
			}
		}
	}
}

func (p *permits) has(id peer.ID, ip netip.Addr) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.open[permit{id, ip}] > 0
}

// label is how people tell peers apart: the end of a peer ID.
func label(id peer.ID) string {
	s := id.String()
	return s[max(0, len(s)-8):]
}
