package system

import (
	"net"

	"github.com/adrg/xdg"
)

// Downloads is the user's folder for downloads, absolute; it need not exist.
func Downloads() string { return xdg.UserDirs.Download }

// Interfaces are the names of the network interfaces that are up and have an
// address, loopback left out.
func Interfaces() []string {
	all, err := net.Interfaces()
	if err != nil {
		return nil
	}
	var names []string
	for _, itf := range all {
		if itf.Flags&net.FlagUp == 0 || itf.Flags&net.FlagLoopback != 0 {
			continue
		}
		if addrs, err := itf.Addrs(); err == nil && len(addrs) > 0 {
			names = append(names, itf.Name)
		}
	}
	return names
}
