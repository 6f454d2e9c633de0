package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// world is one small internet: a core that routes, public computers, homes
// behind routers. Addresses look public, because what Grove does depends on
// that.
//
//	44.1.N.2      2a05:d000:1:N::2   public computer N, at the core
//	44.2.N.2      2a05:d000:2:N::2   the router of home N, from outside
//	192.168.N.x   2a05:d000:3:N::x   the computers of home N
//
// What goes wrong in setting it up ends the scenario: must panics with a
// fault, which runScenario takes.
type world struct {
	lab    *lab
	name   string // of the scenario
	ctx    context.Context
	dir    string
	v4, v6 bool

	core   *space // nil: not needed yet
	spaces []*space
	homes  int
	public int

	mu      sync.Mutex
	procs   []*proc   // guarded by mu
	servers []*server // guarded by mu
}

// fault is why a scenario could not go on.
type fault struct{ error }

func (w *world) must(err error) {
	if err != nil {
		panic(fault{err})
	}
}

func (w *world) failf(format string, args ...any) { panic(fault{fmt.Errorf(format, args...)}) }

// close ends every process of the world, then the world.
func (w *world) close() {
	for _, p := range slices.Backward(w.procs) {
		p.kill()
	}
	for _, s := range slices.Backward(w.spaces) {
		removeSpace(s.name)
	}
}

// computer is a space where Groves run.
type computer struct {
	*space
	short    string
	ip4, ip6 string // "" where the world has none
	dir      string
	finders  string // GROVE_FINDERS; "" is the program's own
	runs     int    // commands so far, for the names of their logs
}

// host is the address others know it by, as it is in a URL.
func (c *computer) host() string {
	if c.ip4 != "" {
		return c.ip4
	}
	return "[" + c.ip6 + "]"
}

func (w *world) newComputer(name string) *computer {
	c := &computer{space: w.newSpace(name, false), short: name, dir: filepath.Join(w.dir, name)}
	w.must(os.MkdirAll(c.dir, 0o755))
	return c
}

// attach gives c the addresses and a way out by dev; gw4 and gw6 "" are none.
func (c *computer) attach(dev, ip4 string, bits4 int, gw4, ip6, gw6 string) {
	var lines []string
	if c.w.v4 {
		c.ip4 = ip4
		lines = append(lines, fmt.Sprintf("addr add %s/%d dev %s", ip4, bits4, dev))
		if gw4 != "" {
			lines = append(lines, "route add default via "+gw4)
		}
	}
	if c.w.v6 {
		c.ip6 = ip6
		lines = append(lines, fmt.Sprintf("addr add %s/64 dev %s nodad", ip6, dev))
		if gw6 != "" {
			lines = append(lines, "-6 route add default via "+gw6)
		}
	}
	// ip -batch takes the family as an option of the line.
	c.batch(lines)
}

// batch runs lines of ip(8), those that begin with -6 apart.
func (s *space) batch(lines []string) {
	for _, l := range lines {
		s.w.must(tool(s.w.ctx, "", "ip", append([]string{"-n", s.name}, strings.Fields(l)...)...))
	}
}

func (w *world) needCore() *space {
	if w.core == nil {
		w.core = w.newSpace("core", true)
	}
	return w.core
}

// at gives a space one end of a network.
func (s *space) at(dev, ip4, ip6 string) {
	var lines []string
	if s.w.v4 && ip4 != "" {
		lines = append(lines, "addr add "+ip4+" dev "+dev)
	}
	if s.w.v6 && ip6 != "" {
		lines = append(lines, "addr add "+ip6+" dev "+dev+" nodad")
	}
	s.batch(lines)
}

