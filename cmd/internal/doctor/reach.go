package doctor

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"grove/app"
	"grove/p2p"
)

// StateOff is Reach.State without peers.
const StateOff = "off"

// best is the order of ways in, the best first.
var best = []p2p.WayState{p2p.WayPublic, p2p.WayPunched, p2p.WayRelayed, p2p.WayUnknown, p2p.WayNone}

// reachOf says how others get in. off says why there are no peers, or is "".
func reachOf(r p2p.Report, set app.Network, off string, now time.Time) Reach {
	out := Reach{
		State: string(p2p.WayUnknown), Ways: []Way{}, Listen: list(r.Listen), Mapped: list(r.Mapped), Observed: list(r.Observed),
		Relays: []Relay{}, Conns: r.Conns, Missed: r.Missed, Asked: now.UTC(),
		Interference: r.Interference.Sentence(),
	}
	at := len(best)
	for _, w := range r.Ways {
		out.Ways = append(out.Ways, Way{w.Family, w.Transport, string(w.State), list(w.Addrs), w.Why})
		if i := slices.Index(best, w.State); i >= 0 && i < at {
			at, out.State = i, string(w.State)
		}
	}
	for _, y := range r.Relays {
		out.Relays = append(out.Relays, Relay{y.Addr, y.Until, errText(y.Err)})
	}
	if off != "" {
		out.State, out.Summary = StateOff, "No: "+off
		return out
	}
	out.Summary = out.summary(r.LocalOnly)
	if !r.LocalOnly {
		out.Help = out.help(set)
	}
	return out
}

func list(s []string) []string { return append([]string{}, s...) }

func errText(err error) string {
	if err == nil {
		return ""
	}
	return clean(err.Error())
}

// summary answers whether others can reach this computer.
func (r Reach) summary(localOnly bool) string {
	if localOnly {
		return "Only from the local network: in local-only mode nobody outside is asked, dialled or let in."
	}
	switch p2p.WayState(r.State) {
	case p2p.WayPublic:
		return "Yes: others can connect to this computer, by " + r.by(p2p.WayPublic) + "."
	case p2p.WayPunched:
		return "With help: a relay introduces both sides, and then they connect directly, by " + r.by(p2p.WayPunched) + "."
	case p2p.WayRelayed:
		return "Perhaps: a relay introduces both sides; whether they can then connect directly depends on both networks."
	case p2p.WayNone:
		return "No: nobody outside can connect to this computer. It can still connect to others."
	}
	return "Not known: nobody outside was there to try it."
}

// by names the ways that are as good as state: "IPv4 and IPv6", "IPv4 over QUIC".
func (r Reach) by(state p2p.WayState) string {
	var out []string
	for _, family := range []string{"IPv4", "IPv6"} {
		var over []string
		all := 0
		for _, w := range r.Ways {
			if w.Family != family {
				continue
			}
			if all++; w.State == string(state) {
				over = append(over, w.Transport)
			}
		}
		switch {
		case len(over) == 0:
		case len(over) == all && all > 1:
			out = append(out, family)
		default:
			out = append(out, family+" over "+strings.Join(over, " and "))
		}
	}
	return strings.Join(out, " and ")
}

// help is what would let more people in; "" where nothing is needed, or nothing
// is known.
func (r Reach) help(set app.Network) string {
	if s := p2p.WayState(r.State); s != p2p.WayRelayed && s != p2p.WayNone {
		return ""
	}
	forward := "forwards " + r.ports() + " to this computer"
	held := slices.ContainsFunc(r.Relays, func(y Relay) bool { return !y.Until.IsZero() })
	refused := len(r.Relays) > 0 && !slices.ContainsFunc(r.Relays, func(y Relay) bool { return y.Error == "" })
	switch {
	case !set.Mapping:
		return "It would help to let Grove ask the router to let others in: grove config set network.mapping on"
	case held:
		return "It would help if the router " + forward + "."
	case refused:
		return "None of the relays helps now. It would help if the router " + forward + ", or to name another relay: grove config set network.relays ADDRESS"
	case len(r.Relays) == 0:
		return "It would help if the router " + forward + ", or to name a relay that introduces others: grove config set network.relays ADDRESS"
	}
	return "It would help if the router " + forward + "."
}

// ports are where this computer listens, as routers ask for them.
func (r Reach) ports() string {
	var out []string
	for _, a := range r.Listen {
		for _, proto := range []string{"tcp", "udp"} {
			if _, rest, ok := strings.Cut(a, "/"+proto+"/"); ok {
				port, _, _ := strings.Cut(rest, "/")
				if p := fmt.Sprintf("%s port %s", strings.ToUpper(proto), port); !slices.Contains(out, p) {
					out = append(out, p)
				}
			}
		}
	}
	switch len(out) {
	case 0:
		return "the port that Grove listens on"
	case 1, 2:
		return strings.Join(out, " and ")
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// findersOf says who answers.
func findersOf(r p2p.Report, set app.Network) []Finder {
	wanted := map[string]bool{"lan": set.Finders.LAN, "tracker": set.Finders.Tracker, "exchange": set.Finders.Exchange, "dht": set.Finders.DHT}
	out := []Finder{}
	for _, f := range r.Finders {
		one := Finder{Name: f.Name, Where: f.Where, On: f.On, Found: f.Found, Last: f.Last, Error: errText(f.Err)}
		switch {
		case f.On || !wanted[f.Name]:
			one.Says = one.says()
		case r.LocalOnly:
			one.Says = "not asked in local-only mode"
		default:
			one.Says = "off for this run (GROVE_FINDERS)"
		}
		out = append(out, one)
	}
	return out
}

func (f Finder) says() string {
	switch {
	case !f.On:
		return "off; grove config set network.finders." + f.Name + " on"
	case f.Error != "":
		return "does not work: " + f.Error
	}
	switch f.Name {
	case "lan":
		if f.Found > 0 {
			return count(f.Found, "other Grove is", "other Groves are") + " there"
		}
		return "no other Grove was heard"
	case "tracker":
		switch {
		case f.Where == "":
			return "none to ask; packages name their own"
		case f.Last.IsZero():
			return "has not answered yet"
		}
		return "answers; " + people(f.Found) + " so far"
	case "exchange":
		if f.Found > 0 {
			return people(f.Found) + " so far"
		}
		return "works between those who fetch the same package"
	case "dht":
		if f.Last.IsZero() {
			return "nobody in it has answered yet"
		}
		return "answers; " + people(f.Found) + " so far"
	}
	return people(f.Found)
}

func people(n int) string { return count(n, "person", "people") }

// count is "1 file" or "3 files".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
