package tracker

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"grove/app"
	"grove/storage/announces"
)

func bytesReader(b []byte) io.Reader { return bytes.NewReader(b) }

// memory is a Book that replaces what has the same key.
type memory struct {
	mu   sync.Mutex
	m    map[string]Entry // guarded by mu
	puts int              // guarded by mu
	fail error            // immutable
}

func (b *memory) Each(f func(Entry)) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.m {
		f(e)
	}
	return b.fail
}

func (b *memory) Put(entries []Entry) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.m == nil {
		b.m = map[string]Entry{}
	}
	for _, e := range entries {
		b.m[string(e.Key)] = e
		b.puts++
	}
	return b.fail
}

func (b *memory) Expire(now time.Time) error { return nil }

func openBook(t *testing.T, dir string) *announces.Store {
	t.Helper()
	b, err := announces.Open(dir, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// TestRestart: another run of the tracker knows what the first did, with a
// store on disk, and with a book that replaces.
func TestRestart(t *testing.T) {
	dir := t.TempDir()
	mem := new(memory)
	for name, next := range map[string]func(t *testing.T) (Book, func()){
		"bolt":   func(t *testing.T) (Book, func()) { b := openBook(t, dir); return b, func() { b.Close() } },
		"memory": func(t *testing.T) (Book, func()) { return mem, func() {} },
	} {
		t.Run(name, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { testRestart(t, next) }) })
	}
}

func testRestart(t *testing.T, next func(*testing.T) (Book, func())) {
	book, closeBook := next(t)
	s, err := NewServer(ServerConfig{Bases: []string{testBase}, Book: book})
	if err != nil {
		t.Fatal(err)
	}
	p := []someone{anyone(t, 0, "9.1.1.1"), anyone(t, 1, "9.1.1.2"), anyone(t, 2, "9.1.1.3"), anyone(t, 3, "9.1.1.4"), anyone(t, 4, "9.1.1.5")}
	six := p[0]
	six.ip = netip.MustParseAddr("2a01:4f8:1:2::3")
	announce(t, s, p[0], func(st *statement) { st.Complete = true })
	announce(t, s, six, func(st *statement) { st.Complete, st.Time = true, st.Time+1 })
	announce(t, s, p[1])
	time.Sleep(6 * time.Minute) // into another file
	announce(t, s, p[1])
	announce(t, s, p[2])
	gone := func(st *statement) { st.Gone, st.Time = true, st.Time+1 }
	announce(t, s, p[2], gone)
	announce(t, s, p[3])
	time.Sleep(6 * time.Minute)
	announce(t, s, p[3], gone)
	announce(t, s, p[3], func(st *statement) { st.Time += 2 }) // and is back
	before := ask(t, s, "9.9.9.9")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	closeBook()

	book, closeBook = next(t)
	s, err = NewServer(ServerConfig{Bases: []string{testBase}, Book: book})
	if err != nil {
		t.Fatal(err)
	}
	after := ask(t, s, "9.9.9.9")
	sorted := func(r result) []string {
		var out []string
		for _, p := range r.Providers {
			out = append(out, p.ID+strings.Join(p.Addrs, " "))
		}
		slices.Sort(out)
		return out
	}
	if !slices.Equal(sorted(before), sorted(after)) || len(sorted(after)) != 3 || after.Grove.Complete != 1 {
		t.Errorf("before: %s\nafter: %s", before.body, after.body)
	}
	// What was taken before is not taken again.
	if r := post(t, s, p[3].ip, p[3].seal(t)); r.Error != refusedOlder {
		t.Errorf("a replay: %d %s", r.status, r.body)
	}
	// And what was told ends when it would have.
	time.Sleep(28 * time.Minute)
	if r := ask(t, s, "9.9.9.9"); r.Grove.Swarm != 2 {
		t.Errorf("after the end of the first: %s", r.body)
	}
	time.Sleep(13 * time.Minute)
	if r := ask(t, s, "9.9.9.9"); r.Grove.Swarm != 0 {
		t.Errorf("after the end: %s", r.body)
	}
	s.mu.Lock()
	check(t, s.table)
	s.mu.Unlock()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	closeBook()
}

