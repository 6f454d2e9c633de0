package doctor

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"grove/app"
	"grove/p2p"
)

// ways are the four kinds, with a state each: IPv4 TCP, IPv4 QUIC, IPv6 TCP,
// IPv6 QUIC; "" is one that it does not listen on.
func ways(states ...p2p.WayState) (out []p2p.Way) {
	why := map[p2p.WayState]string{
		p2p.WayPublic: "Another computer tried it and got in.", p2p.WayPunched: "With a relay's help a direct connection was made.",
		p2p.WayRelayed: "Another computer tried and did not get in; a relay passes first messages on.",
		p2p.WayNone:    "Another computer tried and did not get in.", p2p.WayUnknown: "Nobody was there to ask.",
	}
	for i, s := range states {
		if s == "" {
			continue
		}
		w := p2p.Way{Family: "IPv4", Transport: "TCP", State: s, Why: why[s]}
		if i >= 2 {
			w.Family = "IPv6"
		}
		if i%2 == 1 {
			w.Transport = "QUIC"
		}
		if s == p2p.WayPublic {
			w.Addrs = []string{[]string{"/ip4/198.51.100.7/tcp/12345", "/ip4/198.51.100.7/udp/12345/quic-v1", "/ip6/2001:db8::7/tcp/12345", "/ip6/2001:db8::7/udp/12345/quic-v1"}[i]}
		}
		out = append(out, w)
	}
	return out
}

var listens = []string{"/ip4/0.0.0.0/tcp/12345", "/ip4/0.0.0.0/udp/12345/quic-v1", "/ip6/::/tcp/12345", "/ip6/::/udp/12345/quic-v1"}

const testRelay = "/dns4/relay.example.org/tcp/4001/p2p/12D3KooWRelay"

// finders are all four, on or off.
func finders(on bool) []p2p.Finding {
	return []p2p.Finding{{Name: "lan", On: on}, {Name: "tracker", On: on}, {Name: "exchange", On: on}, {Name: "dht", On: on}}
}

type reachCase struct {
	name string
	set  func(*app.Settings)
	off  string
	said p2p.Report
}

func reachCases() []reachCase {
	held := p2p.Relay{Addr: testRelay, Until: noon.Add(time.Hour)}
	return []reachCase{
		{name: "public", said: p2p.Report{
			Ways: ways(p2p.WayPublic, p2p.WayPublic, p2p.WayPublic, p2p.WayPublic), Listen: listens, Mapped: []string{"/ip4/198.51.100.7/tcp/40000"},
			Observed: []string{"/ip4/198.51.100.7/tcp/40000"}, Conns: 4,
			Finders: []p2p.Finding{
				{Name: "lan", On: true, Found: 2, Last: noon}, {Name: "tracker", On: true, Where: "https://tracker.example.org/", Found: 3, Last: noon},
				{Name: "exchange", On: true, Found: 1, Last: noon}, {Name: "dht", On: true, Found: 1, Last: noon},
			}}},
		{name: "punched", said: p2p.Report{Ways: ways(p2p.WayNone, p2p.WayPunched, "", ""), Listen: listens[:2], Relays: []p2p.Relay{held}, Finders: finders(true)}},
		{name: "relayed only", said: p2p.Report{
			Ways: ways(p2p.WayRelayed, p2p.WayRelayed, p2p.WayNone, p2p.WayNone), Listen: listens, Missed: 2,
			Relays:  []p2p.Relay{held, {Addr: "/ip4/198.51.100.9/tcp/1/p2p/12D3KooWOther", Err: errors.New("reservation refused")}, {Addr: "/ip4/198.51.100.10/tcp/1/p2p/12D3KooWThird"}},
			Finders: []p2p.Finding{{Name: "tracker", On: true, Where: "https://tracker.example.org/", Err: errors.New("connection refused")}}}},
		{name: "none", said: p2p.Report{Ways: ways(p2p.WayNone, p2p.WayNone, p2p.WayNone, p2p.WayNone), Listen: listens, Finders: finders(true)}},
		{name: "none, relays refuse", said: p2p.Report{Ways: ways(p2p.WayNone, p2p.WayNone, "", ""), Listen: listens[:2], Relays: []p2p.Relay{{Addr: testRelay, Err: errors.New("no answer")}}}},
		{name: "none, mapping off", set: func(s *app.Settings) { s.Network.Mapping = false }, said: p2p.Report{Ways: ways(p2p.WayNone, p2p.WayNone, "", ""), Listen: listens[:2]}},
		{name: "IPv6 only", said: p2p.Report{Ways: ways(p2p.WayNone, p2p.WayNone, p2p.WayPublic, p2p.WayUnknown), Listen: listens, Finders: finders(true)}},
		{name: "nothing known", said: p2p.Report{Ways: ways(p2p.WayUnknown, p2p.WayUnknown, p2p.WayUnknown, p2p.WayUnknown), Listen: listens, Finders: finders(true)}},
		{name: "nothing said", said: p2p.Report{}},
		{name: "all finders off", said: p2p.Report{Ways: ways(p2p.WayPublic, "", "", ""), Listen: listens[:1], Finders: finders(false)},
			set: func(s *app.Settings) { s.Network.Finders = app.Finders{} }},
		{name: "local only", set: func(s *app.Settings) { s.Network.LocalOnly = true }, said: p2p.Report{LocalOnly: true,
			Ways: []p2p.Way{{Family: "IPv4", Transport: "TCP", State: p2p.WayNone, Why: "In local-only mode only the local network gets in."}}, Listen: listens[:1],
			Finders: []p2p.Finding{{Name: "lan", On: true, Found: 1, Last: noon}, {Name: "dht"}}}},
		{name: "finders of the environment", said: p2p.Report{Finders: []p2p.Finding{{Name: "lan", On: true}, {Name: "tracker"}}}},
		{name: "no peers", off: "peers are off. grove config set network.peers on", set: func(s *app.Settings) { s.Network.Peers = false }},
		{name: "unknown words", said: p2p.Report{Ways: []p2p.Way{{Family: "IPv4", Transport: "TCP", State: "upside-down"}}, Finders: []p2p.Finding{{Name: "gossip", On: true, Found: 1}}}},
	}
}

