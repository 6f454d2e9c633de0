package tracker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"grove/app"
)

// ServerConfig is what a Server needs to know.
type ServerConfig struct {
	// Bases are the web addresses that the tracker is known under, as manifests
	// name it, at least one. An announce that was signed for another tracker is
	// refused; the Host line of a request tells nothing of that, since whoever
	// repeats an announce writes it.
	Bases []string
	// Reach: the addresses that are handed on are global ones, in local-only
	// mode those of the local network.
	Reach app.Reach
	// TrustedProxies are reverse proxies in front of the tracker. Only of them
	// is taken, from ProxyHeader, where a request came from. That is
	// "X-Forwarded-For", the default, or "Forwarded" (RFC 7239), and must be the
	// one that the proxy sets itself: one that it passes on is the asker's.
	TrustedProxies []netip.Prefix
	ProxyHeader    string
	// Relays are the only relays that announced addresses may lead through;
	// nil is any. Nobody can see here whether a peer is at its relay.
	Relays []netip.Addr

	Limits   Limits
	Book     Book                  // nil: what is known ends with the server
	Log      *slog.Logger          // nil logs nothing; addresses and keys are never logged
	Registry prometheus.Registerer // nil: no metrics
}

// Server is a tracker: an http.Handler for what is below a base, whose path has
// to be taken off by http.StripPrefix if it is not "/". The http.Server around
// it limits how long a head and an idle connection may take. Close it in the
// end, and the Book after it.
type Server struct {
	limits  Limits // immutable, as are the next six
	bases   []string
	doubt   doubt
	proxies proxies
	book    Book
	log     *slog.Logger
	counts  counts
	metrics prometheus.Registerer // or nil

	mu      sync.Mutex // held for microseconds; signatures and JSON are outside
	table   *table     // guarded by mu
	journal journal    // guarded by mu

	cancel context.CancelFunc
	done   chan struct{} // closed when the keeper has ended
}

// NewServer makes a tracker that knows what is in the book. A config that
// cannot be is a BadInput problem. A book that cannot be read is logged, and
// the tracker begins with what could be.
func NewServer(c ServerConfig) (*Server, error) {
	s := &Server{
		limits: c.Limits.withDefaults(), doubt: doubt{c.Reach, c.Relays}, proxies: proxies{c.TrustedProxies, c.ProxyHeader},
		book: c.Book, log: c.Log, journal: journal{on: c.Book != nil}, done: make(chan struct{}), metrics: c.Registry,
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	switch s.proxies.header {
	case "":
		s.proxies.header = "X-Forwarded-For"
	case "X-Forwarded-For", forwarded:
	default:
		return nil, app.NewProblem(app.BadInput, fmt.Sprintf("A tracker cannot take addresses from the header %q", c.ProxyHeader), nil)
	}
	if len(c.Bases) == 0 {
		return nil, app.NewProblem(app.BadInput, "A tracker needs the web address it is known under", nil)
	}
	for _, b := range c.Bases {
		_, text, err := parseBase(b)
		if err != nil {
			return nil, app.NewProblem(app.BadInput, fmt.Sprintf("%q is not the address of a tracker", b), err)
		}
		s.bases = append(s.bases, text)
	}
	s.table = newTable(s.limits, rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())))
	if s.book != nil {
		if err := s.table.recall(s.book, s.doubt, time.Now()); err != nil {
			s.log.Warn("tracker: some announces of before could not be read", "err", err)
		}
	}
	if err := s.counts.register(c.Registry, s); err != nil {
		return nil, err
	}
	s.log.Info("tracker: ready", "announces", s.table.live)
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	go s.keep(ctx)
	return s, nil
}

// Close tells the book what it has yet to be told and ends the keeper. The
// handler answers until then and must not be used after it.
func (s *Server) Close() error {
	s.cancel()
	<-s.done
	s.counts.unregister(s.metrics)
	_, err := s.flush()
	return err
}

// keep is the server's one goroutine: once a second it forgets what has ended
// and tells the book what is new, in one piece.
func (s *Server) keep(ctx context.Context) {
	defer close(s.done)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for failing := false; ; {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			s.mu.Lock()
			s.table.expire(now)
			s.mu.Unlock()
			wrote, err := s.flush()
			if s.book != nil {
				err = errors.Join(err, s.book.Expire(now))
			}
			if err != nil && !failing { // once, not each second
				s.log.Error("tracker: announces are not written down", "err", err)
			}
			failing = err != nil || failing && !wrote
		}
	}
}

// flush tells the book what it has yet to be told. What it does not take is
// told again with the next announce of the peer.
func (s *Server) flush() (wrote bool, err error) {
	s.mu.Lock()
	batch := s.journal.pending
	s.journal.pending = nil
	s.mu.Unlock()
	if len(batch) == 0 {
		return false, nil
	}
	return true, s.book.Put(batch)
}

// peers are the rendered peers for an asker, and how large the swarm is.
func (s *Server) peers(key [32]byte, a asker, now time.Time) (out [][]byte, all, complete int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.peersLocked(key, a, now)
}

// peersLocked is peers with mu held.
func (s *Server) peersLocked(key [32]byte, a asker, now time.Time) (out [][]byte, all, complete int) {
	s.table.expire(now)
	sw := s.table.swarms[key]
	if sw == nil {
		return nil, 0, 0
	}
	chosen := sw.choose(a, s.table.rand)
	out = make([][]byte, len(chosen))
	for i, e := range chosen {
		out[i] = e.json
	}
	return out, len(sw.peers), len(sw.complete)
}

// announce takes st in, which came from that address, and returns peers.
func (s *Server) announce(st *statement, from netip.Addr, now time.Time) (out [][]byte, all, complete int, err error) {
	var addrs []string
	if !st.Gone {
		if addrs = s.doubt.believe(st.Addrs, st.id, from); len(addrs) == 0 {
			return nil, 0, 0, ErrNoAddress
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.table.newest(st.key, st.id, st.Time); err != nil {
		return nil, 0, 0, err
	}
	if st.Gone {
		if until := s.table.gone(st.key, st.id, now); !until.IsZero() {
			s.journal.gone(st.key, st.id, st.Time, until)
		}
		return nil, 0, 0, nil
	}
	s.table.expire(now)
	p, changed, err := s.table.put(update{
		key: st.key, id: st.id, time: st.Time, complete: st.Complete,
		from: from, addrs: joinAddrs(addrs), until: now.Add(s.limits.Life),
	}, now)
	if err != nil {
		return nil, 0, 0, err
	}
	s.journal.put(p, changed)
	out, all, complete = s.peersLocked(st.key, asker{from, st.id, st.Complete}, now)
	return out, all, complete, nil
}

// request takes one of the requests that from may make.
func (s *Server) request(from netip.Addr, now time.Time) (after time.Duration, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.table.sources.request(from, now)
}

// again is when a peer is asked to announce again, earlier by up to a tenth at
// random.
func (l Limits) again() time.Duration { return l.Again - rand.N(l.Again/10+1) }

func (s *Server) isBase(to string) bool { return slices.Contains(s.bases, to) }
