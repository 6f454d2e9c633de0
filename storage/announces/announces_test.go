package announces

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	berrors "go.etcd.io/bbolt/errors"
)

var now = time.Now().Truncate(Period).Add(time.Minute)

func open(t testing.TB, dir string, now time.Time) *Store {
	t.Helper()
	s, err := Open(dir, now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func put(t testing.TB, s *Store, entries ...Entry) {
	t.Helper()
	if err := s.Put(entries); err != nil {
		t.Fatal(err)
	}
}

// entry is one that ends after d; its number is in key and value.
func entry(n int, d time.Duration) Entry {
	return Entry{now.Add(d), fmt.Appendf(nil, "key %d", n), fmt.Appendf(nil, "a value to look for %d", n)}
}

// all is what s has, keys with values, those of one key sorted.
func all(t testing.TB, s *Store) (map[string]string, error) {
	t.Helper()
	out := map[string]string{}
	err := s.Each(func(e Entry) {
		k := string(e.Key)
		list := append(strings.Fields(out[k]), strings.ReplaceAll(string(e.Value), " ", "_")+"@"+e.Until.Sub(now).String())
		slices.Sort(list)
		out[k] = strings.Join(list, " ")
	})
	return out, err
}

func TestKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	s := open(t, dir, now)
	put(t, s)
	put(t, s, entry(1, 40*time.Minute), entry(2, 41*time.Minute), entry(3, 20*time.Minute))
	put(t, s, entry(4, 40*time.Minute), entry(1, 10*time.Minute))
	put(t, s, Entry{Until: now.Add(time.Minute)})
	want := map[string]string{
		"":      "@1m0s",
		"key 1": "a_value_to_look_for_1@10m0s a_value_to_look_for_1@40m0s", "key 2": "a_value_to_look_for_2@41m0s",
		"key 3": "a_value_to_look_for_3@20m0s", "key 4": "a_value_to_look_for_4@40m0s",
	}
	check := func() {
		t.Helper()
		if got, err := all(t, s); err != nil || !maps.Equal(got, want) {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
	check() // while open
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = open(t, dir, now)
		check()
	}
	put(t, s, entry(5, 40*time.Minute)) // behind what an earlier run wrote
	want["key 5"] = "a_value_to_look_for_5@40m0s"
	check()
}

// TestNothingIsLeft: five minutes after an entry's end no file has a byte of
// it, whether the store was open or not.
func TestNothingIsLeft(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, now)
	var batch []Entry
	for i := range 2000 {
		if batch = append(batch, entry(i, 30*time.Minute+time.Duration(i%12)*time.Minute)); len(batch) == 50 {
			put(t, s, batch...)
			batch = batch[:0]
		}
	}
	for end := 30 * time.Minute; end < 42*time.Minute; end += time.Minute {
		if end == 36*time.Minute {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = open(t, dir, now.Add(end))
		}
		i := int((end - 30*time.Minute) / time.Minute)
		if err := s.Expire(now.Add(end)); err != nil {
			t.Fatal(err)
		}
		if search(t, dir, fmt.Sprintf("look for %d", 1200+i)) == 0 {
			t.Errorf("%v: lost before its end", end)
		}
	}
	for end := 30 * time.Minute; end < 42*time.Minute; end += time.Minute {
		i := int((end - 30*time.Minute) / time.Minute)
		if err := s.Expire(now.Add(end + Period)); err != nil {
			t.Fatal(err)
		}
		if n := search(t, dir, fmt.Sprintf("look for %d", 1200+i)); n != 0 {
			t.Errorf("%v: %d times on the disk", end, n)
		}
	}
	put(t, s, entry(0, 30*time.Minute)) // told too late
	if n := search(t, dir, "look for"); n != 0 {
		t.Errorf("%d left", n)
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) != 1 {
		t.Errorf("%v: %d files", err, len(list))
	}
}

// search counts text in all files of dir.
func search(t testing.TB, dir, text string) (n int) {
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
		n += bytes.Count(b, []byte(text))
	}
	return n
}

