package door

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	ma "github.com/multiformats/go-multiaddr"
	"golang.org/x/sys/unix"
)

// process is what the test binary does in the place of tests, in a network of
// its own: a real Mapper that does what it reads.
func process() int {
	m := NewMapper(func() []ma.Multiaddr {
		return []ma.Multiaddr{ma.StringCast("/ip4/0.0.0.0/tcp/4001"), ma.StringCast("/ip6/::/udp/4002/quic-v1")}
	}, "", nil)
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		switch in.Text() {
		case "on":
			m.Use(true)
		case "off":
			m.Use(false)
		case "again":
			m.Again()
		}
		fmt.Println(mapped(m), m.Routers())
	}
	if err := m.Close(); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// land is two networks: a gateway, where the test listens, and a host behind
// it, where process runs.
type land struct {
	t       *testing.T
	gateway string // names of the namespaces
	host    string
	sniffed chan string // packets of the host that PCP and NAT-PMP do not explain
}

func newLand(t *testing.T) *land {
	t.Helper()
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("the ip program is not installed")
	}
	n := &land{t: t, gateway: fmt.Sprintf("gdoor-g-%d", os.Getpid()), host: fmt.Sprintf("gdoor-h-%d", os.Getpid()), sniffed: make(chan string, 1000)}
	for _, name := range []string{n.gateway, n.host} {
		if err := ip("netns add " + name); err != nil {
			t.Skip(err)
		}
		t.Cleanup(func() {
			if err := ip("netns del " + name); err != nil {
				t.Error(err)
			}
		})
	}
	g, h := "-n "+n.gateway+" ", "-n "+n.host+" "
	if err := ip(g + "link add gdoor0 type veth peer name gdoor1 netns " + n.host); err != nil {
		t.Skip(err)
	}
	for _, line := range []string{
		g + "link set lo up", h + "link set lo up",
		g + "addr add 10.91.0.1/24 dev gdoor0", h + "addr add 10.91.0.2/24 dev gdoor1",
		g + "link set gdoor0 up", h + "link set gdoor1 up",
		h + "route add default via 10.91.0.1",
		g + "addr add fe80::91/64 dev gdoor0 nodad", h + "addr add 2001:db8:91::2/64 dev gdoor1 nodad",
		h + "addr add 2001:db8:91::3/64 dev gdoor1 nodad",
		g + "-6 route add 2001:db8:91::/64 dev gdoor0",
		h + "-6 route add default via fe80::91 dev gdoor1",
	} {
		if err := ip(line); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

func ip(line string) error {
	out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", line, err, out)
	}
	return nil
}

// inside runs f on a thread that is in the gateway's network.
func (n *land) inside(f func() error) {
	n.t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with its network
		file, err := os.Open("/var/run/netns/" + n.gateway)
		if err == nil {
			defer file.Close()
			err = unix.Setns(int(file.Fd()), unix.CLONE_NEWNET)
		}
		if err == nil {
			err = f()
		}
		done <- err
	}()
	if err := <-done; err != nil {
		n.t.Fatal(err)
	}
}

// answers has b answer at the port of routers.
func (n *land) answers(b *box) {
	n.t.Helper()
	var sockets []net.PacketConn
	n.inside(func() error {
		for _, at := range []string{"10.91.0.1:5351", "[fe80::91%gdoor0]:5351"} {
			s, err := net.ListenPacket("udp", at)
			if err != nil {
				return err
			}
			sockets = append(sockets, s)
		}
		return nil
	})
	var serving sync.WaitGroup
	for _, s := range sockets {
		serving.Go(func() {
			buf := make([]byte, 2000)
			for {
				got, from, err := s.ReadFrom(buf)
				if err != nil {
					return
				}
				src := from.(*net.UDPAddr).AddrPort().Addr().Unmap().WithZone("")
				if reply := b.answer(buf[:got], src); reply != nil {
					_, _ = s.WriteTo(reply, from)
				}
			}
		})
	}
	n.t.Cleanup(func() {
		for _, s := range sockets {
			_ = s.Close()
		}
		serving.Wait()
	})
}

// sniff reports every UDP packet of the host that does not go to a router's
// port, and what it joins multicast with.
func (n *land) sniff() {
	n.t.Helper()
	var file *os.File
	n.inside(func() error {
		const all = 0x0300 // ETH_P_ALL in network byte order
		fd, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK, all)
		if err != nil {
			return err
		}
		file = os.NewFile(uintptr(fd), "packets")
		return nil
	})
	var reading sync.WaitGroup
	reading.Go(func() {
		buf := make([]byte, 2000)
		for {
			got, err := file.Read(buf)
			if err != nil {
				return
			}
			if p := buf[:got]; len(p) > 28 && p[0] == 0x45 && [4]byte(p[12:16]) == [4]byte{10, 91, 0, 2} {
				if to := int(p[22])<<8 | int(p[23]); p[9] != 17 || to != routerPort {
					select {
					case n.sniffed <- fmt.Sprintf("protocol %d to %v port %d", p[9], p[16:20], to):
					default: // enough of them
					}
				}
			}
		}
	})
	n.t.Cleanup(func() { _ = file.Close(); reading.Wait() })
}

