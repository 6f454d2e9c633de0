package p2p

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"grove/app"
	"grove/app/apptest"
)

func TestMain(m *testing.M) {
	if run := os.Getenv("GROVE_P2P_PROCESS"); run != "" {
		os.Exit(benchProcess(run))
	}
	goleak.VerifyTestMain(m,
		// Started once in a process by libp2p's dependencies, for good.
		goleak.IgnoreTopFunction("github.com/libp2p/go-libp2p/core/peerstore.init.0.func1"),
	)
}

// patience is how long anything that should happen soon may take, on a busy
// machine.
const patience = 20 * time.Second

const (
	overTCP  = "/ip4/127.0.0.1/tcp/0"
	overQUIC = "/ip4/127.0.0.1/udp/0/quic-v1"
)

// newNode starts a local-only node on loopback; change edits its config.
func newNode(t testing.TB, change ...func(*Config)) *Node {
	t.Helper()
	cfg := Config{Listen: []string{overTCP}, Reach: app.Reach{LocalOnly: true}}
	for _, f := range change {
		f(&cfg)
	}
	n, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return n
}

func listenOn(addrs ...string) func(*Config) { return func(c *Config) { c.Listen = addrs } }

// recorder is a Sink that remembers, and checks the order of the calls.
type recorder struct {
	mu      sync.Mutex
	sources map[string]app.Source // there now
	log     []string              // "found", "gone" and the ID
	gone    map[string]error      // why, the last time
	missed  map[string]error      // the same
	bad     []string
	changed chan struct{} // closed and replaced at each call
}

func newRecorder() *recorder {
	return &recorder{sources: map[string]app.Source{}, gone: map[string]error{}, missed: map[string]error{}, changed: make(chan struct{})}
}

func (r *recorder) note(s string, f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log = append(r.log, s)
	f()
	close(r.changed)
	r.changed = make(chan struct{})
}

func (r *recorder) Found(s app.Source) {
	id := s.Info().ID
	r.note("found "+id, func() {
		if r.sources[id] != nil {
			r.bad = append(r.bad, "found twice: "+id)
		}
		r.sources[id] = s
	})
}

func (r *recorder) Changed(s app.Source) {
	r.note("changed", func() {
		if r.sources[s.Info().ID] != s {
			r.bad = append(r.bad, "changed but not there: "+s.Info().ID)
		}
	})
}

func (r *recorder) Gone(id string, err error) {
	r.note("gone "+id, func() {
		if r.sources[id] == nil {
			r.bad = append(r.bad, "gone but not there: "+id)
		}
		delete(r.sources, id)
		r.gone[id] = err
	})
}

func (r *recorder) Missed(id string, err error) {
	r.note("missed "+id, func() { r.missed[id] = err })
}

// until waits for ok, which is called with the recorder locked.
func (r *recorder) until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(patience)
	for {
		r.mu.Lock()
		done, changed := ok(), r.changed
		log := strings.Join(r.log, "\n  ")
		r.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("%s: not within %v; so far\n  %s", what, patience, log)
		}
	}
}

// source waits for a source with an open window.
func (r *recorder) source(t testing.TB, id string) app.Source {
	t.Helper()
	var s app.Source
	r.until(t, "a source "+id+" with a slot", func() bool {
		s = r.sources[id]
		return s != nil && s.Window() > 0
	})
	return s
}

// find runs Find until the test ends, or until the returned function is called.
func find(t testing.TB, n *Node, made *apptest.Made, peers ...string) (*recorder, func()) {
	t.Helper()
	return findWant(t, n, app.Want{Package: made.Package, Hashes: made.Hashes, Peers: peers})
}

func findWant(t testing.TB, n *Node, want app.Want) (*recorder, func()) {
	t.Helper()
	r := newRecorder()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- n.Find(ctx, want, r) }()
	var once sync.Once
	stop := func() {
		once.Do(func() {
			cancel()
			select {
			case err := <-ended:
				if err != nil {
					t.Errorf("Find: %v", err)
				}
			case <-time.After(patience):
				t.Errorf("Find did not end within %v", patience)
			}
			r.mu.Lock()
			defer r.mu.Unlock()
			if len(r.sources) > 0 {
				t.Errorf("Find returned with %d sources not gone", len(r.sources))
			}
			for _, b := range r.bad {
				t.Error(b)
			}
		})
	}
	t.Cleanup(stop)
	return r, stop
}

func serve(t testing.TB, n *Node, share app.Share) app.Serving {
	t.Helper()
	v, err := n.Serve(share)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Stop)
	return v
}

// fetch reads a run of s.
func fetch(ctx context.Context, s app.Source, run app.Run) ([]byte, error) {
	r, err := s.Open(ctx, run)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(r)
	return b, errors.Join(err, r.Close())
}

// stallable is a piece reader that can be stopped and killed.
type stallable struct {
	app.PieceReader
	mu      sync.Mutex
	stalled bool          // reads wait until they fail
	waiting chan struct{} // closed when one does
	dead    chan struct{} // closed: reads fail
	once    sync.Once
	first   sync.Once
}

func newStallable(r app.PieceReader) *stallable {
	return &stallable{PieceReader: r, dead: make(chan struct{}), waiting: make(chan struct{})}
}

func (s *stallable) stall() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stalled = true
}

func (s *stallable) kill() { s.once.Do(func() { close(s.dead) }) }

func (s *stallable) ReadPiece(i int, b []byte, off int64) error {
	s.mu.Lock()
	stalled := s.stalled
	s.mu.Unlock()
	if stalled {
		s.first.Do(func() { close(s.waiting) })
		<-s.dead
		return errors.New("dead")
	}
	return s.PieceReader.ReadPiece(i, b, off)
}
