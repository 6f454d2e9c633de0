package room

import (
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// systemSays asks how long it takes from what this computer says until what the
// other end sends thereupon is here (tcpi_rcv_rtt, which the system knows from the
// time stamps of TCP, RFC 7323).
func systemSays(c *net.TCPConn) (s said) {
	raw, err := c.SyscallConn()
	if err != nil {
		return s
	}
	_ = raw.Control(func(fd uintptr) { // s stays empty
		if info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
			s = said{time.Duration(info.Rcv_rtt) * time.Microsecond, info.Data_segs_in}
		}
	})
	return s
}
