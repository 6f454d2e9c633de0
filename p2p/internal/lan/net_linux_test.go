package lan

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// wires are two network namespaces, a and b, with cables between them: a0 to
// b0, a1 to b1. There is no other way out of either.
type wires struct {
	*testing.T
	a, b string
}

var wiresMade atomic.Int32

// newWires lays n cables; up are lines of ip(8), where A and B stand for the
// namespaces.
func newWires(t *testing.T, n int, up ...string) *wires {
	t.Helper()
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("network namespaces need root")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("ip(8) is not here: ", err)
	}
	name := fmt.Sprintf("glan-%d-%d-", os.Getpid(), wiresMade.Add(1))
	w := &wires{t, name + "a", name + "b"}
	for _, ns := range []string{w.a, w.b} {
		if out, err := exec.Command("ip", "netns", "add", ns).CombinedOutput(); err != nil {
			t.Skipf("no network namespace can be made here: %v: %s", err, out)
		}
		t.Cleanup(func() {
			if out, err := exec.Command("ip", "netns", "del", ns).CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
		// Addresses are there at once, without a second of looking for twins.
		out, err := exec.Command("ip", "netns", "exec", ns, "sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad").CombinedOutput()
		if err != nil {
			t.Skipf("IPv6 cannot be set up in a namespace here: %v: %s", err, out)
		}
	}
	for i := range n {
		w.ip(fmt.Sprintf("link add a%d netns %s type veth peer name b%d netns %s", i, w.a, i, w.b))
		w.ip(fmt.Sprintf("-n A link set a%d up", i))
		w.ip(fmt.Sprintf("-n B link set b%d up", i))
	}
	for i := range n {
		w.ready(w.a, fmt.Sprint("a", i))
		w.ready(w.b, fmt.Sprint("b", i))
	}
	for _, line := range up {
		w.ip(line)
	}
	return w
}

// ready waits until an interface has noticed its cable, and has the address
// that IPv6 packets of the link come from.
func (w *wires) ready(ns, itf string) {
	w.Helper()
	for end := time.Now().Add(30 * time.Second); ; {
		out, err := exec.Command("ip", "-n", ns, "-6", "-o", "addr", "show", "dev", itf, "scope", "link", "up", "-tentative").CombinedOutput()
		if err == nil && strings.Contains(string(out), "fe80") {
			return
		}
		if time.Now().After(end) {
			w.Skipf("no IPv6 on an interface of a namespace here: %v: %s", err, out)
		}
		time.Sleep(10 * time.Millisecond) // ip(8) tells of a change, but not of what was before
	}
}

// ip runs a line of ip(8).
func (w *wires) ip(line string) {
	w.Helper()
	words := strings.Fields(line)
	for i, word := range words {
		switch word {
		case "A":
			words[i] = w.a
		case "B":
			words[i] = w.b
		}
	}
	if out, err := exec.Command("ip", words...).CombinedOutput(); err != nil {
		w.Fatalf("ip %s: %v: %s", line, err, out)
	}
}

// child is this test binary in a role of child_linux_test.go.
type child struct {
	*testing.T
	role  string
	in    io.WriteCloser
	lines chan string // closed with its output
	cmd   *exec.Cmd
}

func (w *wires) child(ns, role string) *child {
	w.Helper()
	c := &child{T: w.T, role: role, lines: make(chan string, 10000)}
	c.cmd = exec.Command("ip", "netns", "exec", ns, "/proc/self/exe")
	self, err := os.Executable()
	if err != nil {
		w.Fatal(err)
	}
	c.cmd.Args[4] = self
	c.cmd.Env = append(os.Environ(), roleVar+"="+role, "GORACE=atexit_sleep_ms=0")
	c.cmd.Stderr = os.Stderr
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		w.Fatal(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		w.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		w.Fatal(err)
	}
	go func() {
		defer close(c.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			c.lines <- s.Text()
		}
	}()
	w.Cleanup(c.end)
	return c
}

// end ends the child's input and waits for it.
func (c *child) end() {
	if c.cmd.ProcessState != nil {
		return
	}
	c.in.Close()
	for range c.lines {
	}
	if err := c.cmd.Wait(); err != nil {
		c.Errorf("%s: %v", c.role, err)
	}
}

func (c *child) say(what string) {
	if _, err := io.WriteString(c.in, what+"\n"); err != nil {
		c.Errorf("%s: %v", c.role, err)
	}
}

// wait returns the next line that has all of the given parts.
func (c *child) wait(parts ...string) string {
	c.Helper()
	deadline := time.After(30 * time.Second)
next:
	for {
		select {
		case line, ok := <-c.lines:
			if !ok {
				c.Fatalf("%s ended before it said %q", c.role, parts)
			}
			for _, p := range parts {
				if !strings.Contains(line, p) {
					continue next
				}
			}
			return line
		case <-deadline:
			c.Fatalf("%s does not say %q", c.role, parts)
		}
	}
}

// during collects what c says in a time.
func (c *child) during(d time.Duration) []string {
	var out []string
	for end := time.After(d); ; {
		select {
		case line, ok := <-c.lines:
			if !ok {
				c.Fatalf("%s ended", c.role)
			}
			out = append(out, line)
		case <-end:
			return out
		}
	}
}

// grove starts one that looks for changes all the time.
func (w *wires) grove(ns, bind string) (*child, string) { return w.groveThatLooks(ns, bind, "100ms") }

func (w *wires) groveThatLooks(ns, bind, every string) (*child, string) {
	w.Helper()
	c := w.child(ns, "grove "+bind+" "+every)
	return c, strings.TrimPrefix(c.wait("id "), "id ")
}

// meet has a Grove come to a resident in b, and leave again.
func (w *wires) meet(old, sniff *child, oldID, addrA, addrB string) {
	w.Helper()
	newcomer, newID := w.grove(w.b, "-")
	line := newcomer.wait("found "+oldID, addrA)
	w.Logf("the newcomer: %s", line)
	for _, c := range []string{"/ip4/127.", "/ip6/::1/", "/ip6/fe80", "/ip6/2a00:88"} {
		if strings.Contains(line, c) {
			w.Errorf("%s was found", c)
		}
	}
	line = old.wait("found "+newID, addrB)
	w.Logf("the resident: %s", line)
	newcomer.in.Close()
	newcomer.wait("closed")
	sniff.wait("in ", " 255 ", "goodbye")
	for _, line := range sniff.during(300 * time.Millisecond) {
		if strings.HasPrefix(line, "in ") {
			w.Errorf("after the goodbye: %s", line)
		}
	}
}

// TestIdleThenMeetOverIPv4 counts what an idle Grove sends, and then has
// somebody come who has IPv4 alone.
func TestIdleThenMeetOverIPv4(t *testing.T) {
	w := newWires(t, 1, "-n A addr add 10.77.0.1/24 dev a0", "-n A addr add fd77::5/64 dev a0",
		"-n A route add 10.99.0.0/24 dev a0", "-n B addr add 10.99.0.9/24 dev b0")
	sniff := w.child(w.a, "sniff a0")
	sniff.wait("ready")
	// A busy machine that stops it for twice that time looks like sleep.
	grove, id := w.groveThatLooks(w.a, "-", lookEvery.String())
	for range 2 * len(rounds) { // of IPv4 and IPv6
		sniff.wait("out ", " 255 ", "answer")
	}
	if said := sniff.during(time.Second); len(said) > 0 {
		t.Errorf("an idle Grove brings %q", said)
	}

	// Who asks from an address that is not of this network gets no answer.
	stranger := w.child(w.b, "send b0")
	stranger.wait("ready")
	stranger.say("ask")
	sniff.wait("in 10.99.0.9", "question")
	if said := sniff.during(500 * time.Millisecond); len(said) > 0 {
		t.Errorf("a stranger's question brings %q", said)
	}
	w.ip("-n B addr add 10.77.0.2/24 dev b0")
	w.ip("-n B addr del 10.99.0.9/24 dev b0")
	w.meet(grove, sniff, id, "/ip4/10.77.0.1/tcp/4001", "/ip4/10.77.0.2/tcp/4001")
}

// TestMeetOverIPv6 has unique local addresses, or global ones as a DHCP server
// gives them, of no prefix, and one of a network that the other has no part
// in.
func TestMeetOverIPv6(t *testing.T) {
	for _, row := range []struct{ name, ownA, ownB, bits string }{
		{"unique local", "fd77::5", "fd77::2", "/64"},
		{"global", "2a00:77::5", "2a00:77::2", "/128"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWires(t, 1, "-n A addr add "+row.ownA+row.bits+" dev a0", "-n B addr add "+row.ownB+row.bits+" dev b0",
				"-n A addr add 2a00:88::5/64 dev a0")
			sniff := w.child(w.a, "sniff a0")
			sniff.wait("ready")
			grove, id := w.grove(w.a, "-")
			sniff.wait("out fe80:", "answer")
			w.meet(grove, sniff, id, "/ip6/"+row.ownA+"/udp/4001/quic-v1", "/ip6/"+row.ownB+"/udp/4001/quic-v1")
		})
	}
}

