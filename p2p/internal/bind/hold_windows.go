package bind

import (
	"math/bits"
	"net"
	"syscall"
)

func hold(fd uintptr, itf *net.Interface, six bool) error {
	const unicastIf = 31 // IP_UNICAST_IF and IPV6_UNICAST_IF
	if six {
		return syscall.SetsockoptInt(syscall.Handle(fd), syscall.IPPROTO_IPV6, unicastIf, itf.Index)
	}
	// In the order of the network, unlike that of IPv6.
	return syscall.SetsockoptInt(syscall.Handle(fd), syscall.IPPROTO_IP, unicastIf, int(int32(bits.ReverseBytes32(uint32(itf.Index)))))
}
