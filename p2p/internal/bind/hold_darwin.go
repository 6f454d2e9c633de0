package bind

import (
	"net"
	"syscall"
)

func hold(fd uintptr, itf *net.Interface, six bool) error {
	const boundIf, boundIf6 = 25, 125 // IP_BOUND_IF, IPV6_BOUND_IF
	if six {
		return syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IPV6, boundIf6, itf.Index)
	}
	return syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IP, boundIf, itf.Index)
}
