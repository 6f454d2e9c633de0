package pack

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func prefixes(all ...string) (out []netip.Prefix) {
	for _, p := range all {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}

// fixedMap is a small valid map.
func fixedMap(tb testing.TB) Map {
	tb.Helper()
	return Map{Type: mapType, V: Version, Publisher: fixedKey(tb, 1).Public(), Seq: 3, Created: fixedTime,
		Expires: fixedTime.AddDate(0, 1, 0), Name: "Example net", Default: 50,
		Groups: map[string][]netip.Prefix{
			"north": prefixes("44.10.0.0/16", "2001:db8:1000::/36"),
			"south": prefixes("44.20.0.0/16"),
			"hall":  prefixes("44.10.7.0/24"),
		},
		Costs: map[string]map[string]int{"north": {"north": 1, "south": 100, "hall": 0}, "south": {"south": 1, "north": 1000}},
	}
}

func mustSignMap(tb testing.TB, m Map) []byte {
	tb.Helper()
	b, err := SignMap(m, fixedKey(tb, 1))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func mustOpenMap(tb testing.TB, m Map) *Map {
	tb.Helper()
	out, err := OpenMap(mustSignMap(tb, m))
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

// signMapBytes signs any bytes as if they were a map.
func signMapBytes(key SecretKey, body []byte) []byte {
	return signWith(key, body, mapComment(body), mapSignComment)
}

// mapVectors are maps that everybody reads, and some that nobody does.
func mapVectors(tb testing.TB) []vector {
	key := fixedKey(tb, 1)
	good := func(name, comment string, change func(*Map)) vector {
		m := fixedMap(tb)
		change(&m)
		b := mustSignMap(tb, m)
		return vector{name: "map-good-" + name, kind: "map", expect: "ok", comment: comment,
			result: Hash(sha256.Sum256(afterSignature(b))).String(), body: b}
	}
	bad := func(name string, why Reason, comment string, b []byte) vector {
		return vector{name: "map-" + name, kind: "map", expect: string(why), comment: comment, body: b}
	}
	rule := func(name, comment string, change func(*Map)) vector {
		m := fixedMap(tb)
		change(&m)
		return bad("rule-"+name, BadMap, comment, signMapBytes(key, m.encode()))
	}
	whole := mustSignMap(tb, fixedMap(tb))
	body := afterSignature(whole)
	text := func(name, comment, old, new string) vector {
		changed := bytes.Replace(body, []byte(old), []byte(new), 1)
		if bytes.Equal(changed, body) {
			tb.Fatalf("%s changes nothing", name)
		}
		return bad("json-"+name, BadMap, comment, signMapBytes(key, changed))
	}
	pkg, _ := fixedManifest(tb)
	weak := fixedMap(tb)
	weak.Publisher = PublicKey([]byte("Ed" + string(make([]byte, 40))))
	return []vector{
		good("two", "two networks that should not feed each other", func(*Map) {}),
		good("no-costs", "one cost for everybody", func(m *Map) { m.Costs = nil }),
		good("all", "a group of all addresses, and of one", func(m *Map) {
			m.Groups["all"] = prefixes("0.0.0.0/0", "::/0")
			m.Groups["one"] = prefixes("44.10.7.9/32", "2001:db8::9/128")
		}),
		good("year", "a whole year", func(m *Map) { m.Expires = m.Created.AddDate(1, 0, 0) }),

		bad("none", Unsigned, "the map alone", body),
		bad("package", BadSignature, "a package is no map", mustSign(tb, pkg, key)),
		bad("order", BadSignature, "an order is no map", mustSignOrder(tb, fixedOrder(tb))),
		bad("order-comment", BadSignature, "a map under the comment of an order", signOrderBytes(key, body)),
		bad("manifest", BadMap, "a manifest under the comment of a map", signMapBytes(key, afterSignature(mustSign(tb, pkg, key)))),
		bad("altered", BadSignature, "one digit of a prefix changed", bytes.Replace(whole, []byte("44.20"), []byte("44.21"), 1)),
		bad("other-key", BadSignature, "signed with a key that is not the publisher's", signMapBytes(fixedKey(tb, 2), body)),
		bad("cut", BadSignature, "the last byte is missing", whole[:len(whole)-1]),
		bad("weak-key", BadKey, "a weak key as publisher", signMapBytes(key, weak.encode())),

		text("field", "an unknown field", `,"groups"`, `,"x":1,"groups"`),
		text("space", "white space", `,"groups"`, `, "groups"`),
		text("group-order", "groups in another order", `"hall":["44.10.7.0/24"],"north":["44.10.0.0/16","2001:db8:1000::/36"]`, `"north":["44.10.0.0/16","2001:db8:1000::/36"],"hall":["44.10.7.0/24"]`),
		text("group-twice", "a group given twice", `"hall":["44.10.7.0/24"],`, `"hall":["44.10.7.0/24"],"hall":["44.10.7.0/24"],`),
		text("cost-twice", "a cost given twice", `"south":100`, `"south":100,"south":100`),
		text("nan", "a cost that is no number", `"south":100`, `"south":NaN`),
		text("fraction", "a cost with a fraction, as ALTO allows", `"south":100`, `"south":100.5`),
		text("exponent", "a second spelling of a cost", `"south":100`, `"south":1e2`),
		text("cost-text", "a cost in quotation marks", `"south":100`, `"south":"100"`),
		text("ipv6-spelling", "a second spelling of an address", `2001:db8:1000::/36`, `2001:0db8:1000::/36`),
		text("prefix-zero", "a length with a zero before it", `44.20.0.0/16`, `44.20.0.0/016`),
		text("prefix-long", "a length that no address has", `44.20.0.0/16`, `44.20.0.0/33`),
		text("prefix-none", "an address without a length", `44.20.0.0/16`, `44.20.0.0`),
		text("prefix-zone", "an address with a zone", `2001:db8:1000::/36`, `fe80::%eth0/64`),
		text("no-expires", "no end", `,"expires":"2026-12-22T12:00:00Z"`, ""),
		text("costs-empty", "costs that say nothing", `"costs":{`, `"costs":{},"x":{`),

		rule("version", "a newer version", func(m *Map) { m.V = 2 }),
		rule("type", "the type of a package", func(m *Map) { m.Type = manifestType }),
		rule("seq-0", "no number", func(m *Map) { m.Seq = 0 }),
		rule("seq-long", "a number above 2^53-1", func(m *Map) { m.Seq = maxCount + 1 }),
		rule("expires-past", "an end that is not after the beginning", func(m *Map) { m.Expires = m.Created }),
		rule("expires-long", "more than a year", func(m *Map) { m.Expires = m.Created.AddDate(1, 0, 1) }),
		rule("year", "the year 1999", func(m *Map) { m.Created = m.Created.AddDate(-27, 0, 0); m.Expires = m.Created.Add(time.Hour) }),
		rule("second", "half a second", func(m *Map) { m.Created = m.Created.Add(time.Second / 2) }),
		rule("name-none", "no name", func(m *Map) { m.Name = "" }),
		rule("name-turn", "a name that turns the writing direction", func(m *Map) { m.Name = "a\u202eb" }),
		rule("default-negative", "a negative cost", func(m *Map) { m.Default = -1 }),
		rule("cost-negative", "a negative cost between two", func(m *Map) { m.Costs["north"]["south"] = -1 }),
		rule("cost-large", "a cost above 1,000", func(m *Map) { m.Costs["north"]["south"] = MaxMapCost + 1 }),
		rule("cost-unknown", "a cost of a group that is not there", func(m *Map) { m.Costs["north"]["west"] = 1 }),
		rule("cost-of-unknown", "costs of a group that is not there", func(m *Map) { m.Costs["west"] = map[string]int{"north": 1} }),
		rule("cost-none", "a group without costs among the costs", func(m *Map) { m.Costs["hall"] = map[string]int{} }),
		rule("groups-none", "no group", func(m *Map) { m.Groups, m.Costs = nil, nil }),
		rule("group-empty", "a group without a prefix", func(m *Map) { m.Groups["west"] = nil }),
		rule("group-name", "a group in capitals", func(m *Map) { m.Groups["West"] = prefixes("44.30.0.0/16") }),
		rule("group-long", "a name of 65 characters", func(m *Map) { m.Groups[strings.Repeat("a", 65)] = prefixes("44.30.0.0/16") }),
		rule("prefix-twice", "a prefix in two groups", func(m *Map) { m.Groups["west"] = prefixes("44.20.0.0/16") }),
		rule("prefix-again", "a prefix twice in one group", func(m *Map) { m.Groups["south"] = prefixes("44.20.0.0/16", "44.20.0.0/16") }),
		rule("prefix-order", "prefixes in another order", func(m *Map) { m.Groups["south"] = prefixes("44.30.0.0/16", "44.20.0.0/16") }),
		rule("prefix-bits", "bits behind the length", func(m *Map) { m.Groups["south"] = prefixes("44.20.0.1/16") }),
		rule("prefix-mapped", "an IPv4 address in disguise", func(m *Map) { m.Groups["south"] = prefixes("::ffff:44.20.0.0/112") }),
	}
}

func testMapVector(t *testing.T, v vector) {
	m, err := OpenMap(v.body)
	v.judge(t, err)
	if err != nil {
		if m != nil {
			t.Error("a map and an error")
		}
		return
	}
	again := m.encode()
	if sum := sha256.Sum256(again); Hash(sum).String() != v.result || !bytes.HasSuffix(v.body, append([]byte("\n"), again...)) {
		t.Errorf("encoded again:\n%s", again)
	}
	if other, err := json.Marshal(m); err != nil || !equalJSON(t, other, again) {
		t.Errorf("encoding/json writes something else, %v:\n%s", err, other)
	}
}

// TestMapGroups: of prefixes that overlap the longest decides, and the order of
// costs is receiver, then giver.
func TestMapGroups(t *testing.T) {
	m := mustOpenMap(t, fixedMap(t))
	for ip, want := range map[string]string{
		"44.10.1.1": "north", "44.10.7.1": "hall", "::ffff:44.10.7.1": "hall", "44.20.255.255": "south", "44.30.1.1": "",
		"2001:db8:1fff::1": "north", "2001:db8:2000::1": "", "44.9.255.255": "",
	} {
		if got := m.Group(netip.MustParseAddr(ip)); got != want {
			t.Errorf("%s is in %q, want %q", ip, got, want)
		}
	}
	if got := m.Group(netip.Addr{}); got != "" {
		t.Errorf("no address is in %q", got)
	}
	for _, c := range []struct {
		to, from string
		want     int
	}{{"north", "south", 100}, {"south", "north", 1000}, {"north", "hall", 0}, {"hall", "north", 50}, {"north", "", 50}, {"", "", 50}} {
		if got := m.Cost(c.to, c.from); got != c.want {
			t.Errorf("to %q from %q costs %d, want %d", c.to, c.from, got, c.want)
		}
	}
}

// TestSignMap: the caller says what counts, the rest is filled in.
func TestSignMap(t *testing.T) {
	m := fixedMap(t)
	m.Type, m.V = "", 0
	m.Created = m.Created.In(time.FixedZone("", 3600)).Add(time.Millisecond)
	m.Groups["south"] = prefixes("44.30.0.0/16", "2001:db8::/36", "44.20.0.0/16")
	got := mustOpenMap(t, m)
	if s := fmt.Sprint(got.Groups["south"]); s != "[44.20.0.0/16 44.30.0.0/16 2001:db8::/36]" || !got.Created.Equal(fixedTime) {
		t.Errorf("%s, %s", s, got.Created)
	}
	if m.Groups["south"][0] != prefixes("44.30.0.0/16")[0] {
		t.Error("the caller's groups were sorted")
	}
	_, err := SignMap(m, fixedKey(t, 2))
	wantReason(t, err, BadKey)
	m.Default = -1
	_, err = SignMap(m, fixedKey(t, 1))
	wantReason(t, err, BadMap)
}

// TestMapLimits: what is too large is refused, for that reason.
func TestMapLimits(t *testing.T) {
	many := func(groups, each int) Map {
		m := fixedMap(t)
		m.Groups, m.Costs = map[string][]netip.Prefix{}, nil
		for g := range groups {
			name := fmt.Sprintf("g%04d", g)
			for i := range each {
				n := g*each + i
				m.Groups[name] = append(m.Groups[name], netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(n >> 16), byte(n >> 8), byte(n), 0}), 24))
			}
		}
		return m
	}
	for _, c := range []struct {
		groups, each int
		why          string
	}{{MaxMapGroups, 50, ""}, {MaxMapGroups + 1, 1, "groups"}, {1, MaxMapPrefixes + 1, "prefixes"}} {
		body := new(Map)
		*body = many(c.groups, c.each)
		m, err := OpenMap(signMapBytes(fixedKey(t, 1), body.encode()))
		switch {
		case c.why == "" && err != nil:
			t.Errorf("%d groups of %d: %v", c.groups, c.each, err)
		case c.why == "" && m.Group(netip.MustParseAddr("0.195.79.7")) != "g0999":
			t.Error("the last prefix is not found")
		case c.why != "":
			wantReason(t, err, BadMap)
			if err != nil && !strings.Contains(err.Error(), c.why) {
				t.Errorf("%d groups of %d: %v", c.groups, c.each, err)
			}
		}
	}
	_, err := OpenMap(signMapBytes(fixedKey(t, 1), make([]byte, MaxMap)))
	wantReason(t, err, BadMap)
}

func FuzzMap(f *testing.F) {
	seed(f, "map")
	key := fixedKey(f, 1)
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, signed := range [][]byte{b, signMapBytes(key, afterSignature(b))} {
			m, err := OpenMap(signed)
			if err != nil {
				wantRefusal(t, err)
				continue
			}
			if !bytes.HasSuffix(signed, m.encode()) || len(signed) > MaxMap {
				t.Fatal("encoded again, it differs")
			}
			if err := m.check(); err != nil {
				t.Fatal(err)
			}
			for name, all := range m.Groups {
				for _, p := range all {
					if got := m.Group(p.Addr()); got == "" || p.IsSingleIP() && got != name {
						t.Fatalf("%s of %s is in %q", p, name, got)
					}
				}
			}
		}
	})
}