// TestNothingOutlivesItsLife: five minutes after the end of an announce, no
// file of the tracker has its peer, its key or its address. It is searched for
// in bytes and in text, and the search finds it while it lives.
func TestNothingOutlivesItsLife(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		book := openBook(t, dir)
		s := newServer(t, func(c *ServerConfig) { c.Book = book })
		p, busy := anyone(t, 1, "9.1.1.1"), anyone(t, 2, "9.7.7.7")
		search := func() (n int) {
			t.Helper()
			for _, needle := range [][]byte{[]byte(p.id), []byte(p.id.String()), p.ip.AsSlice(), []byte(p.ip.String()), testKey[:], []byte(CID(testKey))} {
				n += searchDir(t, dir, needle)
			}
			return n
		}
		announce(t, s, p)
		for i := range 50 { // others fill the same files, and go on
			o := anyone(t, 100+i, fmt.Sprintf("9.2.2.%d", i))
			announce(t, s, o, func(st *statement) { st.Key = CID([32]byte{1}) })
		}
		for range 39 {
			time.Sleep(time.Minute)
			announce(t, s, busy, func(st *statement) { st.Key = CID([32]byte{1}); st.Complete = time.Now().Minute()%2 == 0 })
			if search() == 0 {
				t.Fatal("the announce lives and is not on disk")
			}
		}
		time.Sleep(time.Minute + announces.Period + 2*time.Second)
		if n := search(); n != 0 {
			t.Errorf("%d times on disk after its end", n)
		}
		if searchDir(t, dir, []byte(busy.id)) == 0 {
			t.Error("the search finds nothing at all")
		}
		time.Sleep(46 * time.Minute)
		if list, err := os.ReadDir(dir); err != nil || len(list) != 1 {
			t.Errorf("%v, %d files are left", err, len(list))
		}
	})
}

func searchDir(t *testing.T, dir string, needle []byte) (n int) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		b, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		n += bytes.Count(b, needle)
	}
	return n
}

// TestBookIsSpared: a peer that repeats itself writes at most once in five
// minutes.
func TestBookIsSpared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		book := new(memory)
		s := newServer(t, func(c *ServerConfig) { c.Book = book })
		for range 60 {
			announce(t, s, anyone(t, 1, "9.1.1.1"))
			time.Sleep(10 * time.Second)
		}
		synctest.Wait()
		if book.puts != 2 {
			t.Errorf("%d entries in ten minutes", book.puts)
		}
	})
}

// TestBadBook: what cannot be read or is no longer believed is left out, and a
// book that fails is no end of the tracker.
func TestBadBook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := anyone(t, 1, "9.1.1.1")
		until := time.Now().Add(20 * time.Minute)
		good := func(ip, addrs string) Entry {
			from := netip.MustParseAddr(ip)
			v := append(append(bookHeadOf(nil, 0, 5), byte(len(from.AsSlice()))), from.AsSlice()...)
			return Entry{until, bookKey(testKey, byte(family(from)), p.id), append(v, addrs...)}
		}
		first := good("9.1.1.1", `"/ip4/9.1.1.1/tcp/4001"`)
		cut := func(e Entry, k, v int) Entry { return Entry{e.Until, e.Key[:k], e.Value[:v]} }
		for i, c := range []struct {
			e    Entry
			want int
		}{
			{first, 1},
			{good("9.1.1.1", `"/ip4/9.1.1.2/tcp/4001"`), 0},
			{good("127.0.0.1", `"/ip4/127.0.0.1/tcp/4001"`), 0}, // of a time when it was local
			{good("9.1.1.1", `"/ip4/9.1.1.1/tcp/4001"],"x":["`), 0},
			{good("9.1.1.1", ``), 0},
			{cut(first, 33, len(first.Value)), 0},
			{cut(first, len(first.Key), 10), 0},
			{cut(first, len(first.Key), 0), 0},
			{cut(first, len(first.Key), 13), 0},
			{Entry{time.Now(), first.Key, first.Value}, 0},
			{Entry{until, append(slices.Clone(first.Key), 1), first.Value}, 0},
		} {
			var log strings.Builder
			s := newServer(t, func(sc *ServerConfig) {
				sc.Book = &memory{m: map[string]Entry{"x": c.e}, fail: errors.New("broken")}
				sc.Log = slog.New(slog.NewTextHandler(&log, nil))
			})
			if n := ask(t, s, "9.9.9.9").Grove.Swarm; n != c.want {
				t.Errorf("%d: %d peers", i, n)
			}
			announce(t, s, anyone(t, 2, "9.1.1.2"))
			time.Sleep(5 * time.Second)
			announce(t, s, anyone(t, 3, "9.1.1.3"))
			time.Sleep(5 * time.Second)
			synctest.Wait()
			if strings.Count(log.String(), "not written down") != 1 || !strings.Contains(log.String(), "could not be read") {
				t.Errorf("the log says %s", log.String())
			}
		}
	})
}

