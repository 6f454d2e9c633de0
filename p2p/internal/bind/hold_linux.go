package bind

import (
	"net"
	"syscall"
)

// hold needs no privilege since Linux 5.7.
func hold(fd uintptr, itf *net.Interface, _ bool) error {
	return syscall.BindToDevice(int(fd), itf.Name)
}
