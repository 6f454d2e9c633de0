package main

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// line is an uplink of a fixed rate that all connections share.
type line struct {
	rate int64 // bytes a second

	mu   sync.Mutex
	free time.Time // guarded by mu; when the bytes before have left
}

// send waits until n more bytes would have left.
func (l *line) send(ctx context.Context, n int) error {
	l.mu.Lock()
	if now := time.Now(); l.free.Before(now) {
		l.free = now
	}
	l.free = l.free.Add(time.Duration(n) * time.Second / time.Duration(l.rate))
	until := l.free
	l.mu.Unlock()
	t := time.NewTimer(time.Until(until))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// slow is a response that goes out over a line.
type slow struct {
	http.ResponseWriter
	ctx  context.Context
	line *line
}

const unit = 16 << 10

func (s *slow) Write(b []byte) (int, error) {
	sent := 0
	for sent < len(b) {
		n := min(unit, len(b)-sent)
		if err := s.line.send(s.ctx, n); err != nil {
			return sent, err
		}
		m, err := s.ResponseWriter.Write(b[sent : sent+n])
		if sent += m; err != nil {
			return sent, err
		}
	}
	return sent, nil
}
