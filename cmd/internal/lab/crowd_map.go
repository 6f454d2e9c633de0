package main

import (
	"encoding/json"
	"os"
	"strings"

	"grove/app/pack"
)

// A crowd that goes by a network map, and how much of what its people send each
// other stays with their operators.

// chart has the publisher sign a map by which the two operators avoid each other,
// and his server is near to both. It lies beside the package, and what comes back
// is the setting.
func (l *lines) chart(folder, base string) (setting string) {
	draft, err := json.Marshal(map[string]any{
		"name": "lab", "days": 1, "default": 50,
		"groups": map[string][]string{"first": {"44.10.0.0/16"}, "second": {"44.20.0.0/16"}, "servers": {l.origin.ip4 + "/32"}},
		"costs": map[string]map[string]int{
			"first":  {"first": 1, "servers": 1, "second": 100},
			"second": {"second": 1, "servers": 1, "first": 100},
		},
	})
	l.must(err)
	l.must(os.WriteFile(l.origin.path("map.json"), draft, 0o644))
	signed := folder + "/lab.grovemap"
	l.origin.run("map", "sign", l.origin.path("map.json"), signed)
	b, err := os.ReadFile(signed)
	l.must(err)
	m, err := pack.OpenMap(b)
	l.must(err)
	return "network.map=" + base + "lab.grovemap#" + m.Publisher.String()
}

// tally has the operators count what clients send each other.
func (l *lines) tally() {
	var all []string
	for _, c := range l.clients {
		all = append(all, c.ip4)
	}
	for i, r := range l.operators {
		crossing := ""
		if i == 0 {
			crossing = "  meta iifname \"transit\" ip saddr @people ip daddr @people counter name crossing\n" +
				"  meta oifname \"transit\" ip saddr @people ip daddr @people counter name crossing\n"
		}
		r.nft(`table ip tally {
 set people { type ipv4_addr; elements = { ` + strings.Join(all, ", ") + ` }
 }
 counter people { }
 counter crossing { }
 chain thru { type filter hook forward priority 0;
  ip saddr @people ip daddr @people counter name people
` + crossing + ` }
}
`)
	}
}

// people is what clients have sent each other, and how much of that crossed. What
// crossed, both operators counted.
func (l *lines) people() (all, crossing int64) {
	for i, r := range l.operators {
		n := r.counters()
		all += n["people"].Bytes
		if i == 0 {
			crossing = n["crossing"].Bytes
		}
	}
	return all - crossing, crossing
}
