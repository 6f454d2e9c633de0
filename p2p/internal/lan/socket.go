package lan

import (
	"log/slog"
	"net"
	"net/netip"
	"time"
)

const (
	port = 5353 // of mDNS

	// sendTime is for a socket whose interface takes no more.
	sendTime = time.Second

	// maxRate is how many packets of one socket are read in a second. A busy
	// office has some ten; more than this is left to the system to drop.
	maxRate = 500
)

var group4, group6 = net.IPv4(224, 0, 0, 251), net.ParseIP("ff02::fb")

// system is the network of this computer.
type system struct {
	bind string
	log  *slog.Logger
}

func (s system) segments() ([]segment, error) {
	all, err := nics()
	return segmentsOf(s.bind, all), err
}

// open makes a socket that sends on seg only: the interface of what it sends
// is set on it, and it sends to nothing but the group.
func (s system) open(seg segment, six bool, hear func(netip.Addr, []byte)) (socket, error) {
	itf, err := net.InterfaceByIndex(seg.index)
	if err != nil {
		return nil, err
	}
	network, to := "udp4", &net.UDPAddr{IP: group4, Port: port}
	if six {
		network, to = "udp6", &net.UDPAddr{IP: group6, Port: port}
	}
	conn, err := net.ListenMulticastUDP(network, itf, to)
	if err != nil {
		return nil, err
	}
	if six {
		to.Zone = itf.Name
	}
	if err := tune(conn, six); err != nil {
		s.log.Debug("an mDNS socket is not all that it could be", "interface", label(seg, six), "err", err)
	}
	out := &groupSocket{conn: conn, to: to, closing: make(chan struct{}), done: make(chan struct{})}
	go out.read(seg, hear)
	return out, nil
}

// groupSocket sends to the mDNS group of one interface.
type groupSocket struct {
	conn    *net.UDPConn
	to      *net.UDPAddr
	closing chan struct{} // closed by Close
	done    chan struct{} // closed when read has returned
}

func (g *groupSocket) Send(packet []byte) error {
	if err := g.conn.SetWriteDeadline(time.Now().Add(sendTime)); err != nil {
		return err
	}
	_, err := g.conn.WriteToUDP(packet, g.to)
	return err
}

func (g *groupSocket) Close() error {
	close(g.closing)
	err := g.conn.Close()
	<-g.done
	return err
}

// read hands on what neighbours on seg send. The socket also gets what other
// programs' groups on other interfaces bring, and what is sent to this
// computer alone, from anywhere: the source tells them apart.
func (g *groupSocket) read(seg segment, hear func(netip.Addr, []byte)) {
	defer close(g.done)
	b := make([]byte, 1<<16) // Windows fails to read what does not fit
	second, count := time.Now(), 0
	for {
		n, from, err := g.conn.ReadFromUDPAddrPort(b)
		if count++; err != nil || count > maxRate {
			// An error that stays, and a flood, must not keep a core busy.
			if !g.pause(time.Until(second.Add(time.Second))) {
				return
			}
		}
		if now := time.Now(); now.Sub(second) >= time.Second {
			second, count = now, 0
		}
		if err == nil && from.Port() == port && seg.onLink(from.Addr()) {
			hear(from.Addr().Unmap(), b[:n])
		}
	}
}

// pause waits; false says that the socket is closing.
func (g *groupSocket) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-g.closing:
		return false
	case <-timer.C:
		return true
	}
}