func (c reachCase) report() *Report {
	set := app.DefaultSettings()
	if c.set != nil {
		c.set(&set)
	}
	r := &Report{Settings: settingsOf(set, false), Reach: reachOf(c.said, set.Network, c.off, noon), Finders: findersOf(c.said, set.Network)}
	if r.Reach.Help != "" {
		r.Advice = append(r.Advice, r.Reach.Help)
	}
	return r
}

// TestReachText: what is said about ways in and finders, for every state there
// is.
func TestReachText(t *testing.T) {
	var all strings.Builder
	for _, c := range reachCases() {
		fmt.Fprintf(&all, "==== %s\n", c.name)
		r := c.report()
		for _, s := range r.Settings {
			fmt.Fprintf(&all, "  %s %s: %s\n", s.Name, s.Value, s.Means)
		}
		r.reachText(&all)
		r.findersText(&all)
		for _, s := range r.Advice {
			fmt.Fprintf(&all, "\n  -> %s\n", s)
		}
		all.WriteString("\n")
	}
	golden(t, "reach.txt", all.String())
}

// TestReachRedacted: of what Grove says nothing is lost in a bundle but whom
// it is about.
func TestReachRedacted(t *testing.T) {
	for _, c := range reachCases() {
		red := NewRedactor()
		red.Show(shownNames...)
		clean, err := Redacted(red, *c.report())
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		clean.reachText(&b)
		clean.findersText(&b)
		text := red.Text(b.String())
		for _, secret := range []string{"198.51.100", "2001:db8", "example", "12D3"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s: %s is left in\n%s", c.name, secret, text)
			}
		}
		if strings.Contains(text, gone) && c.name != "unknown words" {
			t.Errorf("%s: some of it is gone:\n%s", c.name, text)
		}
	}
}

func TestHelp(t *testing.T) {
	for name, want := range map[string]string{
		"public": "", "punched": "", "IPv6 only": "", "local only": "", "no peers": "",
		"none": "network.relays ADDRESS", "none, relays refuse": "None of the relays", "none, mapping off": "network.mapping on",
		"relayed only": "TCP port 12345 and UDP port 12345", "nothing known": "", "nothing said": "", "finders of the environment": "",
	} {
		for _, c := range reachCases() {
			if help := c.report().Reach.Help; c.name == name && (!strings.Contains(help, want) || want == "" && help != "") {
				t.Errorf("%s: %q", name, help)
			}
		}
	}
}
