package room

import (
	"io"
	"math"
	"net"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"
)

// taking has whatever the limit lets through taken, a hundred times a second, while
// somebody tells that it waited, and returns the limit then.
func (r *Room) taking(d time.Duration, waits func() (time.Duration, bool)) rate.Limit {
	left := 0.0
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if w, tells := waits(); tells {
			r.Add("peer", time.Now(), w, 20*time.Millisecond)
		}
		left += float64(r.Limit().Limit()) / 100
		if n := math.Floor(left); n > 0 && n < 1<<30 {
			r.Came(int(n))
			left -= n
		}
	}
	return r.Limit().Limit()
}

// TestRoom: what comes leaves the line to others as soon as they fill it, takes it
// again when they have gone, and is not held up by nobody telling.
func TestRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(nil)
		go r.Keep(t.Context())
		free := func() (time.Duration, bool) { return 0, true }
		full := func() (time.Duration, bool) { return 60 * time.Millisecond, true }
		nobody := func() (time.Duration, bool) { return 0, false }
		var asked atomic.Int32
		r.Asks(func(time.Time) { asked.Add(1) })

		if l := r.taking(2*time.Second, free); l < 2e6 {
			t.Errorf("on a free line it comes at %.0f", l)
		}
		if n := asked.Load(); n < 50 {
			t.Errorf("asked %d times in two seconds", n)
		}
		before := r.Limit().Limit()
		if l := r.taking(2*time.Second, full); l > before/20 {
			t.Errorf("beside others it comes at %.0f, before at %.0f", l, before)
		}
		if l := r.taking(8*time.Second, free); l < before/4 {
			t.Errorf("when they have gone it comes at %.0f, before at %.0f", l, before)
		}
		if l := r.taking(2*time.Second, full); l > before/20 {
			t.Errorf("beside others again it comes at %.0f", l)
		}
		if l := r.taking(5*time.Second, nobody); l < before {
			t.Errorf("while nobody tells it comes at %.0f", l)
		}
		if l := r.taking(time.Second, full); l > before/4 {
			t.Errorf("when somebody tells it comes at %.0f", l)
		}
		r.Forget()
		asked.Store(0)
		time.Sleep(10 * time.Second)
		if n := asked.Load(); n > 250 {
			t.Errorf("asked %d times while nothing came", n)
		}
	})
}

// TestSince: what the last times took is worked out of a mean that is late.
func TestSince(t *testing.T) {
	const ms = time.Millisecond
	for name, one := range map[string]struct {
		old, now said
		took     time.Duration
		ok       bool
	}{
		"nothing known": {said{}, said{0, 5}, 0, false},
		"the first":     {said{}, said{20 * ms, 5}, 20 * ms, true},
		"nothing came":  {said{20 * ms, 5}, said{20 * ms, 5}, 0, false},
		// One of 100 ms makes a mean of 20 ms one of 30 ms.
		"once":             {said{20 * ms, 5}, said{30 * ms, 6}, 100 * ms, true},
		"shorter":          {said{30 * ms, 5}, said{27 * ms, 6}, 6 * ms, true},
		"never below none": {said{30 * ms, 5}, said{10 * ms, 6}, 0, true},
		// Many make it what they are.
		"many":              {said{20 * ms, 5}, said{50 * ms, 205}, 50 * ms, true},
		"not made anew":     {said{30 * ms, 5}, said{30 * ms, 8}, 0, false},
		"as short as it is": {said{ms, 5}, said{ms, 8}, ms, true},
	} {
		took, ok := one.now.since(one.old)
		if ok != one.ok || took.Round(ms) != one.took {
			t.Errorf("%s: %v, %v", name, took, ok)
		}
	}
}

// TestConn: what comes over a real connection says something of its way, where the
// system says so, and a closed one is asked no longer.
func TestConn(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		_, _ = c.Write(make([]byte, 4<<20)) // the reader may end first
	}()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	r := New(nil)
	w := r.Conn(c)
	for range 32 {
		if _, err := io.CopyN(io.Discard, w, 128<<10); err != nil {
			t.Fatal(err)
		}
		r.look(time.Now())
	}
	r.line.Look(time.Now())
	r.line.Look(time.Now().Add(time.Millisecond))
	if tells := r.line.Blind() == 0; tells != (runtime.GOOS == "linux") {
		t.Errorf("the system tells: %v", tells)
	}
	if err := w.Close(); err != nil || len(r.conns) != 0 {
		t.Errorf("%d connections are left, %v", len(r.conns), err)
	}
}