// TestDamage: a file that cannot be read is deleted, and the others are read.
func TestDamage(t *testing.T) {
	for name, damage := range map[string]func(b []byte) []byte{
		"empty":     func(b []byte) []byte { return nil }, // bolt takes it for a new one
		"junk":      func(b []byte) []byte { return bytes.Repeat([]byte("junk"), len(b)/4) },
		"cut":       func(b []byte) []byte { return b[:len(b)/2+100] },
		"one page":  func(b []byte) []byte { return b[:4096] },
		"no pages":  func(b []byte) []byte { clear(b[2*4096:]); return b },
		"all ones":  func(b []byte) []byte { copy(b[2*4096:], bytes.Repeat([]byte{255}, len(b))); return b },
		"one value": func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\x00\x05key 1"), []byte("\xff\xffkey 1")) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir, now)
			var batch []Entry
			for i := range 500 {
				if batch = append(batch, entry(i, time.Minute)); len(batch) == 20 {
					put(t, s, batch...)
					batch = batch[:0]
				}
			}
			put(t, s, entry(1000, 20*time.Minute))
			bad := s.path(periodOf(now.Add(time.Minute)))
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			b, err := os.ReadFile(bad)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(bad, damage(b), 0o600); err != nil {
				t.Fatal(err)
			}
			s = open(t, dir, now)
			got, err := all(t, s)
			if got["key 1000"] == "" {
				t.Error("the good file was not read")
			}
			if name != "empty" && err == nil {
				t.Error("nothing was said")
			}
			for _, name := range []string{bad, bad + opening} {
				if _, e := os.Stat(name); err != nil && !os.IsNotExist(e) {
					t.Errorf("%s is still there", name)
				}
			}
			put(t, s, entry(1, time.Minute))
			if got, err := all(t, s); err != nil || got["key 1"] == "" {
				t.Errorf("afterwards: %v, %q", err, got)
			}
		})
	}
}

// TestKilledByAFile: what was being opened when the program ended is not
// opened again.
func TestKilledByAFile(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, now)
	put(t, s, entry(1, 20*time.Minute), entry(2, 10*time.Minute))
	file := s.path(periodOf(now.Add(20 * time.Minute)))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file, file+opening); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, now)
	if got, err := all(t, s); err != nil || len(got) != 1 || got["key 2"] == "" {
		t.Errorf("%v: %q", err, got)
	}
	if search(t, dir, "look for 1") != 0 {
		t.Error("the file is still there")
	}
}

func TestOneAtATime(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, now)
	if _, err := Open(dir, now); !errors.Is(err, berrors.ErrTimeout) || !strings.Contains(err.Error(), dir) {
		t.Errorf("the second: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, dir, now)
}

// TestWrongClock: what a wrong clock wrote is not kept for years.
func TestWrongClock(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, now)
	if err := s.Put([]Entry{entry(1, 100*time.Hour), entry(2, time.Minute)}); err == nil {
		t.Error("an entry of next week was taken")
	}
	put(t, s, entry(3, 20*time.Hour))
	if got, err := all(t, s); err != nil || len(got) != 2 {
		t.Errorf("%v: %q", err, got)
	}
	if err := s.Expire(now.Add(-10 * time.Hour)); err != nil {
		t.Fatal(err)
	}
	if n := search(t, dir, "look for 3"); n != 0 {
		t.Error("what ends 30 hours ahead is kept")
	}
}

func TestPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no modes")
	}
	dir := filepath.Join(t.TempDir(), "announces")
	put(t, open(t, dir, now), entry(1, time.Minute))
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder: %v, %v", err, info.Mode())
	}
	list, err := os.ReadDir(dir)
	if err != nil || len(list) != 2 {
		t.Fatalf("%v: %d files", err, len(list))
	}
	for _, f := range list {
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", f.Name(), err, info.Mode())
		}
	}
}

// TestForeignFiles are left alone.
func TestForeignFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"notes.txt", "x.announces", "+300.announces", "0300.announces"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, dir, now)
	if _, err := all(t, s); err != nil {
		t.Error(err)
	}
	if n := search(t, dir, "mine"); n != 4 {
		t.Errorf("%d of 4 files are left", n)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encode(entry(1, 0)))
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		if e, err := decode(b); err == nil && !bytes.Equal(encode(e), b) {
			t.Errorf("%x reads as another entry", b)
		}
	})
}

// BenchmarkPut appends what a tracker is told in a busy second.
func BenchmarkPut(b *testing.B) {
	s := open(b, b.TempDir(), now)
	batch := make([]Entry, 3000)
	for i := range batch {
		batch[i] = Entry{now.Add(40 * time.Minute), bytes.Repeat([]byte{byte(i), byte(i >> 8)}, 36), make([]byte, 100)}
	}
	for b.Loop() {
		put(b, s, batch...)
	}
	b.ReportMetric(float64(len(batch))*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}
