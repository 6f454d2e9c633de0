package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// lines is the internet of a crowd: one router for each operator, and behind
// it homes with a modem each, where the queues are.
//
//	44.10.H.10   44.20.H.10   the computer of home H, of the first and second operator
//	44.110.H.2   44.120.H.2   its modem, from outside
//	192.168.H.10              the computer of a home behind a router that translates
//	44.10.H.2                 a server at the router itself
type lines struct {
	*world
	ram       string // folder of this run, in memory
	operators []*space
	homes     []int // so far, of each operator

	origin, server, seed *computer // seed may be nil
	clients              []*computer
	household            *space // the modem of all clients, or nil
}

// open makes an internet of so many operators, with nobody in it.
func (w *world) open(operators int) *lines {
	ram, err := w.lab.memory()
	w.must(err)
	l := &lines{world: w, ram: filepath.Join(ram, filepath.Base(w.dir)), homes: make([]int, operators)}
	w.must(os.RemoveAll(l.ram))
	w.must(os.MkdirAll(l.ram, 0o755))
	for i := range operators {
		l.operators = append(l.operators, l.plain(fmt.Sprintf("operator%d", i+1), true))
	}
	return l
}

// build makes the internet of c. The number of the run decides who is cut off
// from whom.
func (w *world) build(c swarm, run uint64) *lines {
	operators := 1
	if c.transit > 0 {
		operators = 2
	}
	l := w.open(operators)
	if operators == 2 {
		l.join(c.transit)
	}
	l.origin = l.home(0, []string{"origin"}, c.origin, 0, "").in[0]
	l.server = l.direct("server")
	if c.seed > 0 {
		l.seed = l.home(0, []string{"seed"}, c.seed, c.down, "").in[0]
	}
	var names []string
	for i := range c.clients {
		names = append(names, fmt.Sprintf("c%d", i+1))
	}
	if c.household {
		h := l.home(0, names, c.up, c.down, "")
		l.clients, l.household = h.in, h.router
		return l
	}
	for i, name := range names {
		kind := c.kind
		if i >= c.natted {
			kind = ""
		}
		l.clients = append(l.clients, l.home(i*operators/c.clients, []string{name}, c.up, c.down, kind).in...)
	}
	if c.transit > 0 {
		l.tally()
	}
	if c.cut > 0 {
		l.separate(cutPairs(c.clients, c.cut, run))
	}
	return l
}

// plain is a space with nobody's folder.
func (l *lines) plain(name string, router bool) *space {
	s := l.newSpace(name, router)
	s.alike()
	return s
}

// congestion is how computers at home hold back. The kernel's own choice is not
// the same on every machine.
const congestion = "cubic"

// alike has TCP hold back as computers at home do, where the kernel allows it:
// a namespace may choose only what tcp_allowed_congestion_control has.
func (s *space) alike() {
	s.sysctl("ipv4/conf/all/rp_filter=0")
	if slices.Contains(readWords("tcp_allowed_congestion_control"), congestion) {
		s.sysctl("ipv4/tcp_congestion_control=" + congestion)
	}
}

// unlike is what TCP does instead of congestion in the namespaces of this
// machine, or "".
func unlike() string {
	if slices.Contains(readWords("tcp_allowed_congestion_control"), congestion) {
		return ""
	}
	now := strings.Join(readWords("tcp_congestion_control"), " ")
	if now == congestion {
		return ""
	}
	return now
}

// readWords reads a setting of the machine's IPv4.
func readWords(setting string) []string {
	b, _ := os.ReadFile("/proc/sys/net/ipv4/" + setting)
	return strings.Fields(string(b))
}

// person is a computer whose folder lies in memory, so that the disk is no
// part of what is measured.
func (l *lines) person(name string) *computer {
	c := l.newComputer(name)
	c.alike()
	c.dir = filepath.Join(l.ram, name)
	l.must(os.MkdirAll(c.dir, 0o755))
	return c
}

// home makes a home of an operator's: a modem, and computers with names behind
// it. up and down are the rates of its line; kind is what its router does, ""
// where the computers have addresses of their own.
func (l *lines) home(op int, names []string, up, down float64, kind nat) *home {
	l.homes[op]++
	h, net, r := l.homes[op], 10+10*op, l.operators[op]
	port := fmt.Sprintf("h%d", h)
	m := l.plain(names[0]+"-modem", true)
	made := &home{router: m}
	l.wire(r, port, m, "wan")
	r.at(port, fmt.Sprintf("44.%d.%d.1/30", 100+net, h), "")
	m.at("wan", fmt.Sprintf("44.%d.%d.2/30", 100+net, h), "")
	m.batch([]string{fmt.Sprintf("route add default via 44.%d.%d.1", 100+net, h)})
	m.queue("wan", up)
	r.queue(port, down)
	lan := fmt.Sprintf("44.%d.%d", net, h)
	if kind != "" {
		lan = fmt.Sprintf("192.168.%d", h)
	}
	m.bridge("lan")
	m.at("lan", lan+".1/24", "")
	for i, name := range names {
		c := l.person(name)
		plug := fmt.Sprintf("l%d", i)
		l.wire(m, plug, c.space, "eth0")
		m.ip("link set " + plug + " master lan")
		c.attach("eth0", fmt.Sprintf("%s.%d", lan, 10+i), 24, lan+".1", "", "")
		made.in = append(made.in, c)
	}
	if kind == "" {
		r.batch([]string{fmt.Sprintf("route add %s.0/24 via 44.%d.%d.2", lan, 100+net, h)})
	} else {
		m.nft(`table ip nat { chain post { type nat hook postrouting priority 100; oifname "wan" ` + string(kind) + `
 }
}
` + wall)
	}
	return made
}

