package lan

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	ma "github.com/multiformats/go-multiaddr"
)

const me = "abcdefghijklmnopqrstuvwxyz"

// TestAnswer reads back what is announced, at its largest.
func TestAnswer(t *testing.T) {
	id := newID(t)
	long := "2a00:1234:1234:1234:1234:1234:1234:%x"
	seg := segmentOf(fmt.Sprintf(long, 0x1111) + "/64")
	var addrs []ma.Multiaddr
	for i := range maxAddrs {
		addrs = append(addrs, multiaddrs(t, fmt.Sprintf("/ip6/"+long+"/udp/65535/quic-v1", 0x1111+i))...)
	}
	for n := 1; n <= maxAddrs; n++ {
		for _, alive := range []bool{true, false} {
			b := self{me, id, addrs[:n]}.answer(alive)
			if len(b) > maxPacket {
				t.Errorf("%d addresses: %d bytes", n, len(b))
			}
			m, err := hear(b, "other")
			if err != nil || m.asked || len(m.told) != 1 || (m.told[0].life == 0) == alive {
				t.Fatalf("%d addresses: %+v %v", n, m, err)
			}
			info, ok := accepted(m.told[0].txt, seg, "")
			if !ok || info.ID != id || texts(info.Addrs) != texts(addrs[:n]) {
				t.Errorf("%d addresses: %v", n, info)
			}
		}
	}
}

// TestAnswerBytes holds the bytes of one announcement, put together by hand
// from RFC 1035 and RFC 6762.
func TestAnswerBytes(t *testing.T) {
	id := newID(t)
	got := self{"ab", id, multiaddrs(t, "/ip4/10.0.0.1/tcp/4001")}.answer(true)
	txt := dnsaddr + "/ip4/10.0.0.1/tcp/4001/p2p/" + id.String()
	want := "\x00\x00\x84\x00\x00\x00\x00\x04\x00\x00\x00\x00" +
		"\x06_grove\x04_udp\x05local\x00" + "\x00\x0c\x00\x01\x00\x00\x11\x94" + "\x00\x05" + "\x02ab\xc0\x0c" +
		"\xc0\x29" + "\x00\x21\x80\x01\x00\x00\x11\x94" + "\x00\x0b" + "\x00\x00\x00\x00\x0f\xa1" + "\x02ab\xc0\x18" +
		"\xc0\x29" + "\x00\x10\x80\x01\x00\x00\x11\x94" + string([]byte{0, byte(len(txt) + 1), byte(len(txt))}) + txt +
		"\xc0\x40" + "\x00\x01\x80\x01\x00\x00\x11\x94" + "\x00\x04" + "\x0a\x00\x00\x01"
	if string(got) != want {
		t.Errorf("\n%q, want\n%q", got, want)
	}
}

// question makes a query of one question and known answers.
func question(name string, kind, class uint16, known ...string) []byte {
	p := packer{at: map[string]int{}}
	p.header(0)
	p.name(name)
	p.words(kind, class)
	for _, k := range known {
		p.record(service, typePTR, classIN, ttl/2, func() { p.name(k + "." + service) })
	}
	p.b[5] = 1
	binary.BigEndian.PutUint16(p.b[6:], p.records)
	return p.b
}

func TestAsked(t *testing.T) {
	for _, row := range []struct {
		what   string
		packet []byte
		want   bool
	}{
		{"all", question(service, typePTR, classIN), true},
		{"all, of any kind", question(service, typeANY, classIN), true},
		{"all, to be answered alone", question(service, typePTR, classIN|flush), true},
		{"all, in capitals", question(strings.ToUpper(service), typePTR, classIN), true},
		{"all, but knows another", question(service, typePTR, classIN, "other"), true},
		{"all, but knows this one", question(service, typePTR, classIN, "other", me), false},
		{"what this one asks itself", self{name: me}.question(), false},
		{"what another asks", self{name: "other"}.question(), true},
		{"this one", question(me+"."+service, typeSRV, classIN), true},
		{"this one, which is known", question(me+"."+service, typeTXT, classIN, me), true},
		{"this host", question(me+"."+domain, typeAAAA, classIN), true},
		{"another", question("other."+service, typeTXT, classIN), false},
		{"all, but not for pointers", question(service, typeTXT, classIN), false},
		{"in another class", question(service, typePTR, 3), false},
		{"other services", question("_services._dns-sd._udp.local", typePTR, classIN), false},
		{"libp2p", question("_p2p._udp.local", typePTR, classIN), false},
		{"a longer name", question(service+".org", typePTR, classIN), false},
		{"a shorter name", question("_udp.local", typePTR, classIN), false},
	} {
		m, err := hear(row.packet, me)
		if err != nil || m.asked != row.want || len(m.told) > 0 {
			t.Errorf("%s: %+v %v", row.what, m, err)
		}
		row.packet[2] |= 0x80
		if m, err := hear(row.packet, me); err != nil || m.asked {
			t.Errorf("%s, in a response: %+v %v", row.what, m, err)
		}
	}
}

