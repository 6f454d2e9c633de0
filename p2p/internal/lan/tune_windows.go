package lan

import (
	"errors"
	"net"
	"syscall"
)

// ipv6MulticastHops is IPV6_MULTICAST_HOPS of ws2ipdef.h, which package
// syscall does not have.
const ipv6MulticastHops = 10

// tune lets other programs of this computer be heard, which on Windows the
// listener decides, and gives packets the hop limit that RFC 6762, 11 asks
// for.
func tune(conn *net.UDPConn, six bool) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	level, loop, hops := syscall.IPPROTO_IP, syscall.IP_MULTICAST_LOOP, syscall.IP_MULTICAST_TTL
	if six {
		level, loop, hops = syscall.IPPROTO_IPV6, syscall.IPV6_MULTICAST_LOOP, ipv6MulticastHops
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		failed = errors.Join(
			syscall.SetsockoptInt(syscall.Handle(fd), level, loop, 1),
			syscall.SetsockoptInt(syscall.Handle(fd), level, hops, 255))
	})
	return errors.Join(err, failed)
}
