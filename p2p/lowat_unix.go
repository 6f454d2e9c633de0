//go:build linux || darwin

package p2p

import (
	"net"
	"syscall"
)

// unsentMost is how many bytes that were not sent yet the system keeps of one
// connection. What waits there cannot be overtaken: with the usual megabyte,
// news of what is here would come a second late on a home's uplink.
const unsentMost = 64 << 10

// keepShort has the system keep little of what c could not send yet. Where that
// cannot be had, messages are late and nothing else.
func keepShort(c net.Conn) {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpNotsentLowat, unsentMost) // see above
	})
}
