package doctor

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"grove/app"
)

// computerOf looks at what of this computer bears on Grove.
func computerOf(now, built time.Time, disks []Disk, data string) Computer {
	c := Computer{Time: now.UTC(), Disks: disks, Buffers: append([]Buffer{}, buffers()...), OpenFiles: openFiles(), IPv4: "none", IPv6: "none", Interfaces: []Interface{}}
	c.ClockWrong = clockWrong(now, built, newest(data))
	all, err := net.Interfaces()
	if err != nil {
		return c // a system that does not say
	}
	for _, i := range all {
		if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagLoopback != 0 {
			continue
		}
		one := Interface{Name: i.Name, Addrs: []string{}}
		addrs, err := i.Addrs()
		if err != nil {
			continue // it has gone
		}
		for _, a := range addrs {
			one.Addrs = append(one.Addrs, a.String())
			c.see(a)
		}
		if len(one.Addrs) > 0 {
			c.Interfaces = append(c.Interfaces, one)
		}
	}
	return c
}

// see notes which families reach how far by an address of an interface.
func (c *Computer) see(a net.Addr) {
	p, err := netip.ParsePrefix(a.String())
	if err != nil {
		return
	}
	ip := p.Addr().Unmap()
	have := &c.IPv6
	if ip.Is4() {
		have = &c.IPv4
	}
	switch {
	case ip.IsLoopback(), !app.IsLocal(ip) && (app.Reach{}).Check(ip, false) != nil && !ip.Is4():
	case app.IsLocal(ip) && ip.Is6():
		if *have == "none" {
			*have = "local"
		}
	default:
		// An IPv4 address of a private network leads outside by way of a router.
		*have = "global"
	}
}

// clockWrong is a sentence if the clock cannot be right: it is behind the
// program, or behind what was written on this disk. What is asked of others
// would tell more, and asks somebody.
func clockWrong(now, built, newest time.Time) string {
	const slack = 24 * time.Hour
	switch {
	case !built.IsZero() && now.Before(built.Add(-slack)):
		return "The clock says " + now.UTC().Format(time.DateOnly) + ", which is before this program was made."
	case !newest.IsZero() && now.Before(newest.Add(-slack)):
		return "The clock says " + now.UTC().Format(time.DateOnly) + ", which is before the last change to the data folder."
	}
	return ""
}

// newest is when something in the data folder changed last; zero if unknown.
func newest(data string) (t time.Time) {
	for _, name := range []string{"grove.db", "device.key", "port"} {
		if i, err := os.Stat(filepath.Join(data, name)); err == nil && i.ModTime().After(t) {
			t = i.ModTime()
		}
	}
	return t
}

// enough is how much room a disk must have left.
const enough = 512 << 20

// fewFiles is how many open files are too few: 160 connections, and as many
// files.
const fewFiles = 512

// advice is what to do about this computer.
func (c Computer) advice() (out []string) {
	if c.ClockWrong != "" {
		out = append(out, c.ClockWrong+" Set it: packages that end at a date are judged by it.")
	}
	if c.IPv4 == "none" && c.IPv6 == "none" {
		out = append(out, "This computer has no network connection now.")
	}
	for _, d := range c.Disks {
		if d.Error == "" && d.Free < enough {
			out = append(out, "There is little room left: "+size(d.Free)+" in "+d.Folder)
		}
	}
	var small []string
	for _, b := range c.Buffers {
		if b.Have < b.Want {
			small = append(small, b.Name+"="+itoa(b.Want))
		}
	}
	if len(small) > 0 {
		out = append(out, "Fast connections over QUIC lose packets with small buffers; an administrator can raise them: sysctl -w "+strings.Join(small, " "))
	}
	if c.OpenFiles > 0 && c.OpenFiles < fewFiles {
		out = append(out, "Only "+itoa(int64(c.OpenFiles))+" files may be open at once; with many people that is not enough (ulimit -n).")
	}
	return out
}
