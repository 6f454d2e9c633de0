package lan

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
)

const (
	service = "_grove._udp.local"
	domain  = "local"

	// maxPacket is what leaves room for the headers of IPv6 and UDP, and some
	// tunnel, in an Ethernet frame.
	maxPacket = 1400

	ttl = 4500 // in seconds, which RFC 6762, 10 wants; also how long a peer is remembered

	typeA, typePTR, typeTXT, typeAAAA, typeSRV, typeANY = 1, 12, 16, 28, 33, 255

	classIN = 1
	flush   = 1 << 15 // with a class: this record takes the place of older ones

	flagsAnswer = 0x8400 // a response, with authority
)

// self is what this computer says about itself on one segment.
type self struct {
	name  string // one label, of the instance and of the host
	id    peer.ID
	addrs []ma.Multiaddr
}

func (me self) instance() string { return me.name + "." + service }
func (me self) host() string     { return me.name + "." + domain }

func (me self) equal(o self) bool {
	return slices.EqualFunc(me.addrs, o.addrs, func(a, b ma.Multiaddr) bool { return a.Equal(b) })
}

// answer is the whole of me in one packet; it is both announcement and reply.
// alive is false for a goodbye. There is an address, and with maxAddrs of the
// longest the packet is below maxPacket.
func (me self) answer(alive bool) []byte {
	p := packer{at: map[string]int{}}
	var life uint32
	if alive {
		life = ttl
	}
	p.header(flagsAnswer)
	p.record(service, typePTR, classIN, life, func() { p.name(me.instance()) })
	p.record(me.instance(), typeSRV, classIN|flush, life, func() {
		p.words(0, 0, portOf(me.addrs[0])) // priority, weight
		p.name(me.host())
	})
	p.record(me.instance(), typeTXT, classIN|flush, life, func() {
		for _, a := range me.addrs {
			p.text(dnsaddr + a.String() + "/p2p/" + me.id.String())
		}
	})
	var told []netip.Addr
	for _, a := range me.addrs {
		ip, _ := dialable(a)
		if slices.Contains(told, ip) {
			continue
		}
		told = append(told, ip)
		kind := uint16(typeAAAA)
		if ip.Is4() {
			kind = typeA
		}
		p.record(me.host(), kind, classIN|flush, life, func() { p.b = append(p.b, ip.AsSlice()...) })
	}
	binary.BigEndian.PutUint16(p.b[6:], p.records)
	return p.b
}

// question asks who is there. It names this computer as one who is known, so
// that its own ears do not answer it.
func (me self) question() []byte {
	p := packer{at: map[string]int{}}
	p.header(0)
	p.name(service)
	p.words(typePTR, classIN)
	p.record(service, typePTR, classIN, ttl, func() { p.name(me.instance()) })
	binary.BigEndian.PutUint16(p.b[4:], 1)
	binary.BigEndian.PutUint16(p.b[6:], p.records)
	return p.b
}

// packer writes a DNS message (RFC 1035, 4.1).
type packer struct {
	b       []byte
	at      map[string]int // where a name was written
	records uint16
}

// header leaves the four counts at zero.
func (p *packer) header(flags uint16) { p.words(0, flags, 0, 0, 0, 0) }

func (p *packer) words(w ...uint16) {
	for _, w := range w {
		p.b = binary.BigEndian.AppendUint16(p.b, w)
	}
}

// name writes labels of 1 to 63 bytes without dots, pointing back to what was
// written before. No message is so long that a pointer does not reach.
func (p *packer) name(n string) {
	for n != "" {
		if at, ok := p.at[n]; ok {
			p.words(0xc000 | uint16(at))
			return
		}
		p.at[n] = len(p.b)
		var label string
		label, n, _ = strings.Cut(n, ".")
		p.text(label)
	}
	p.b = append(p.b, 0)
}

// text writes up to 255 bytes behind their number.
func (p *packer) text(s string) { p.b = append(append(p.b, byte(len(s))), s...) }

func (p *packer) record(name string, kind, class uint16, life uint32, data func()) {
	p.name(name)
	p.words(kind, class)
	p.b = binary.BigEndian.AppendUint32(p.b, life)
	start := len(p.b)
	p.words(0)
	data()
	binary.BigEndian.PutUint16(p.b[start:], uint16(len(p.b)-start-2))
	p.records++
}
