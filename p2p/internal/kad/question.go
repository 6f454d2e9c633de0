package kad

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
)

const (
	// maxAnswer is how long one answer may be. The library takes 4 MiB, which
	// becomes many times that in memory, from twenty computers at once. Half a
	// MiB is 20 computers and the addresses of some 7,000 peers; an honest
	// network has a few hundred under one key of ours.
	maxAnswer = 512 << 10
	// answerTimeout is how long an answer may take. The library waits 10 s, and
	// asks a second time.
	answerTimeout = 5 * time.Second
)

var errLong = errors.New("the answer is too long")

// question is a stream on which one message after another is answered.
type question struct {
	network.Stream
	left atomic.Int64 // bytes of the answer that may still come
}

// Write begins a question, or goes on with one.
func (q *question) Write(b []byte) (int, error) {
	q.left.Store(maxAnswer)
	_ = q.SetReadDeadline(time.Now().Add(answerTimeout)) // a stream without deadlines has the library's
	return q.Stream.Write(b)
}

func (q *question) Read(b []byte) (int, error) {
	left := q.left.Load()
	if left <= 0 {
		return 0, errLong // the library resets the stream
	}
	n, err := q.Stream.Read(b[:min(int64(len(b)), left)])
	q.left.Add(-int64(n))
	return n, err
}
