package kad

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"

	pb "github.com/libp2p/go-libp2p-kad-dht/pb"
	"github.com/libp2p/go-libp2p/core/network"
)

// A server keeps in memory, for two days, what others tell it, and the library
// knows no bound. A record takes some 250 bytes, and a question about a key
// that nobody provides looks at all of them: 3 ms at this many. A value takes
// up to 10 KiB.
const (
	maxRecords = 20_000
	maxValues  = 500
	keptFor    = 48 * time.Hour
)

// admission is asked about each message before the library acts on it. One
// that would be kept beyond the bounds loses what it carries, which the
// library refuses by itself. To say again what is kept is always allowed.
type admission struct{ records, values *shelf }

func newAdmission(records, values int) *admission {
	return &admission{records: newShelf(records), values: newShelf(values)}
}

func (a *admission) judge(_ context.Context, st network.Stream, m *pb.Message) {
	switch m.GetType() {
	case pb.Message_ADD_PROVIDER:
		// Peers may speak for themselves only, so this is one record.
		if !a.records.admit(string(m.GetKey())+string(st.Conn().RemotePeer()), time.Now()) {
			m.ProviderPeers = nil
		}
	case pb.Message_PUT_VALUE:
		if !a.values.admit(string(m.GetKey()), time.Now()) {
			m.Record = nil
		}
	}
}

// shelf remembers what is kept, by its hash, and until when.
type shelf struct {
	size int

	mu    sync.Mutex
	until map[[16]byte]time.Time // guarded by mu
	swept time.Time              // guarded by mu; when it was looked through for what has ended
}

func newShelf(size int) *shelf { return &shelf{size: size, until: map[[16]byte]time.Time{}} }

func (s *shelf) admit(name string, now time.Time) bool {
	sum := sha256.Sum256([]byte(name))
	k := [16]byte(sum[:])
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.until[k]; !ok && len(s.until) >= s.size && !s.sweep(now) {
		return false
	}
	s.until[k] = now.Add(keptFor)
	return true
}

// sweep forgets what has ended, once a minute at most, and reports whether
// there is room. It is called with mu held.
func (s *shelf) sweep(now time.Time) bool {
	if now.Sub(s.swept) < time.Minute {
		return false
	}
	s.swept = now
	for k, end := range s.until {
		if !now.Before(end) {
			delete(s.until, k)
		}
	}
	return len(s.until) < s.size
}
