package pack

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"time"
)

// encode is the canonical form, by the rules of the manifest's; groups and
// costs are in the order of their names.
func (m *Map) encode() []byte {
	e := encoder{[]byte{'{'}}
	e.text("type", m.Type)
	e.number("v", int64(m.V))
	e.text("publisher", m.Publisher.String())
	e.key("seq")
	e.b = strconv.AppendUint(e.b, m.Seq, 10)
	e.time("created", m.Created)
	e.time("expires", m.Expires)
	e.text("name", m.Name)
	e.number("default", int64(m.Default))
	e.open("groups")
	for _, name := range slices.Sorted(maps.Keys(m.Groups)) {
		all := make([]string, 0, len(m.Groups[name]))
		for _, p := range m.Groups[name] {
			all = append(all, p.String())
		}
		e.named(name)
		e.texts(all)
	}
	e.b = append(e.b, '}')
	if len(m.Costs) > 0 {
		e.costs(m.Costs)
	}
	return append(e.b, "}\n"...)
}

func (e *encoder) costs(costs map[string]map[string]int) {
	e.open("costs")
	for _, to := range slices.Sorted(maps.Keys(costs)) {
		e.named(to)
		e.b = append(e.b, '{')
		for _, from := range slices.Sorted(maps.Keys(costs[to])) {
			e.named(from)
			e.b = strconv.AppendInt(e.b, int64(costs[to][from]), 10)
		}
		e.b = append(e.b, '}')
	}
	e.b = append(e.b, '}')
}

// open begins an object that is a field.
func (e *encoder) open(name string) {
	e.key(name)
	e.b = append(e.b, '{')
}

// named begins a field whose name came from outside.
func (e *encoder) named(name string) {
	if e.b[len(e.b)-1] != '{' {
		e.b = append(e.b, ',')
	}
	e.b = append(appendText(e.b, name), ':')
}

func sortedGroups(groups map[string][]netip.Prefix) map[string][]netip.Prefix {
	out := map[string][]netip.Prefix{}
	for name, all := range groups {
		out[name] = slices.SortedFunc(slices.Values(all), comparePrefix)
	}
	return out
}

// comparePrefix has IPv4 before IPv6, then goes by address, then by length.
func comparePrefix(a, b netip.Prefix) int {
	return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
}

// check applies every rule that concerns the contents of a map.
func (m *Map) check() error {
	for _, step := range []func() error{m.checkHead, m.checkGroups, m.checkCosts} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (m *Map) checkHead() error {
	if m.Type != mapType || m.V != Version {
		return refuse(BadMap, "type, v", "not a network map of version %d", Version)
	}
	if err := m.Publisher.check(); err != nil {
		return &Error{Reason: BadKey, Subject: "publisher", Err: err}
	}
	if m.Seq == 0 || m.Seq > maxCount {
		return refuse(BadMap, "seq", "the number is from 1 to %d", uint64(maxCount))
	}
	for _, t := range []time.Time{m.Created, m.Expires} {
		if _, offset := t.Zone(); t.Nanosecond() != 0 || offset != 0 {
			return refuse(BadMap, "created, expires", "not in UTC and whole seconds")
		}
	}
	if year := m.Created.Year(); year < 2000 || year > 2999 {
		return refuse(BadMap, "created", "the year %d is not from 2000 to 2999", year)
	}
	if !m.Expires.After(m.Created) || m.Expires.After(m.Created.AddDate(1, 0, 0)) {
		return refuse(BadMap, "expires", "not after the map was created, or more than a year after it")
	}
	if m.Name == "" {
		return refuse(BadMap, "name", "the network map has no name")
	}
	if err := checkText(m.Name, MaxText, ""); err != nil {
		return refuse(BadMap, "name", "%w", err)
	}
	return checkCost("default", m.Default)
}

func (m *Map) checkGroups() error {
	if n := len(m.Groups); n == 0 || n > MaxMapGroups {
		return refuse(BadMap, "groups", "%d groups, from 1 to %d are allowed", n, MaxMapGroups)
	}
	in := map[netip.Prefix]string{}
	for _, name := range slices.Sorted(maps.Keys(m.Groups)) {
		if name == "" || len(name) > 64 || !onlyBytes(name, "abcdefghijklmnopqrstuvwxyz0123456789-") {
			return refuse(BadMap, "group "+show(name), "1 to 64 of a-z, 0-9 and - are allowed")
		}
		all := m.Groups[name]
		if len(all) == 0 {
			return refuse(BadMap, "group "+name, "no prefix")
		}
		for i, p := range all {
			if !p.IsValid() || p != p.Masked() || p.Addr().Is4In6() {
				return refuse(BadMap, "group "+name, "%s is not a prefix, or has bits behind its length", p)
			}
			if other, twice := in[p]; twice {
				return refuse(BadMap, "group "+name, "%s is in %s already", p, other)
			}
			if i > 0 && comparePrefix(all[i-1], p) > 0 {
				return refuse(BadMap, "group "+name, "the prefixes are not in order")
			}
			in[p] = name
		}
		if len(in) > MaxMapPrefixes {
			return refuse(BadMap, "groups", "more than %d prefixes", MaxMapPrefixes)
		}
	}
	return nil
}

func (m *Map) checkCosts() error {
	for _, to := range slices.Sorted(maps.Keys(m.Costs)) {
		if len(m.Costs[to]) == 0 {
			return refuse(BadMap, "costs of "+show(to), "no cost")
		}
		for _, from := range slices.Sorted(maps.Keys(m.Costs[to])) {
			for _, name := range []string{to, from} {
				if m.Groups[name] == nil {
					return refuse(BadMap, "costs", "there is no group %s", show(name))
				}
			}
			if err := checkCost("costs of "+to, m.Costs[to][from]); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkCost(field string, cost int) error {
	if cost < 0 || cost > MaxMapCost {
		return refuse(BadMap, field, "a cost is from 0 to %d, not %d", MaxMapCost, cost)
	}
	return nil
}