// tenant is process, running.
type tenant struct {
	t   *testing.T
	in  io.WriteCloser
	out *bufio.Scanner
}

func (n *land) moveIn() *tenant {
	n.t.Helper()
	self, err := os.Executable()
	if err != nil {
		n.t.Fatal(err)
	}
	cmd := exec.Command("ip", "netns", "exec", n.host, self)
	cmd.Env = append(slices.Clone(os.Environ()), "GROVE_DOOR_PROCESS=1")
	cmd.Stderr = os.Stderr
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() {
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			n.t.Error(err)
		}
	})
	return &tenant{n.t, in, bufio.NewScanner(out)}
}

// do tells process what to do and returns how it stands then.
func (p *tenant) do(what string) string {
	p.t.Helper()
	if _, err := fmt.Fprintln(p.in, what); err != nil {
		p.t.Fatal(err)
	}
	if !p.out.Scan() {
		p.t.Fatal("the process is gone")
	}
	return p.out.Text()
}

// until asks process how it stands until that is want.
func (p *tenant) until(want string) {
	p.t.Helper()
	got := ""
	eventually(p.t, func() bool {
		// Which of its two IPv6 addresses it names is the kernel's choice.
		got = strings.Replace(p.do("?"), "2001:db8:91::3", "2001:db8:91::2", 1)
		return got == want
	}, func() string { return got + "\nwant " + want })
}

// asked waits until b was asked all of want since the last time.
func (b *box) asked(t *testing.T, want ...string) {
	t.Helper()
	got := ""
	eventually(t, func() bool {
		got += b.take() + "; "
		return !slices.ContainsFunc(want, func(w string) bool { return !strings.Contains(got, w) })
	}, func() string { return fmt.Sprintf("it was asked %s\nwant %q", got, want) })
	if strings.Contains(got, "malformed") {
		t.Error(got)
	}
}

func eventually(t *testing.T, ok func() bool, else_ func() string) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal(else_())
		}
	}
}

// TestRealRouter has a Mapper ask a gateway, over real networks.
func TestRealRouter(t *testing.T) {
	for _, row := range []struct {
		name  string
		box   *box
		state string
		asked []string
		again []string
		freed []string
	}{
		{"NAT-PMP", &box{pmp: true, shift: 100}, "/ip4/198.51.100.9/tcp/4101 [NAT-PMP 10.91.0.1]",
			[]string{"map tcp 4001 for 2h0m0s, hint 4001"}, []string{"map tcp 4001 for 2h0m0s, hint 4101"}, []string{"free tcp 4001"}},
		{"PCP", &box{pcp: true}, "/ip4/198.51.100.9/tcp/4001 /ip6/2001:db8:91::2/udp/4002/quic-v1 [PCP 10.91.0.1 PCP fe80::91%gdoor1]",
			[]string{"map tcp 4001 for 2h0m0s, hint 0.0.0.0:4001", "map udp 4002 for 2h0m0s, hint [::]:4002"},
			[]string{"map tcp 4001 for 2h0m0s, hint 198.51.100.9:4001", "map udp 4002 for 2h0m0s, hint [2001:db8:91::2]:4002", "map udp 4002 for 2h0m0s, hint [2001:db8:91::3]:4002"},
			[]string{"free tcp 4001", "free udp 4002"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			n := newLand(t)
			b := row.box
			b.public, b.life = netip.MustParseAddr("198.51.100.9"), time.Hour
			n.answers(b)
			n.sniff()
			p := n.moveIn()
			if got := p.do("?"); got != " []" {
				t.Errorf("before it is on: %s", got)
			}
			p.do("on")
			p.until(row.state)
			b.asked(t, row.asked...)
			p.do("again")
			b.asked(t, row.again...)
			p.do("off")
			b.asked(t, row.freed...)
			p.until(" []")
			select {
			case what := <-n.sniffed:
				t.Errorf("it sent more than it had to: %s", what)
			default:
			}
		})
	}
}

// TestRealShout is a network in which nobody answers: what go-libp2p sends
// into it is seen, and only while the Mapper is on.
func TestRealShout(t *testing.T) {
	n := newLand(t)
	n.sniff()
	b := &box{silent: true}
	n.answers(b)
	p := n.moveIn()
	p.do("again") // while off: nothing
	p.do("off")
	select {
	case what := <-n.sniffed:
		t.Fatalf("off, it sent %s", what)
	default:
	}
	p.do("on")
	deadline := time.After(patience)
	for ssdp := false; !ssdp; {
		select {
		case what := <-n.sniffed:
			ssdp = what == "protocol 17 to [239 255 255 250] port 1900"
		case <-deadline:
			t.Fatal("nobody was asked by UPnP")
		}
	}
	p.do("off")
}
