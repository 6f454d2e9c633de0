package bind

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestInterfaceThatGoes makes an interface in a network of its own, uses it,
// and takes it away: then nothing connects, though another interface could.
func TestInterfaceThatGoes(t *testing.T) {
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("the ip program is not installed")
	}
	ended := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with its network
		ended <- interfaceThatGoes(t)
	}()
	err := <-ended
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Error(err)
	}
}

// TestHeldToTheInterface: where the routes lead by another interface, nothing
// does, neither a connection nor a packet; a source address alone would.
func TestHeldToTheInterface(t *testing.T) {
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("the ip program is not installed")
	}
	ended := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with its network
		ended <- heldToTheInterface(t)
	}()
	err := <-ended
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Error(err)
	}
}

func heldToTheInterface(t *testing.T) error {
	if err := syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
		return errors.Join(errors.ErrUnsupported, err)
	}
	if err := ip("link add grove0 type veth peer name grove1"); err != nil {
		return errors.Join(errors.ErrUnsupported, err)
	}
	_ = os.WriteFile("/proc/sys/net/ipv6/conf/default/disable_ipv6", []byte("1"), 0) // it would say hello by itself
	for _, line := range []string{"addr add 10.77.0.2/24 dev grove0", "link set grove1 up", "link set grove0 up",
		"link add other0 type veth peer name other1", "link set other1 up", "addr add 10.88.0.2/24 dev other0", "link set other0 up", "route add default via 10.88.0.1", "neigh add 10.88.0.1 lladdr 02:00:00:00:00:01 dev other0"} {
		if err := ip(line); err != nil {
			return err
		}
	}
	const away = "203.0.113.1:9"
	try := func(l Local) {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		if conn, err := l.DialContext(ctx, net.Dialer{}, "tcp", away); err == nil {
			conn.Close()
		}
		listen := net.ListenConfig{Control: l.Hold}
		if conn, err := listen.ListenPacket(ctx, "udp4", "10.77.0.2:0"); err == nil {
			_, _ = conn.WriteTo([]byte("x"), &net.UDPAddr{IP: net.IPv4(203, 0, 113, 1), Port: 9}) // there is no way
			conn.Close()
		}
	}
	for _, l := range []Local{"grove0", "10.77.0.2"} {
		try(l)
		if n := left("other0"); n != 0 {
			return fmt.Errorf("bound to %s, %d packets left by another interface", l, n)
		}
	}
	if err := ip("link set grove0 down"); err != nil { // its address stays
		return err
	}
	for _, l := range []Local{"grove0", "10.77.0.2"} {
		try(l)
		if n := left("other0"); n != 0 {
			return fmt.Errorf("bound to %s, which is down, %d packets left by another interface", l, n)
		}
	}
	try("") // what is counted is real
	if left("other0") == 0 {
		return errors.New("nothing leaves by the other interface, bound or not")
	}
	return nil
}

// left is how many packets left by an interface of the calling thread's
// network.
func left(itf string) int {
	b, err := os.ReadFile("/proc/thread-self/net/dev")
	if err != nil {
		return -1
	}
	for line := range strings.Lines(string(b)) {
		name, counts, _ := strings.Cut(strings.TrimSpace(line), ":")
		if f := strings.Fields(counts); name == itf && len(f) > 9 {
			n, _ := strconv.Atoi(f[9])
			return n
		}
	}
	return -1
}

// TestWatch: an interface that is gone, made anew, given another address.
func TestWatch(t *testing.T) {
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("the ip program is not installed")
	}
	ended := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with its network
		ended <- watched(t)
	}()
	err := <-ended
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Error(err)
	}
}

// watched has what Watch calls change the network, since all of it must happen
// on one thread.
func watched(t *testing.T) error {
	if err := syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
		return errors.Join(errors.ErrUnsupported, err)
	}
	if err := ip("link add grove0 type veth peer name grove1"); err != nil {
		return errors.Join(errors.ErrUnsupported, err)
	}
	if err := errors.Join(ip("addr add 10.77.0.2/24 dev grove0"), ip("link set grove0 up")); err != nil {
		return err
	}
	steps := []struct{ want, then string }{
		{"10.77.0.2", "link del grove0"},
		{"gone", "link add grove0 type veth peer name grove1; addr add 10.77.0.2/24 dev grove0; link set grove0 up"},
		{"10.77.0.2", "link del grove0; link add grove0 type veth peer name grove1; addr add 10.77.0.2/24 dev grove0; link set grove0 up"}, // between two looks
		{"10.77.0.2", "addr del 10.77.0.2/24 dev grove0; addr add 10.77.0.3/24 dev grove0"},
		{"10.77.0.3", ""}, // not done at first
		{"10.77.0.3", "link set grove0 down"},
		{"gone", ""},
	}
	ctx, end := context.WithTimeout(t.Context(), time.Minute)
	defer end()
	i := 0
	Local("grove0").Watch(ctx, func(addrs []netip.Addr, err error) bool {
		got := "gone"
		if err == nil {
			got = addrs[0].String()
		}
		if got != steps[i].want {
			t.Errorf("look %d: %s, not %s", i, got, steps[i].want)
		}
		then := steps[i].then
		for line := range strings.SplitSeq(then, "; ") {
			if then != "" && ip(line) != nil {
				t.Errorf("ip %s failed", line)
			}
		}
		if i++; i == len(steps) {
			end()
		}
		return then != ""
	})
	if i < len(steps) {
		return fmt.Errorf("only %d changes were seen", i)
	}
	return nil
}

// ip changes the network of the calling thread, as the program of this name
// does.
func ip(line string) error {
	out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", line, err, out)
	}
	return nil
}

// interfaceThatGoes gives the calling thread a network of its own. An error
// that is errors.ErrUnsupported says that it may not, or that its kernel has
// no such interfaces.
func interfaceThatGoes(t *testing.T) error {
	if err := syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
		return errors.Join(errors.ErrUnsupported, err)
	}
	if err := ip("link add grove0 type veth peer name grove1"); err != nil {
		return errors.Join(errors.ErrUnsupported, err)
	}
	_ = ip("addr add fd77::2/64 dev grove0 nodad") // a kernel may be without IPv6
	for _, line := range []string{"link set lo up", "addr add 10.77.0.2/24 dev grove0", "link set grove1 up", "link set grove0 up"} {
		if err := ip(line); err != nil {
			return err
		}
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	dial := func() (from string, err error) {
		conn, err := Local("grove0").DialContext(t.Context(), net.Dialer{}, "tcp", l.Addr().String())
		if err != nil {
			return "", err
		}
		defer conn.Close()
		return conn.LocalAddr().(*net.TCPAddr).IP.String(), nil
	}

	addrs, err := Local("grove0").Addrs()
	if err != nil || addrs[0].String() != "10.77.0.2" {
		return fmt.Errorf("grove0 has %v, %v", addrs, err)
	}
	for _, a := range addrs[1:] {
		if a.String() != "fd77::2" { // not the link-local one that it has, too
			return fmt.Errorf("grove0 has %v", addrs)
		}
	}
	if from, err := dial(); err != nil || from != "10.77.0.2" {
		return fmt.Errorf("bound to grove0, it called from %q, %v", from, err)
	}
	for _, line := range []string{"link set grove0 down", "link del grove0"} {
		if err := ip(line); err != nil {
			return err
		}
		if from, err := dial(); err == nil {
			return fmt.Errorf("after %q it called from %s", line, from)
		}
		if err := Local("grove0").Check(); err == nil || !strings.Contains(err.Error(), "grove0") {
			return fmt.Errorf("after %q: %v", line, err)
		}
	}
	return nil
}
