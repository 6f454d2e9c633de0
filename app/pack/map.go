package pack

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Limits of a network map.
const (
	MaxMap         = 1 << 20 // bytes of a signed map
	MaxMapGroups   = 1_000
	MaxMapPrefixes = 50_000 // of all groups
	MaxMapCost     = 1_000
)

// What costs mean. What is dearer than NearCost and cheaper than AvoidCost is
// far.
const (
	NearCost  = 10  // at most: like the same network
	AvoidCost = 100 // at least: only where nobody else can give it, or not as quickly
)

const (
	mapType        = "grove-map" // the "type" of every map
	mapSignComment = "Grove network map"
	mapTrusted     = "grove1-map " // and the digest of the body
)

// Map is what a byte costs between networks, by the word of an operator or a
// publisher: a network map and a cost map of ALTO (RFC 7285) in one. The order
// of fields is the order in the signed JSON. It is not changed after SignMap or
// OpenMap.
type Map struct {
	Type      string    `json:"type"` // "grove-map"
	V         int       `json:"v"`
	Publisher PublicKey `json:"publisher"` // whoever signs it
	Seq       uint64    `json:"seq"`       // a map with a higher one takes its place
	Created   time.Time `json:"created"`
	Expires   time.Time `json:"expires"` // from then on it says nothing
	Name      string    `json:"name"`
	// Default is the cost of what Costs does not say.
	Default int                       `json:"default"`
	Groups  map[string][]netip.Prefix `json:"groups"`          // ALTO's PIDs
	Costs   map[string]map[string]int `json:"costs,omitempty"` // of a byte to a group from others

	in   map[netip.Prefix]string // the group; of OpenMap
	bits []int                   // the lengths there are, the longest first
}

// SignMap makes map bytes of m with key, which must be m.Publisher's. Type and
// V are filled in, times are cut to whole seconds of UTC and prefixes sorted; m
// is checked by the same rules as OpenMap.
func SignMap(m Map, key SecretKey) ([]byte, error) {
	if key.Public() != m.Publisher {
		return nil, refuse(BadKey, "publisher", "the signing key is not the publisher's")
	}
	m.Type, m.V = mapType, Version
	m.Created, m.Expires = m.Created.UTC().Truncate(time.Second), m.Expires.UTC().Truncate(time.Second)
	m.Groups = sortedGroups(m.Groups)
	if err := m.check(); err != nil {
		return nil, err
	}
	body := m.encode()
	b, err := signed(body, key, mapComment(body), mapSignComment)
	if err != nil {
		return nil, err
	}
	// What leaves this function is readable by OpenMap, whatever m held.
	if _, err := OpenMap(b); err != nil {
		return nil, err
	}
	return b, nil
}

// mapComment differs in its first word from those of a package and an order.
func mapComment(body []byte) string { return mapTrusted + ID(sha256.Sum256(body)).String() }

// OpenMap verifies map bytes: signature, canonical form and every rule. Whether
// the publisher is the right one, and the map the newest and not expired, is for
// the caller to say. Reasons: Unsigned, BadSignature, BadMap, BadKey.
func OpenMap(b []byte) (*Map, error) {
	if len(b) > MaxMap {
		return nil, refuse(BadMap, "", "%d bytes, at most %d are allowed", len(b), MaxMap)
	}
	lines, body, err := splitSignature(b)
	if err != nil {
		return nil, err
	}
	comment, err := readSignatureLines(lines)
	switch {
	case err != nil:
		return nil, err
	case !strings.HasPrefix(comment, mapTrusted):
		return nil, refuse(BadSignature, "trusted comment", "it does not say that a network map was signed")
	case comment != mapComment(body):
		return nil, refuse(BadSignature, "", "the network map was altered, or the signature is another one's")
	}
	m, err := decodeMap(body)
	if err != nil {
		return nil, err
	}
	if err := verify(m.Publisher, lines, body); err != nil {
		return nil, err
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	m.index()
	return m, nil
}

// decodeMap reads the canonical form and nothing else, as decodeManifest does.
func decodeMap(b []byte) (*Map, error) {
	var m Map
	if err := json.Unmarshal(b, &m); err != nil {
		var own *Error // the publisher's key was refused
		if errors.As(err, &own) && own.Reason == BadKey {
			return nil, own
		}
		return nil, refuse(BadMap, "", "it is not the JSON of a network map")
	}
	if string(m.encode()) != string(b) {
		return nil, refuse(BadMap, "", "an unknown field, or not in canonical form")
	}
	return &m, nil
}

// Expired reports whether the map says nothing any more.
func (m *Map) Expired(now time.Time) bool { return !now.Before(m.Expires) }

// index is what Group looks things up in.
func (m *Map) index() {
	m.in = map[netip.Prefix]string{}
	for name, all := range m.Groups {
		for _, p := range all {
			m.in[p] = name
			if !slices.Contains(m.bits, p.Bits()) {
				m.bits = append(m.bits, p.Bits())
			}
		}
	}
	slices.SortFunc(m.bits, func(a, b int) int { return b - a })
}

// Group is the one with the longest prefix that ip is in, "" if none has it. m
// is of OpenMap.
func (m *Map) Group(ip netip.Addr) string {
	ip = ip.Unmap().WithZone("")
	for _, bits := range m.bits {
		if p, err := ip.Prefix(bits); err == nil && m.in[p] != "" {
			return m.in[p]
		}
	}
	return ""
}

// Cost is that of a byte to the group to from the group from; either may be ""
// for none.
func (m *Map) Cost(to, from string) int {
	if cost, ok := m.Costs[to][from]; ok {
		return cost
	}
	return m.Default
}
