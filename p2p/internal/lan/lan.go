// Package lan finds other Groves on the local network by mDNS (RFC 6762) and
// DNS-SD (RFC 6763). What it says tells nothing about packages: that a Grove is
// there, under a name of its own choice for one run, and where it listens.
//
// What it sends, on each interface and for each of IPv4 and IPv6: a question
// and an announcement when it starts, 1 and 3 seconds later, and once more so
// after the interface or its addresses changed, after the computer slept, and
// after Ask, which does so at most once a minute. Then nothing but answers to
// those who ask for a Grove, at most four a second, and a goodbye. Everything
// goes to the multicast group of the link, nothing to a single address, so that
// nobody can make it send to somebody else. There is a socket for each
// interface, and what it sends cannot leave by another.
//
// The mDNS is Grove's own. The one of libp2p, zeroconf v2.2.0, answers on
// interfaces it was not given, answers whoever asks from anywhere with twenty
// times what was asked, keeps all it hears, and asks every minute for ever.
// Two things of RFC 6762 are left out: probing, because the names are random
// and nobody else's, and answers to a single address, for the reason above.
//
// Goroutines: one decides, one calls Found, and one reads each socket. All end
// before Close returns.
package lan

import (
	"crypto/rand"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
)

// Config is what a Service needs to know.
type Config struct {
	ID peer.ID
	// Addrs are where this computer listens, on every interface and without
	// /p2p/; asked again when interfaces come and go. An unspecified address
	// stands for all of its family. Only those of an interface are announced
	// on it. It is called from one goroutine.
	Addrs func() []ma.Multiaddr
	// Bind is the name of a network interface, or an address of this computer:
	// nothing is sent through any other; "" is every one that can multicast.
	Bind string
	// Found is called from one goroutine with a peer and its addresses on the
	// local network, each time it is heard of, but not twice a second with the
	// same. It may take its time, but must not wait for Close.
	Found func(peer.AddrInfo)
	Log   *slog.Logger // not nil
}

// Service announces this computer and listens for others until Close.
type Service struct {
	ask   chan struct{} // holds one
	done  chan struct{} // closed by Close
	close sync.Once
	wg    sync.WaitGroup // the two goroutines
}

// Start begins to announce and to listen. Without an interface it waits for
// one: it looks every 15 seconds. The only error is a Config that lacks
// something.
func Start(cfg Config) (*Service, error) {
	return start(cfg, system{cfg.Bind, cfg.Log}, lookEvery)
}

func start(cfg Config, net network, every time.Duration) (*Service, error) {
	if cfg.ID == "" || cfg.Addrs == nil || cfg.Found == nil || cfg.Log == nil {
		return nil, errors.New("lan: ID, Addrs, Found and Log are needed")
	}
	s := &Service{ask: make(chan struct{}, 1), done: make(chan struct{})}
	found := make(chan peer.AddrInfo, maxPeers)
	l := &loop{
		cfg: cfg, net: net, every: every, name: strings.ToLower(rand.Text()),
		ask: s.ask, done: s.done, heard: make(chan heard), found: found,
		peers: newPeers(),
	}
	s.wg.Go(l.run)
	s.wg.Go(func() {
		for {
			select {
			case info := <-found:
				cfg.Found(info)
			case <-s.done:
				return
			}
		}
	})
	return s, nil
}

// Ask has Found called with everybody who is remembered, and asks the local
// network who is there, unless it did within the last minute. It does not wait
// for answers.
func (s *Service) Ask() {
	select {
	case s.ask <- struct{}{}:
	default: // one is waiting already
	}
}

// Close says goodbye and waits for everything the service started, and for the
// call of Found under way. The error is always nil.
func (s *Service) Close() error {
	s.close.Do(func() { close(s.done) })
	s.wg.Wait()
	return nil
}