// wall lets in who was spoken to.
const wall = `table ip wall {
 chain thru { type filter hook forward priority 0; policy drop;
  iifname "lan" accept
  ct state established,related accept
 }
 chain entry { type filter hook input priority 0; iifname "wan" ct state new drop
 }
}
`

// direct makes a computer at the first operator's router, with no line to
// share.
func (l *lines) direct(name string) *computer {
	l.homes[0]++
	h, r := l.homes[0], l.operators[0]
	c := l.person(name)
	port := fmt.Sprintf("h%d", h)
	l.wire(r, port, c.space, "eth0")
	r.at(port, fmt.Sprintf("44.10.%d.1/30", h), "")
	c.attach("eth0", fmt.Sprintf("44.10.%d.2", h), 30, fmt.Sprintf("44.10.%d.1", h), "", "")
	return c
}

// join lays the link of two operators.
func (l *lines) join(mbit float64) {
	a, b := l.operators[0], l.operators[1]
	l.wire(a, "transit", b, "transit")
	a.at("transit", "44.1.0.1/30", "")
	b.at("transit", "44.1.0.2/30", "")
	a.batch([]string{"route add default via 44.1.0.2"})
	b.batch([]string{"route add default via 44.1.0.1"})
	a.queue("transit", mbit)
	b.queue("transit", mbit)
}

// separate drops what pairs of clients send each other.
func (l *lines) separate(pairs [][2]int) {
	var all []string
	for _, p := range pairs {
		a, b := l.clients[p[0]].ip4, l.clients[p[1]].ip4
		all = append(all, a+" . "+b, b+" . "+a)
	}
	l.operators[0].nft(`table ip apart {
 set pairs { type ipv4_addr . ipv4_addr; elements = { ` + strings.Join(all, ", ") + ` }
 }
 chain thru { type filter hook forward priority 0; ip saddr . ip daddr @pairs drop
 }
}
`)
}

// vanish drops everything that a computer sends and gets. It may run beside the
// scenario.
func (c *computer) vanish() error {
	return tool(c.w.ctx, `table ip vanished {
 chain in { type filter hook input priority -300; iifname "eth0" drop
 }
 chain out { type filter hook output priority -300; oifname "eth0" drop
 }
}
`, "ip", "netns", "exec", c.name, "nft", "-f", "-")
}

// queue holds what leaves by dev to mbit, behind a queue of a tenth of a
// second; 0 is as fast as the machine is. A packet of 64 KiB must fit, which
// is what a computer hands over at a time.
func (s *space) queue(dev string, mbit float64) {
	if mbit == 0 {
		return
	}
	rate := mbit * 1e6 / 8 // bytes a second
	burst := max(int(rate*0.004), 96<<10)
	s.w.must(tool(s.w.ctx, "", "tc", "-n", s.name, "qdisc", "add", "dev", dev, "root", "tbf", "rate", fmt.Sprintf("%dkbit", int(mbit*1000)),
		"burst", strconv.Itoa(burst), "limit", strconv.Itoa(burst+max(int(rate*0.1), 128<<10))))
}

// traffic is what an interface received and sent.
type traffic struct{ in, out int64 }

// traffic reads the counters of one of the space's interfaces.
func (s *space) traffic(dev string) traffic {
	out, err := exec.CommandContext(s.w.ctx, "ip", "netns", "exec", s.name, "cat", "/proc/net/dev").Output()
	s.w.must(err)
	return parseTraffic(string(out), dev)
}

// traffic reads the same without a process of its own, as long as p lives.
func (p *proc) traffic(dev string) traffic {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/net/dev", p.cmd.Process.Pid)) // it may have ended
	return parseTraffic(string(b), dev)
}

// parseTraffic reads /proc/net/dev.
func parseTraffic(text, dev string) (t traffic) {
	for line := range strings.Lines(text) {
		name, numbers, _ := strings.Cut(line, ":")
		if f := strings.Fields(numbers); strings.TrimSpace(name) == dev && len(f) > 8 {
			t.in, _ = strconv.ParseInt(f[0], 10, 64) // the kernel wrote a number
			t.out, _ = strconv.ParseInt(f[8], 10, 64)
		}
	}
	return t
}
