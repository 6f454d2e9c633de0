package pack

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// allocated is the number of bytes f allocates, freed or not.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestBombs opens signed inputs of the largest size that are built to cost
// much more than their size.
func TestBombs(t *testing.T) {
	key := fixedKey(t, 1)
	body := fixedBody(t)
	from, to := strings.Index(body, `[{`), strings.Index(body, `,"hashes"`)
	files := func(s string) string { return body[:from] + s + body[to:] }
	fill := func(unit string) string { return strings.Repeat(unit, (MaxManifest-4096)/len(unit)) }
	for name, b := range map[string]string{
		"deep lists":        fill("[") + "\n",
		"deep objects":      fill(`{"a":`) + "\n",
		"deep inside files": files(fill("[")),
		"empty files":       files("[" + fill("{},") + "{}]"),
		"null files":        files("[" + fill("null,") + "null]"),
		"empty names":       files(`[{"path":[` + fill(`"",`) + `""]}]`),
		"numbers as files":  files("[" + fill("0,") + "0]"),
		"many fields":       "{" + fill(`"a":0,`) + `"a":0}` + "\n",
		"same field":        "{" + fill(`"files":[],`) + `"files":[]}` + "\n",
		"many origins":      strings.Replace(body, `["https`, `[`+fill(`"",`)+`"https`, 1),
		"long text":         strings.Replace(body, `A film`, fill("x"), 1),
		"escapes":           strings.Replace(body, `A film`, fill(`\u0041`), 1),
		"escaped quotes":    strings.Replace(body, `A film`, fill(`\"`), 1),
		"long number":       strings.Replace(body, `262144`, fill("9"), 1),
		"long series":       strings.Replace(body, `"film"`, `"`+fill("a")+`"`, 1),
		"blanks":            fill(" "),
	} {
		t.Run(name, func(t *testing.T) {
			grove := signBytes(key, []byte(b), 3)
			var err error
			start := time.Now()
			n := allocated(func() { _, err = Open(grove) })
			wantReason(t, err, BadManifest)
			if n > 1<<20 {
				t.Errorf("allocated %d KiB to refuse %d KiB", n>>10, len(grove)>>10)
			}
			t.Logf("%d KiB, %v", n>>10, time.Since(start))
		})
	}
}

func TestOpenSizes(t *testing.T) {
	for _, n := range []int{MaxGrove + 1, 64 << 20} {
		grove := make([]byte, n)
		copy(grove, untrusted)
		var err error
		if n := allocated(func() { _, err = Open(grove) }); n > 64<<10 {
			t.Errorf("allocated %d bytes before looking at the size", n)
		}
		wantReason(t, err, BadManifest)
	}
	// The largest manifest is accepted, and refused with one byte more.
	m := largestManifest(t)
	m.Type, m.V = manifestType, Version
	m.About = "x"
	for i, room := 0, MaxManifest-len(m.encode(nil)); room > 0; i++ {
		n := min(room, MaxElement-len(m.Files[i].Path[1]))
		m.Files[i].Path[1] += strings.Repeat("x", n)
		room -= n
	}
	for _, c := range []struct {
		about string
		ok    bool
	}{{m.About, true}, {m.About + "x", false}} {
		m.About = c.about
		_, err := Open(signUnchecked(t, m))
		if c.ok && err != nil {
			t.Error(err)
		}
		if !c.ok {
			wantReason(t, err, BadManifest)
		}
	}
}

// largestManifest has as many files as there may be, with paths as long as
// fit into 4 MiB.
func largestManifest(tb testing.TB) Manifest {
	m, _ := fixedManifest(tb)
	m.Files = make([]File, MaxFiles)
	for i := range m.Files {
		m.Files[i] = File{Path: []string{"Ordner mit Übungen", "ein langer Name mit Ä und ß zum Füllen, damit es", fmt.Sprint("Datei Nummer ", i)}, Size: int64(i)}
	}
	return m
}

func TestLargestManifest(t *testing.T) {
	m := largestManifest(t)
	key := fixedKey(t, 1)
	grove := mustSign(t, m, key)
	if len(grove) < MaxManifest*8/10 {
		t.Fatalf("only %d bytes", len(grove))
	}
	var p *Package
	var err error
	n := allocated(func() { p, err = Open(grove) })
	if err != nil {
		t.Fatal(err)
	}
	if p.Layout.Files() != MaxFiles {
		t.Errorf("%d files", p.Layout.Files())
	}
	if limit := uint64(8 * len(grove)); n > limit {
		t.Errorf("allocated %d KiB for %d KiB", n>>10, len(grove)>>10)
	}
	t.Logf("allocated %d KiB for %d KiB", n>>10, len(grove)>>10)

	m.Files = append(m.Files, File{Path: []string{"one more"}})
	_, err = Sign(m, key)
	wantReason(t, err, BadManifest)
	if !strings.Contains(err.Error(), "20001 files") {
		t.Errorf("refused for something else: %v", err)
	}
	m.Files = m.Files[:MaxFiles]
	for i := range m.Files {
		m.Files[i].Path = []string{strings.Repeat("a", 100), strings.Repeat("b", 100), fmt.Sprint(i)}
	}
	_, err = Sign(m, key)
	wantReason(t, err, BadManifest) // more than 4 MiB
}

func BenchmarkOpenLargest(b *testing.B) {
	grove := mustSign(b, largestManifest(b), fixedKey(b, 1))
	b.SetBytes(int64(len(grove)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Open(grove); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpenSmall(b *testing.B) {
	m, _ := fixedManifest(b)
	grove := mustSign(b, m, fixedKey(b, 1))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Open(grove); err != nil {
			b.Fatal(err)
		}
	}
}