// TestLatestCounts, in whatever order the book has them.
func TestLatestCounts(t *testing.T) {
	p := anyone(t, 1, "9.1.1.1")
	now := time.Now()
	entry := func(time int64, flags byte) Entry {
		v := append(append(bookHeadOf(nil, flags, time), 4), p.ip.AsSlice()...)
		return Entry{now.Add(20 * 60e9), bookKey(testKey, 0, p.id), append(v, `"/ip4/9.1.1.1/tcp/4001"`...)}
	}
	gone := func(time int64) Entry {
		return Entry{now.Add(20 * 60e9), bookKey(testKey, keyGone, p.id), append(bookHeadOf(nil, flagGone, time), 0)}
	}
	for _, c := range []struct {
		book list
		want int // complete ones; -1 for none at all
	}{
		{list{entry(1, 0), entry(2, flagComplete)}, 1},
		{list{entry(2, flagComplete), entry(1, 0)}, 1},
		{list{entry(2, flagComplete), gone(3), entry(1, 0)}, -1},
		{list{gone(1), gone(3), gone(2), entry(2, flagComplete)}, -1},
		{list{gone(1), entry(2, flagComplete)}, 1},
		{list{entry(2, flagComplete), gone(1), entry(3, 0)}, 0},
	} {
		r := ask(t, newServer(t, func(sc *ServerConfig) { sc.Book = c.book }), "9.9.9.9")
		if got := r.Grove.Complete - 1 + r.Grove.Swarm; got != c.want {
			t.Errorf("%d, want %d: %s", got, c.want, r.body)
		}
	}
}

// list is a Book that never changes.
type list []Entry

func (l list) Each(f func(Entry)) error {
	for _, e := range l {
		f(e)
	}
	return nil
}
func (list) Put([]Entry) error      { return nil }
func (list) Expire(time.Time) error { return nil }

// TestLogTellsNothing of peers, at any level.
func TestLogTellsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		s, err := NewServer(ServerConfig{Bases: []string{testBase}, Book: new(memory), Reach: app.Reach{},
			Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug - 10}))})
		if err != nil {
			t.Fatal(err)
		}
		p := anyone(t, 1, "9.1.1.1")
		announce(t, s, p)
		post(t, s, p.ip, []byte("x"))
		post(t, s, p.ip, p.seal(t))
		ask(t, s, "9.1.1.1")
		time.Sleep(time.Hour)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"9.1.1.1", p.id.String(), CID(testKey), fmt.Sprintf("%x", testKey)} {
			if strings.Contains(log.String(), secret) {
				t.Errorf("the log has %s: %s", secret, log.String())
			}
		}
		if log.Len() == 0 {
			t.Error("nothing was logged")
		}
	})
}

// TestPendingIsBounded: a book that hangs costs a bounded number of entries.
func TestPendingIsBounded(t *testing.T) {
	j := journal{on: true}
	for i := range 3 * maxPending {
		j.add(Entry{Key: []byte{byte(i), byte(i >> 8), byte(i >> 16)}})
	}
	if len(j.pending) > maxPending || len(j.pending) < maxPending/2 {
		t.Errorf("%d wait", len(j.pending))
	}
}
