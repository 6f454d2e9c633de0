package bind

import (
	"errors"
	"fmt"
	"net"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
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
