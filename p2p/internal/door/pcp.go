package door

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// Two protocols that share a port of the router and tell themselves apart by
// the first byte: PCP (RFC 6887, version 2), which also opens an IPv6
// firewall, and its forerunner NAT-PMP (RFC 6886, version 0), which knows IPv4
// alone. Here are their bytes; gateway speaks them.

const (
	routerPort = 5351
	// leaseTime is what is asked for, as RFC 6886 3.3 recommends. A router
	// gives less if it likes, and a computer that crashed is forgotten by then.
	leaseTime = 2 * time.Hour
	// leaseMost is what of a longer one is believed.
	leaseMost = 24 * time.Hour

	pcpVersion  = 2
	pcpAnnounce = 0
	pcpMap      = 1
	pcpHeader   = 24
	pcpMapSize  = 60
	pcpLongest  = 1100 // RFC 6887 7

	pmpExternal = 0
	answerBit   = 0x80
)

// entry is a port of this computer.
type entry struct {
	protocol string // "tcp" or "udp"
	port     int
}

// protocolNumber is the IANA number that PCP uses.
func (e entry) protocolNumber() byte {
	if e.protocol == "tcp" {
		return 6
	}
	return 17
}

func (e entry) pmpOpcode() byte {
	if e.protocol == "tcp" {
		return 2
	}
	return 1
}

// answer is what a router said about a port.
type answer struct {
	external netip.AddrPort // NAT-PMP says the address elsewhere: then it is not valid
	port     uint16
	life     time.Duration
}

// refusedError is a router that answered no.
type refusedError struct {
	pmp  bool
	code int
}

func (e refusedError) Error() string {
	pcp := []string{"success", "unsupported version", "not authorised", "malformed request", "unsupported request", "unsupported option",
		"malformed option", "the router has no network", "no resources", "unsupported protocol", "too many ports", "cannot provide the port",
		"there is a second router in between", "excessive remote peers"}
	pmp := []string{"success", "unsupported version", "not authorised", "the router has no network", "no resources", "unsupported request"}
	name, words := "PCP", pcp
	if e.pmp {
		name, words = "NAT-PMP", pmp
	}
	if e.code < len(words) {
		return fmt.Sprintf("the router refused (%s): %s", name, words[e.code])
	}
	return fmt.Sprintf("the router refused (%s): code %d", name, e.code)
}

var errOtherAnswer = errors.New("an answer to something else")

// pcpRequest is the head of a request from own.
func pcpRequest(opcode byte, size int, life time.Duration, own netip.Addr) []byte {
	b := make([]byte, size)
	b[0], b[1] = pcpVersion, opcode
	binary.BigEndian.PutUint32(b[4:], uint32(life/time.Second))
	ip := own.As16()
	copy(b[8:24], ip[:])
	return b
}

// pcpMapRequest asks for e for a time; none gives it back (RFC 6887 15.1 and
// its erratum 3621). suggested is what was given before, or not valid.
func pcpMapRequest(e entry, nonce [12]byte, suggested netip.AddrPort, life time.Duration, own netip.Addr) []byte {
	b := pcpRequest(pcpMap, pcpMapSize, life, own)
	copy(b[24:36], nonce[:])
	b[36] = e.protocolNumber()
	binary.BigEndian.PutUint16(b[40:], uint16(e.port))
	external := netip.IPv6Unspecified()
	if own.Is4() {
		external = netip.AddrFrom4([4]byte{})
	}
	port := uint16(e.port)
	if suggested.IsValid() {
		external, port = suggested.Addr(), suggested.Port()
	}
	if life == 0 {
		port = 0
		if external = netip.IPv6Unspecified(); own.Is4() {
			external = netip.AddrFrom4([4]byte{})
		}
	}
	binary.BigEndian.PutUint16(b[42:], port)
	ip := external.As16()
	copy(b[44:60], ip[:])
	return b
}

// parsePCPMap reads the answer to a pcpMapRequest.
func parsePCPMap(b []byte, e entry, nonce [12]byte) (answer, error) {
	switch {
	case len(b) < pcpHeader || b[0] != pcpVersion || b[1] != answerBit|pcpMap,
		len(b) >= pcpMapSize && ([12]byte(b[24:36]) != nonce || b[36] != e.protocolNumber() || int(binary.BigEndian.Uint16(b[40:])) != e.port):
		return answer{}, errOtherAnswer
	case b[3] != 0:
		return answer{}, refusedError{code: int(b[3])}
	case len(b) < pcpMapSize:
		return answer{}, errOtherAnswer
	}
	ip := netip.AddrFrom16([16]byte(b[44:60])).Unmap()
	port := binary.BigEndian.Uint16(b[42:])
	return answer{external: netip.AddrPortFrom(ip, port), port: port, life: seconds(b[4:])}, nil
}

// pmpMapRequest asks for e for a time; none gives it back (RFC 6886 3.3, 3.4).
func pmpMapRequest(e entry, suggested uint16, life time.Duration) []byte {
	b := make([]byte, 12)
	b[1] = e.pmpOpcode()
	binary.BigEndian.PutUint16(b[4:], uint16(e.port))
	if life > 0 {
		binary.BigEndian.PutUint16(b[6:], suggested)
	}
	binary.BigEndian.PutUint32(b[8:], uint32(life/time.Second))
	return b
}

// parsePMPMap reads the answer to a pmpMapRequest.
func parsePMPMap(b []byte, e entry) (answer, error) {
	if len(b) < 8 || b[0] != 0 || b[1] != answerBit|e.pmpOpcode() {
		return answer{}, errOtherAnswer
	}
	if code := binary.BigEndian.Uint16(b[2:]); code != 0 {
		return answer{}, refusedError{pmp: true, code: int(code)}
	}
	if len(b) < 16 || int(binary.BigEndian.Uint16(b[8:])) != e.port {
		return answer{}, errOtherAnswer
	}
	return answer{port: binary.BigEndian.Uint16(b[10:]), life: seconds(b[12:])}, nil
}

// parsePMPExternal reads the answer to the request for the router's address.
func parsePMPExternal(b []byte) (netip.Addr, error) {
	if len(b) < 8 || b[0] != 0 || b[1] != answerBit|pmpExternal {
		return netip.Addr{}, errOtherAnswer
	}
	if code := binary.BigEndian.Uint16(b[2:]); code != 0 {
		return netip.Addr{}, refusedError{pmp: true, code: int(code)}
	}
	if len(b) < 12 {
		return netip.Addr{}, errOtherAnswer
	}
	return netip.AddrFrom4([4]byte(b[8:12])), nil
}

// noPCP reports whether b says that the router knows NAT-PMP only.
func noPCP(b []byte) bool {
	return len(b) >= 4 && b[0] == 0 && b[1]&answerBit != 0 && binary.BigEndian.Uint16(b[2:]) == 1
}

func seconds(b []byte) time.Duration {
	return min(leaseMost, time.Duration(binary.BigEndian.Uint32(b))*time.Second)
}