// TestBound: nothing leaves by another interface, not even when another
// program has joined the group there and somebody asks, and nothing is sent to
// one who asks from afar.
func TestBound(t *testing.T) {
	w := newWires(t, 2,
		"-n A addr add 10.77.0.1/24 dev a0", "-n B addr add 10.77.0.2/24 dev b0",
		"-n A addr add 10.77.1.1/24 dev a1", "-n B addr add 10.77.1.2/24 dev b1",
		"-n A addr add fd77::1/64 dev a0", "-n A addr add fd78::1/64 dev a1", "-n B addr add fd78::2/64 dev b1")
	other := w.child(w.a, "send a1") // an avahi, say
	other.wait("ready")
	on0, on1 := w.child(w.b, "sniff b0"), w.child(w.b, "sniff b1")
	on0.wait("ready")
	on1.wait("ready")
	unbound, boundID := w.grove(w.b, "-")
	bound, _ := w.grove(w.a, "a0")
	line := unbound.wait("found ", "10.77.0.1")
	if strings.Contains(line, "10.77.1.1") || strings.Contains(line, "fd78") {
		t.Errorf("bound to a0, it tells of a1: %s", line)
	}
	bound.wait("found "+boundID, "10.77.0.2")
	ask0, ask1 := w.child(w.b, "send b0"), w.child(w.b, "send b1")
	ask0.wait("ready")
	ask1.wait("ready")
	ask1.say("ask")
	ask1.say("ask 10.77.1.1")
	said := on1.during(time.Second)
	ask0.say("ask")
	on0.wait("in 10.77.0.1", "answer")
	bound.in.Close()
	bound.wait("closed")
	on0.wait("in 10.77.0.1", "goodbye")
	asked := 0
	for _, line := range append(said, on1.during(200*time.Millisecond)...) {
		if strings.HasPrefix(line, "in ") {
			t.Errorf("bound to a0, it sent by a1: %s", line)
		}
		if strings.HasPrefix(line, "out 10.77.1.2") && strings.HasSuffix(line, "question") {
			asked++
		}
	}
	if asked < 3 {
		t.Errorf("only %d questions went out: the test shows nothing", asked)
	}
}