// response makes a response of TXT records.
func response(owners ...string) []byte {
	p := packer{at: map[string]int{}}
	p.header(flagsAnswer)
	for _, o := range owners {
		p.record(o, typeTXT, classIN, 120, func() { p.text("dnsaddr=x") })
	}
	binary.BigEndian.PutUint16(p.b[6:], p.records)
	return p.b
}

func TestTold(t *testing.T) {
	for _, row := range []struct {
		owner string
		want  int
	}{
		{"other." + service, 1}, {"Ünï." + strings.ToUpper(service), 1}, {"a.b." + service, 1},
		{service, 0}, {"x" + service, 0}, {"other._p2p._udp.local", 0}, {"other." + service + ".org", 0},
	} {
		if m, err := hear(response(row.owner), me); err != nil || len(m.told) != row.want {
			t.Errorf("%s: %+v %v", row.owner, m, err)
		}
	}
	var many []string
	for i := range 200 {
		many = append(many, fmt.Sprint(i, ".", service))
	}
	if m, err := hear(response(many...), me); err != nil || len(m.told) != maxTold {
		t.Errorf("%d told, %v", len(m.told), err)
	}
}

func TestGarbage(t *testing.T) {
	good := self{me, newID(t), multiaddrs(t, "/ip4/10.0.0.1/tcp/4001")}.answer(true)
	header := good[:12:12]
	for _, row := range []struct {
		what   string
		packet []byte
	}{
		{"nothing", nil},
		{"no header", good[:11]},
		{"too long", append(bytes.Clone(good), make([]byte, maxHeard)...)},
		{"another operation", append([]byte{0, 0, 0xac, 0}, good[4:]...)},
		{"a failure", append([]byte{0, 0, 0x84, 3}, good[4:]...)},
		{"more records than there are", append([]byte{0, 0, 0x84, 0, 0, 0, 0, 5}, good[8:]...)},
		{"thousands of records", append([]byte{0, 0, 0x84, 0, 0, 0, 0xff, 0xff}, good[8:]...)},
		{"a name that points at itself", append(header, 0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 0, 0, 0)},
		{"a name that points forwards", append(header, 0xc0, 14, 0, 0, 16, 0, 1, 0, 0, 0, 0, 0, 0)},
		{"a name that comes back to its pointer", append(header, 1, 'a', 0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 0, 0, 0)},
		{"a label of a reserved kind", append(header, 0x80, 0, 16, 0, 1, 0, 0, 0, 0, 0, 0)},
		{"a name without end", append(header, bytes.Repeat([]byte("\x3f"+strings.Repeat("a", 63)), 20)...)},
	} {
		if m, err := hear(row.packet, me); err == nil || m.asked || m.told != nil {
			t.Errorf("%s: %+v %v", row.what, m, err)
		}
	}
	for i := range good {
		if _, err := hear(good[:i], me); err == nil {
			t.Errorf("cut after %d bytes", i)
		}
	}
	// A TXT record whose string runs out of it is left out, the packet is not.
	broken := response("other." + service)
	broken[bytes.Index(broken, []byte("dnsaddr"))-1]++
	if m, err := hear(broken, me); err != nil || len(m.told) != 0 {
		t.Errorf("a broken string: %+v %v", m, err)
	}
}

// FuzzHear looks for packets that are read for ever, past their end, or into
// more than they are.
func FuzzHear(f *testing.F) {
	f.Add(self{me, newID(f), multiaddrs(f, "/ip4/10.0.0.1/tcp/4001")}.answer(true))
	f.Add(self{name: me}.question())
	f.Add(question(service, typePTR, classIN, me, "other"))
	f.Add(response("a."+service, "b."+service))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := hear(b, me)
		if err != nil && (m.asked || m.told != nil) || len(m.told) > maxTold || m.asked && len(m.told) > 0 {
			t.Fatalf("%+v %v", m, err)
		}
		for _, told := range m.told {
			if len(told.txt) > maxStrings {
				t.Fatalf("%d strings", len(told.txt))
			}
			for _, s := range told.txt {
				if !bytes.Contains(b, []byte(s)) {
					t.Fatalf("%q is not of the packet", s)
				}
			}
		}
	})
}