// outside makes a public computer. mbit holds what it sends; 0 is as fast as
// the machine is.
func (w *world) outside(name string, mbit float64) *computer {
	core := w.needCore()
	w.public++
	n := w.public
	c := w.newComputer(name)
	port := fmt.Sprintf("p%d", n)
	w.wire(core, port, c.space, "eth0")
	core.at(port, fmt.Sprintf("44.1.%d.1/30", n), fmt.Sprintf("2a05:d000:1:%x::1/64", n))
	c.attach("eth0", fmt.Sprintf("44.1.%d.2", n), 30, fmt.Sprintf("44.1.%d.1", n),
		fmt.Sprintf("2a05:d000:1:%x::2", n), fmt.Sprintf("2a05:d000:1:%x::1", n))
	if mbit > 0 {
		c.shape("eth0", mbit)
	}
	return c
}

// nat is what a home router does with what leaves.
type nat string

const (
	portRestricted nat = "masquerade"              // keeps ports; lets in who was spoken to
	symmetric      nat = "masquerade fully-random" // another port for every destination
)

// home is a router and what is behind it.
type home struct {
	router *space
	in     []*computer
}

// home makes a home of n computers. In IPv6 there is no translation, only a
// wall that lets in who was spoken to.
func (w *world) home(name string, kind nat, n int) *home {
	core := w.needCore()
	w.homes++
	h := &home{router: w.newSpace(name+"-router", true)}
	port, r := fmt.Sprintf("h%d", w.homes), h.router
	w.wire(core, port, r, "wan")
	core.at(port, fmt.Sprintf("44.2.%d.1/30", w.homes), fmt.Sprintf("2a05:d000:2:%x::1/64", w.homes))
	r.at("wan", fmt.Sprintf("44.2.%d.2/30", w.homes), fmt.Sprintf("2a05:d000:2:%x::2/64", w.homes))
	r.bridge("lan")
	r.at("lan", fmt.Sprintf("192.168.%d.1/24", w.homes), fmt.Sprintf("2a05:d000:3:%x::1/64", w.homes))
	if w.v4 {
		r.batch([]string{fmt.Sprintf("route add default via 44.2.%d.1", w.homes)})
		r.nft(`table ip nat { chain post { type nat hook postrouting priority 100; oifname "wan" ` + string(kind) + `
 }
}
`)
	}
	if w.v6 {
		r.batch([]string{fmt.Sprintf("-6 route add default via 2a05:d000:2:%x::1", w.homes)})
		core.batch([]string{fmt.Sprintf("-6 route add 2a05:d000:3:%x::/64 via 2a05:d000:2:%x::2", w.homes, w.homes)})
	}
	r.nft(`table inet wall {
 counter from_outside { }
 counter to_outside { }
 chain thru { type filter hook forward priority 0; policy drop;
  iifname "wan" counter name from_outside
  oifname "wan" counter name to_outside
  iifname "lan" accept
  ct state established,related accept
 }
 chain entry { type filter hook input priority 0; iifname "wan" ct state new drop
 }
}
`)
	for i := range n {
		c := w.newComputer(name + string(rune('1'+i)))
		plug := fmt.Sprintf("l%d", i)
		w.wire(r, plug, c.space, "eth0")
		r.ip("link set " + plug + " master lan")
		c.attach("eth0", fmt.Sprintf("192.168.%d.%d", w.homes, 10+i), 24, fmt.Sprintf("192.168.%d.1", w.homes),
			fmt.Sprintf("2a05:d000:3:%x::%x", w.homes, 10+i), fmt.Sprintf("2a05:d000:3:%x::1", w.homes))
		h.in = append(h.in, c)
	}
	return h
}

// lan makes n computers at a switch that leads nowhere.
func (w *world) lan(n int) (all []*computer) {
	sw := w.newSpace("switch", false)
	sw.bridge("lan")
	for i := range n {
		c := w.newComputer(fmt.Sprintf("lan%d", i+1))
		plug := fmt.Sprintf("l%d", i)
		w.wire(sw, plug, c.space, "eth0")
		sw.ip("link set " + plug + " master lan")
		c.attach("eth0", fmt.Sprintf("192.168.77.%d", 10+i), 24, "", fmt.Sprintf("fd77::%x", 10+i), "")
		all = append(all, c)
	}
	return all
}