// TestWithAnother: Grove finds what another implementation announces, and is
// found by it.
func TestWithAnother(t *testing.T) {
	w := newWires(t, 1, "-n A addr add 10.77.0.1/24 dev a0", "-n B addr add 10.77.0.2/24 dev b0")
	id := newID(t)
	another := w.child(w.b, "zeroconf b0 dnsaddr=/ip4/10.77.0.2/tcp/4001/p2p/"+id.String())
	grove, groveID := w.grove(w.a, "-")
	grove.wait("found "+id.String(), "/ip4/10.77.0.2/tcp/4001")
	another.wait("entry 4001 [10.77.0.1]", "dnsaddr=/ip4/10.77.0.1/tcp/4001/p2p/"+groveID)
}

// TestInterfaceAppears: what the system says of its interfaces is seen to
// change.
func TestInterfaceAppears(t *testing.T) {
	w := newWires(t, 1, "-n B addr add 10.77.0.2/24 dev b0", "-n A link set a0 down")
	early, earlyID := w.grove(w.a, "-")
	late, lateID := w.grove(w.b, "-")
	w.ip("-n A addr add 10.77.0.1/24 dev a0")
	w.ip("-n A link set a0 up")
	early.wait("found "+lateID, "/ip4/10.77.0.2/tcp/4001")
	late.wait("found "+earlyID, "/ip4/10.77.0.1/tcp/4001")
	w.ip("-n A addr del 10.77.0.1/24 dev a0")
	w.ip("-n A addr add 10.77.0.3/24 dev a0")
	late.wait("found "+earlyID, "/ip4/10.77.0.3/tcp/4001")
}

func TestManyStarts(t *testing.T) {
	w := newWires(t, 2, "-n A addr add 10.77.0.1/24 dev a0", "-n A addr add fd77::1/64 dev a0", "-n A addr add 10.77.1.1/24 dev a1")
	if line := w.child(w.a, "churn").wait("left"); line != "left 0 files <nil>" {
		t.Error(line)
	}
}

func TestCloseWaits(t *testing.T) {
	w := newWires(t, 1, "-n A addr add 10.77.0.1/24 dev a0")
	w.child(w.a, "slow a0").wait("closed in time")
}

// TestFloodOfPackets: see TestFlood; here they come by the wire, and somebody
// honest comes after.
func TestFloodOfPackets(t *testing.T) {
	w := newWires(t, 1, "-n A addr add 10.77.0.1/24 dev a0", "-n B addr add 10.77.0.2/24 dev b0")
	grove, _ := w.grove(w.a, "-")
	hostile := w.child(w.b, "send b0")
	hostile.wait("ready")
	hostile.say("flood")
	hostile.wait("flooded")
	invented := 0
	for _, line := range grove.during(time.Second) {
		if strings.HasPrefix(line, "found ") {
			invented++
		}
	}
	if invented == 0 || invented > maxShare {
		t.Errorf("%d peers were found that are not there, of 1 to %d", invented, maxShare)
	}
	w.ip("-n B addr del 10.77.0.2/24 dev b0")
	w.ip("-n B addr add 10.77.0.3/24 dev b0")
	_, honest := w.grove(w.b, "-")
	grove.wait("found " + honest)
	grove.in.Close()
	var mib int
	if _, err := fmt.Sscanf(grove.wait("closed"), "closed, with %d MiB", &mib); err != nil || mib > 64 {
		t.Errorf("%d MiB: %v", mib, err)
	}
	t.Logf("%d MiB, %v of processor time, %d found", mib, grove.used(), invented)
}

// used is the processor time of a child, which it ends.
func (c *child) used() time.Duration {
	c.end()
	return c.cmd.ProcessState.UserTime() + c.cmd.ProcessState.SystemTime()
}
