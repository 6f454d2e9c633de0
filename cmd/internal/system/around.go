package system

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"grove/app"
)

const (
	// firstWord is how long the slowest part of the system may keep the others
	// from being told.
	firstWord = 2 * time.Second
	// lookEvery is how often what nobody tells of is looked at.
	lookEvery = 5 * time.Second
)

// Around tells what is around this computer, at least once and soon, and then
// each time it changes, until ctx ends. What cannot be found out is unknown.
func Around(ctx context.Context, tell func(app.Surroundings)) { gather(ctx, watchers(), tell) }

// watcher looks after some of the surroundings: it sets them as soon as it
// knows them, and when they change, until ctx ends.
type watcher func(ctx context.Context, set func(func(*app.Surroundings)))

// every is a watcher that looks again and again. What look returns sets what
// it saw.
func every(pause time.Duration, look func(context.Context) func(*app.Surroundings)) watcher {
	return func(ctx context.Context, set func(func(*app.Surroundings))) {
		tick := time.NewTicker(pause)
		defer tick.Stop()
		for ctx.Err() == nil {
			set(look(ctx))
			select {
			case <-tick.C:
			case <-ctx.Done():
			}
		}
	}
}

// gather tells what all watchers set, when each had its say or firstWord is
// over, and then what changes. It returns when they have.
func gather(ctx context.Context, all []watcher, tell func(app.Surroundings)) {
	type word struct {
		from int
		set  func(*app.Surroundings)
	}
	words := make(chan word)
	var watching sync.WaitGroup
	defer watching.Wait()
	for i, w := range all {
		watching.Go(func() {
			w(ctx, func(set func(*app.Surroundings)) {
				select {
				case words <- word{i, set}:
				case <-ctx.Done():
				}
			})
		})
	}
	var now, told app.Surroundings
	begun, heard := false, map[int]bool{}
	first := time.NewTimer(firstWord)
	defer first.Stop()
	for {
		select {
		case w := <-words:
			heard[w.from] = true
			w.set(&now)
			if !begun && len(heard) < len(all) {
				continue
			}
		case <-first.C:
		case <-ctx.Done():
			return
		}
		if !begun || now != told {
			begun, told = true, now
			tell(now)
		}
	}
}

// wayOut is the interface that packets to the internet leave by, or nil. To
// ask sends nothing: a datagram socket is only given an address.
func wayOut() *net.Interface {
	for _, to := range []string{"192.0.2.1:9", "[2001:db8::1]:9"} { // addresses of nobody
		conn, err := net.Dial("udp", to)
		if err != nil {
			continue
		}
		own := conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr()
		conn.Close()
		if itf := interfaceOf(own.Unmap()); itf != nil {
			return itf
		}
	}
	return nil
}

// interfaceOf is the interface with an address, or nil.
func interfaceOf(ip netip.Addr) *net.Interface {
	all, err := net.Interfaces()
	if err != nil {
		return nil
	}
	for _, itf := range all {
		addrs, err := itf.Addrs()
		if err != nil {
			continue
		}
		if slices.ContainsFunc(addrs, func(a net.Addr) bool {
			n, ok := a.(*net.IPNet)
			if !ok {
				return false
			}
			own, _ := netip.AddrFromSlice(n.IP)
			return own.Unmap() == ip.WithZone("")
		}) {
			return &itf
		}
	}
	return nil
}
