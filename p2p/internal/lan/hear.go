package lan

import (
	"bytes"
	"encoding/binary"
	"errors"
)

const (
	maxHeard  = 9000 // bytes of a packet, the most that RFC 6762, 17 allows
	maxTold   = 8    // TXT records of one packet that are read
	maxCounts = 512  // questions and records of one packet: more is no mDNS
)

// message is what matters of a packet.
type message struct {
	asked bool // it asks for what this computer would answer
	told  []told
}

// told is a TXT record of a Grove.
type told struct {
	life uint32 // in seconds; 0 is a goodbye
	txt  []string
}

var errNotDNS = errors.New("not a DNS message")

// hear reads a packet for the computer whose name is me. The error says that
// it is no DNS message, or one to be ignored; nothing of it counts then.
func hear(b []byte, me string) (message, error) {
	var out message
	if len(b) < 12 || len(b) > maxHeard {
		return out, errNotDNS
	}
	flags := binary.BigEndian.Uint16(b[2:])
	if flags&0x780f != 0 { // an operation or a failure (RFC 6762, 18)
		return out, errNotDNS
	}
	response := flags&(1<<15) != 0
	questions := int(binary.BigEndian.Uint16(b[4:]))
	answers := int(binary.BigEndian.Uint16(b[6:]))
	rest := int(binary.BigEndian.Uint16(b[8:])) + int(binary.BigEndian.Uint16(b[10:]))
	if questions+answers+rest > maxCounts {
		return out, errNotDNS
	}
	r := reader{b: b, at: 12}
	var all, one, known bool // it asks for every Grove, for this one, and knows this one
	for range questions {
		name := r.name()
		kind, class := r.word(), r.word()
		if !response && class&^flush == classIN {
			all = all || is(name, service) && (kind == typePTR || kind == typeANY)
			one = one || ofThis(name, kind, me)
		}
	}
	for i := range answers + rest {
		rec := r.record()
		switch {
		case r.bad:
			return message{}, errNotDNS
		case response && rec.kind == typeTXT && len(out.told) < maxTold && ofService(rec.name):
			txt, ok := rec.strings()
			if ok {
				out.told = append(out.told, told{rec.life, txt})
			}
		case !response && i < answers && rec.kind == typePTR && rec.life >= ttl/2 && is(rec.name, service):
			// The asker knows some already (RFC 6762, 7.1).
			in := reader{b: b[:rec.end], at: rec.start}
			known = known || is(in.name(), me+"."+service)
		}
	}
	if r.bad {
		return message{}, errNotDNS
	}
	out.asked = one || all && !known
	return out, nil
}

// ofThis reports whether a question is about the computer whose name is me.
func ofThis(name []byte, kind uint16, me string) bool {
	switch {
	case is(name, me+"."+service):
		return kind == typeSRV || kind == typeTXT || kind == typeANY
	case is(name, me+"."+domain):
		return kind == typeA || kind == typeAAAA || kind == typeANY
	}
	return false
}

// ofService reports whether name is that of an instance of the service.
func ofService(name []byte) bool {
	cut := len(name) - len(service)
	return cut > 1 && name[cut-1] == '.' && is(name[cut:], service)
}

func is(name []byte, want string) bool { return bytes.EqualFold(name, []byte(want)) }

// reader reads a DNS message. Once bad, everything it returns is zero.
type reader struct {
	b   []byte
	at  int
	bad bool
}

type record struct {
	name       []byte
	kind       uint16
	life       uint32
	data       []byte
	start, end int // of data in the message
}

func (r *reader) take(n int) []byte {
	if r.bad || n > len(r.b)-r.at {
		r.bad = true
		return make([]byte, min(n, 4))
	}
	r.at += n
	return r.b[r.at-n : r.at]
}

func (r *reader) word() uint16 { return binary.BigEndian.Uint16(r.take(2)) }

// name reads a name, its labels joined by dots. A dot inside a label is read
// as one between labels, which can only make a name that is not Grove's.
func (r *reader) name() []byte {
	var out []byte
	next := -1    // where reading goes on after a pointer
	floor := r.at // pointers lead below it, lower each time, so that it ends
	for {
		n := int(r.take(1)[0])
		switch {
		case r.bad || n == 0:
			if next >= 0 && !r.bad {
				r.at = next
			}
			return out
		case n < 0x40:
			if out != nil {
				out = append(out, '.')
			}
			out = append(out, r.take(n)...)
			if len(out) > 255 {
				r.bad = true
			}
		case n >= 0xc0:
			to := n&0x3f<<8 | int(r.take(1)[0])
			if next < 0 {
				next = r.at
			}
			if to >= floor {
				r.bad = true
				return nil
			}
			r.at, floor = to, to
		default:
			r.bad = true
		}
	}
}

func (r *reader) record() record {
	rec := record{name: r.name(), kind: r.word()}
	r.word() // the class: there is one
	rec.life = binary.BigEndian.Uint32(r.take(4))
	size := int(r.word())
	rec.start = r.at
	rec.data = r.take(size)
	rec.end = r.at
	return rec
}

// strings are the first strings of a TXT record; false says that it is broken.
func (rec record) strings() ([]string, bool) {
	var out []string
	r := reader{b: rec.data}
	for r.at < len(r.b) && len(out) < maxStrings {
		out = append(out, string(r.take(int(r.take(1)[0]))))
	}
	return out, !r.bad
}
