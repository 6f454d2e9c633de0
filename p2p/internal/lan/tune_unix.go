//go:build unix

package lan

import (
	"errors"
	"net"
	"runtime"
	"syscall"
)

// Linux's names for these are not in package syscall.
const (
	ipMulticastAll   = 49
	ipv6MulticastAll = 29
)

// tune lets other programs of this computer hear what is sent, gives packets
// the hop limit that RFC 6762, 11 asks for, and on Linux keeps away what
// arrives on other interfaces for other programs.
func tune(conn *net.UDPConn, six bool) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		set := func(level, what, value int) {
			failed = errors.Join(failed, syscall.SetsockoptInt(int(fd), level, what, value))
		}
		if six {
			set(syscall.IPPROTO_IPV6, syscall.IPV6_MULTICAST_LOOP, 1)
			set(syscall.IPPROTO_IPV6, syscall.IPV6_MULTICAST_HOPS, 255)
		} else {
			// A byte is what every Unix takes here.
			failed = errors.Join(failed,
				syscall.SetsockoptByte(int(fd), syscall.IPPROTO_IP, syscall.IP_MULTICAST_LOOP, 1),
				syscall.SetsockoptByte(int(fd), syscall.IPPROTO_IP, syscall.IP_MULTICAST_TTL, 255))
		}
		switch {
		case runtime.GOOS != "linux":
		case six:
			set(syscall.IPPROTO_IPV6, ipv6MulticastAll, 0)
		default:
			set(syscall.IPPROTO_IP, ipMulticastAll, 0)
		}
	})
	return errors.Join(err, failed)
}
