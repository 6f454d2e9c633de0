package p2p

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"grove/app"
)

// Report is how this computer and others find and reach each other now.
type Report struct {
	ID        string   // of this computer
	LocalOnly bool     // nothing outside the local network is tried
	Listen    []string // where it listens
	Ways      []Way    // one for each kind of address it listens on
	Mapped    []string // addresses that the router forwards
	Observed  []string // addresses that others saw it come from
	Relays    []Relay
	Finders   []Finding
	Conns     int // connections now
	// Missed are those of the last ten minutes who came by way of a relay and
	// found no direct way in.
	Missed int
	// Interference is what something on the way does to connections with peers.
	Interference app.Interference
}

// Way is whether others get in by one kind of address.
type Way struct {
	Family    string // "IPv4" or "IPv6"
	Transport string // "TCP" or "QUIC"
	State     WayState
	Addrs     []string // that others may dial
	Why       string   // what State rests on, in a sentence for the user
}

// WayState is a closed list, the best first.
type WayState string

const (
	WayPublic  WayState = "public"  // somebody outside got in, or it is a public address and nobody said otherwise
	WayPunched WayState = "punched" // with the help of a relay, a direct way in has been made
	WayRelayed WayState = "relayed" // a relay passes first messages on; whether a direct way follows is not known
	WayNone    WayState = "none"    // nobody outside gets in
	WayUnknown WayState = "unknown" // nobody was there to ask
)

// Relay is one relay that may help.
type Relay struct {
	Addr  string
	Until time.Time // of the reservation; zero is none
	Err   error     // why there is none, or nil
}

// Finding is one way of finding others.
type Finding struct {
	Name  string // "lan", "tracker", "exchange" or "dht"
	Where string // address of a tracker, or ""
	On    bool
	Found int       // peers it brought since the start
	Last  time.Time // when it last worked; zero is never
	Err   error     // why it does not work now, or nil
}

// Report says how this computer and others find and reach each other now.
func (n *Node) Report() Report {
	now := time.Now()
	r := Report{ID: n.ID(), LocalOnly: n.reach.LocalOnly, Conns: len(n.parts.swarm.Conns()), Missed: n.ways.missed(now),
		Interference: n.interference.believed(now)}
	listen := n.parts.swarm.ListenAddresses()
	for _, a := range listen {
		if !isCircuit(a) {
			r.Listen = append(r.Listen, a.String())
		}
	}
	if n.outreach.mapper != nil {
		for _, a := range n.outreach.mapper.Mapped() {
			r.Mapped = append(r.Mapped, a.String())
		}
	}
	if n.parts.seen != nil {
		for _, a := range n.parts.seen.Addrs(1) {
			r.Observed = append(r.Observed, a.String())
		}
	}
	for _, b := range n.outreach.berths.Report() {
		r.Relays = append(r.Relays, Relay{Addr: infoText(b.Info), Until: b.Until, Err: b.Err})
	}
	placed := slices.ContainsFunc(r.Relays, func(l Relay) bool { return !l.Until.IsZero() })
	for _, w := range []way{{tcp: true}, {}, {ip6: true, tcp: true}, {ip6: true}} {
		if slices.ContainsFunc(listen, func(a ma.Multiaddr) bool { return !isCircuit(a) && wayOf(a) == w }) {
			r.Ways = append(r.Ways, n.wayReport(w, placed, now))
		}
	}
	r.Finders = n.outreach.report(n.finders)
	return r
}

func infoText(i peer.AddrInfo) string {
	if len(i.Addrs) == 0 {
		return "/p2p/" + i.ID.String()
	}
	return i.Addrs[0].String() + "/p2p/" + i.ID.String()
}

// wayReport judges one kind of address: what somebody tried counts for more
// than what the interfaces have.
func (n *Node) wayReport(w way, relayed bool, now time.Time) Way {
	out := Way{Family: "IPv4", Transport: "QUIC", State: WayUnknown}
	if w.ip6 {
		out.Family = "IPv6"
	}
	if w.tcp {
		out.Transport = "TCP"
	}
	ofWay := func(all []ma.Multiaddr) (some []string) {
		for _, a := range all {
			if wayOf(a) == w && !isCircuit(a) {
				some = append(some, a.String())
			}
		}
		return some
	}
	reachable, unreachable := n.parts.tried()
	out.Addrs = ofWay(n.outward())
	own := ofWay(n.interfaceAddrs())
	public, punched := n.ways.recent(w, now)
	switch tried, failed := ofWay(reachable), ofWay(unreachable); {
	case n.reach.LocalOnly:
		out.State, out.Why = WayNone, "In local-only mode only the local network gets in."
	case len(tried) > 0:
		out.State, out.Why = WayPublic, "Another computer tried it and got in."
	case public:
		out.State, out.Why = WayPublic, "Somebody outside got in."
	case punched:
		out.State, out.Why = WayPunched, "With a relay's help a direct connection was made."
	case len(failed) > 0 && relayed:
		out.State, out.Why = WayRelayed, "Another computer tried and did not get in; a relay passes first messages on."
	case len(failed) > 0:
		out.State, out.Why = WayNone, "Another computer tried and did not get in."
	case len(out.Addrs) > 0:
		out.Why = "This computer has such a public address; nobody has tried it yet."
	case len(own) == 0:
		out.State, out.Why = WayNone, fmt.Sprintf("This computer has no %s address.", out.Family)
	case relayed && !w.ip6:
		out.State, out.Why = WayRelayed, "A relay passes first messages on; whether a direct connection follows depends on both networks."
	case !slices.ContainsFunc(own, func(s string) bool { return publicText(s) }):
		out.State, out.Why = WayNone, "Only addresses of the local network are there, and no router or relay lets others in."
	default:
		out.Why = "Nobody was there to ask."
	}
	return out
}

// publicText reports whether a multiaddr in text begins with a public address.
func publicText(s string) bool {
	a, err := ma.NewMultiaddr(s)
	return err == nil && app.Reach{}.Check(ipOf(a), false) == nil
}

// report lists the finders, trackers one by one.
func (o *outreach) report(on app.Finders) []Finding {
	o.mu.Lock()
	defer o.mu.Unlock()
	var out []Finding
	for _, f := range []struct {
		from heardFrom
		on   bool
	}{{fromLAN, on.LAN}, {fromTracker, on.Tracker}, {fromExchange, on.Exchange}, {fromDHT, on.DHT}} {
		one := Finding{Name: finderNames[f.from], On: f.on, Found: o.found[f.from]}
		if len(o.states[f.from]) == 0 {
			out = append(out, one)
		}
		for where, s := range o.states[f.from] {
			one.Where, one.Last, one.Err = where, s.last, s.err
			out = append(out, one)
		}
	}
	slices.SortStableFunc(out, func(a, b Finding) int {
		if a.Name != b.Name {
			return 0
		}
		return strings.Compare(a.Where, b.Where)
	})
	return out
}
