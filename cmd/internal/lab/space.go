package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// space is one network namespace: a computer, or a router. Nothing in it leads
// out of this machine, because it has no links but those to other spaces.
type space struct {
	name string // of the namespace
	w    *world
}

// newSpace makes a namespace with nothing in it but loopback. A router passes
// on what is not for itself.
func (w *world) newSpace(name string, router bool) *space {
	s := &space{name: w.lab.prefix + w.name + "-" + name, w: w}
	w.must(tool(w.ctx, "", "ip", "netns", "add", s.name))
	w.spaces = append(w.spaces, s)
	s.ip("link set lo up")
	set := []string{"ipv6/conf/default/accept_ra=0", "ipv6/conf/default/accept_dad=0", "ipv4/ip_local_port_range=20000 60999"}
	if router {
		set = append(set, "ipv4/ip_forward=1", "ipv6/conf/all/forwarding=1")
	}
	if !w.v6 {
		set = append(set, "ipv6/conf/all/disable_ipv6=1", "ipv6/conf/default/disable_ipv6=1")
	}
	s.sysctl(set...)
	return s
}

// sysctl writes KEY=VALUE below /proc/sys/net.
func (s *space) sysctl(set ...string) {
	var script strings.Builder
	for _, kv := range set {
		key, value, _ := strings.Cut(kv, "=")
		fmt.Fprintf(&script, "echo %s > /proc/sys/net/%s\n", value, key)
	}
	s.w.must(tool(s.w.ctx, "", "ip", "netns", "exec", s.name, "sh", "-ec", script.String()))
}

// ip runs lines of ip(8) in the namespace.
func (s *space) ip(lines ...string) {
	s.w.must(tool(s.w.ctx, strings.Join(lines, "\n")+"\n", "ip", "-n", s.name, "-batch", "-"))
}

// nft adds rules.
func (s *space) nft(rules string) {
	s.w.must(tool(s.w.ctx, rules, "ip", "netns", "exec", s.name, "nft", "-f", "-"))
}

// shape holds what leaves by dev to mbit.
func (s *space) shape(dev string, mbit float64) {
	burst := max(int(mbit*1e6/8*0.004), 64<<10)
	s.w.must(tool(s.w.ctx, "", "tc", "-n", s.name, "qdisc", "add", "dev", dev, "root", "tbf",
		"rate", fmt.Sprintf("%dkbit", int(mbit*1000)), "burst", fmt.Sprint(burst), "latency", "100ms"))
}

// wire joins two spaces by a cable.
func (w *world) wire(a *space, devA string, b *space, devB string) {
	a.ip("link add " + devA + " type veth peer name " + devB + " netns " + b.name)
	a.ip("link set " + devA + " up")
	b.ip("link set " + devB + " up")
}

// bridge makes a switch called dev in s.
func (s *space) bridge(dev string) {
	s.ip("link add "+dev+" type bridge mcast_snooping 0", "link set "+dev+" up")
}

// count is what one nft counter holds.
type count struct {
	Packets int64 `json:"packets"`
	Bytes   int64 `json:"bytes"`
}

// counters reads the named counters of the namespace.
func (s *space) counters() map[string]count {
	out, err := exec.CommandContext(s.w.ctx, "ip", "netns", "exec", s.name, "nft", "-j", "list", "counters").Output()
	s.w.must(err)
	var list struct {
		Nftables []struct {
			Counter *struct {
				Name string `json:"name"`
				count
			} `json:"counter"`
		} `json:"nftables"`
	}
	s.w.must(json.Unmarshal(out, &list))
	all := map[string]count{}
	for _, e := range list.Nftables {
		if e.Counter != nil {
			all[e.Counter.Name] = e.Counter.count
		}
	}
	return all
}

// Counters of what leaves and what enters a computer, by kind. mDNS stands
// apart; so does what IPv6 needs to know its neighbours, which no program
// sends.
const packetRules = `table inet lab {
 counter out { }
 counter out_mdns { }
 counter out_neighbour { }
 counter in { }
 counter in_mdns { }
 counter in_neighbour { }
 chain o { type filter hook output priority 300; oifname "lo" return;
  udp dport 5353 counter name out_mdns return; udp sport 5353 counter name out_mdns return
  meta l4proto icmpv6 counter name out_neighbour return; meta l4proto igmp counter name out_neighbour return
  counter name out
 }
 chain i { type filter hook input priority -300; iifname "lo" return;
  udp dport 5353 counter name in_mdns return; udp sport 5353 counter name in_mdns return
  meta l4proto icmpv6 counter name in_neighbour return; meta l4proto igmp counter name in_neighbour return
  counter name in
 }
}
`

// tool runs a command to its end. input is its standard input.
func tool(ctx context.Context, input, name string, args ...string) error {
	c := exec.CommandContext(ctx, name, args...)
	var out bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader(input), &out, &out
	if err := c.Run(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, strings.TrimSpace(out.String()+" "+input))
	}
	return nil
}

// removeSpace deletes the namespace, after ending what still runs in it.
func removeSpace(name string) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	out, _ := exec.CommandContext(ctx, "ip", "netns", "pids", name).Output()
	for _, f := range strings.Fields(string(out)) {
		var pid int
		if _, err := fmt.Sscan(f, &pid); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	if err := tool(ctx, "", "ip", "netns", "del", name); err != nil {
		fmt.Fprintln(os.Stderr, "lab:", err)
	}
}

// sweep removes what runs of the lab left that ended without cleaning up.
func sweep() {
	entries, _ := os.ReadDir("/var/run/netns") // is made with the first namespace
	for _, e := range entries {
		var pid int
		if _, err := fmt.Sscanf(e.Name(), "grlab-%d-", &pid); err == nil && syscall.Kill(pid, 0) == syscall.ESRCH {
			removeSpace(e.Name())
		}
	}
}
