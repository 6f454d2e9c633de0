package p2p

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"grove/app"
	"grove/app/pack"
)

// BenchmarkTransfer moves a package from one process to another over loopback,
// once for each of b.N: to nowhere, and verified into a preallocated file.
// GROVE_BENCH_MIB is the size of the package (256), GROVE_BENCH_FOLDER where it
// is kept between runs, GROVE_BENCH_PROFILE a folder for CPU profiles.
//
//	go test ./p2p -run - -bench Transfer -benchtime 5x
func BenchmarkTransfer(b *testing.B) {
	size := int64(256)
	if s := os.Getenv("GROVE_BENCH_MIB"); s != "" {
		var err error
		if size, err = strconv.ParseInt(s, 10, 64); err != nil {
			b.Fatal(err)
		}
	}
	folder := os.Getenv("GROVE_BENCH_FOLDER")
	if folder == "" {
		folder = b.TempDir()
	}
	if _, err := os.Stat(filepath.Join(folder, "film.grove")); err != nil {
		if err := benchPackage(folder, size<<20); err != nil {
			b.Fatal(err)
		}
	}
	for name, listen := range map[string]string{"TCP": overTCP, "QUIC": overQUIC} {
		for _, what := range []string{"discard", "verified"} {
			b.Run(name+"/"+what, func(b *testing.B) { benchTransfer(b, folder, listen, what, size<<20) })
		}
	}
}

func benchTransfer(b *testing.B, folder, listen, what string, size int64) {
	var sum benchResult
	for range b.N {
		seed, stopSeed := benchStart(b, "seed", folder, listen, what)
		leech, stopLeech := benchStart(b, "leech", folder, seed.Addr, what)
		stopLeech()
		served := stopSeed()
		sum.Seconds += leech.Seconds
		sum.CPU += leech.CPU
		sum.PeakKiB = max(sum.PeakKiB, leech.PeakKiB)
		b.ReportMetric(float64(served.PeakKiB)/1024, "seed-MiB")
		sum.Seed += served.CPU
	}
	gib := float64(size) * float64(b.N) / (1 << 30)
	b.ReportMetric(gib*1024/sum.Seconds, "MiB/s")
	b.ReportMetric(sum.CPU/gib, "leech-s/GiB")
	b.ReportMetric(sum.Seed/gib, "seed-s/GiB")
	b.ReportMetric(float64(sum.PeakKiB)/1024, "leech-MiB")
}

// benchResult is what a process of the benchmark says on a line of its own.
type benchResult struct {
	Addr    string
	Seconds float64 // wall, first request to last byte
	CPU     float64 // of the transfer, user and system
	PeakKiB int64   // resident, of the process
	Seed    float64 `json:"-"`
}

// benchStart runs this test binary again. The child answers with one line
// when it is ready or done, and with another when its standard input closes.
func benchStart(b *testing.B, run, folder, addr, what string) (benchResult, func() benchResult) {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "GROVE_P2P_PROCESS="+run, "GROVE_P2P_FOLDER="+folder, "GROVE_P2P_ADDR="+addr, "GROVE_P2P_WHAT="+what)
	cmd.Stderr = os.Stderr
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		b.Fatal(err)
	}
	lines := bufio.NewReader(out)
	read := func() (r benchResult) {
		line, err := lines.ReadBytes('\n')
		if err == nil {
			err = json.Unmarshal(line, &r)
		}
		if err != nil {
			b.Fatalf("%s process: %v", run, err)
		}
		return r
	}
	return read(), func() benchResult {
		_ = in.Close()
		r := read()
		if err := cmd.Wait(); err != nil {
			b.Fatalf("%s process: %v", run, err)
		}
		return r
	}
}

// benchPackage writes one file of random bytes and its package into folder.
func benchPackage(folder string, size int64) error {
	f, err := os.Create(filepath.Join(folder, "film.bin"))
	if err != nil {
		return err
	}
	if _, err := io.Copy(f, io.LimitReader(rand.NewChaCha8([32]byte{1}), size)); err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	whole, hashes, _, err := pack.HashFile(f, pack.PieceSizeFor(size))
	if err != nil {
		return err
	}
	key, err := pack.NewKey(rand.NewChaCha8([32]byte{2}))
	if err != nil {
		return err
	}
	m := pack.Manifest{
		Publisher: key.Public(), Created: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Name: "film",
		Piece: pack.PieceSizeFor(size), Files: []pack.File{{Path: []string{"film.bin"}, Size: size, SHA256: whole}},
		Hashes: sha256.Sum256(hashes),
	}
	grove, err := pack.Sign(m, key)
	if err != nil {
		return err
	}
	return errors.Join(f.Close(),
		os.WriteFile(filepath.Join(folder, "film.grove"), grove, 0o600),
		os.WriteFile(filepath.Join(folder, "film.hashes"), hashes, 0o600))
}

// benchProcess is the child: a seed until its standard input closes, or a
// download.
func benchProcess(run string) int {
	err := errors.New("seed or leech")
	switch run {
	case "seed":
		err = benchSeed(os.Getenv("GROVE_P2P_FOLDER"), os.Getenv("GROVE_P2P_ADDR"))
	case "leech":
		err = benchLeech(os.Getenv("GROVE_P2P_FOLDER"), os.Getenv("GROVE_P2P_ADDR"), os.Getenv("GROVE_P2P_WHAT"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

type benchFiles struct {
	pkg    *pack.Package
	hashes pack.HashList
	file   *os.File
}

func openBench(folder string) (b benchFiles, err error) {
	grove, err1 := os.ReadFile(filepath.Join(folder, "film.grove"))
	hashes, err2 := os.ReadFile(filepath.Join(folder, "film.hashes"))
	if err := errors.Join(err1, err2); err != nil {
		return b, err
	}
	if b.pkg, err = pack.Open(grove); err != nil {
		return b, err
	}
	if b.hashes, err = b.pkg.CheckHashes(hashes); err != nil {
		return b, err
	}
	b.file, err = os.Open(filepath.Join(folder, "film.bin"))
	return b, err
}

func (b benchFiles) ReadPiece(i int, p []byte, off int64) error {
	_, err := b.file.ReadAt(p, b.pkg.Layout.Span(i).Offset+off)
	return err
}

func say(r benchResult) error { return json.NewEncoder(os.Stdout).Encode(r) }

func profile(name string) (stop func(), err error) {
	folder := os.Getenv("GROVE_BENCH_PROFILE")
	if folder == "" {
		return func() {}, nil
	}
	f, err := os.Create(filepath.Join(folder, name+".pprof"))
	if err != nil {
		return nil, err
	}
	return func() { pprof.StopCPUProfile(); _ = f.Close() }, pprof.StartCPUProfile(f)
}

func benchSeed(folder, listen string) error {
	files, err := openBench(folder)
	if err != nil {
		return err
	}
	n, err := New(Config{Listen: []string{listen}, Reach: app.Reach{LocalOnly: true}})
	if err != nil {
		return err
	}
	if _, err := n.Serve(app.Share{Package: files.pkg, Hashes: files.hashes, Pieces: files,
		Have: app.NewHaveSet(app.FullBitmap(files.pkg.Layout.Pieces()))}); err != nil {
		return err
	}
	stop, err := profile("seed")
	if err != nil {
		return err
	}
	before := cpuSeconds()
	if err := say(benchResult{Addr: n.Addrs()[0]}); err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	r := benchResult{CPU: cpuSeconds() - before, PeakKiB: peakKiB()}
	stop()
	return errors.Join(n.Close(), say(r))
}

func benchLeech(folder, addr, what string) error {
	files, err := openBench(folder)
	if err != nil {
		return err
	}
	n, err := New(Config{Listen: []string{}, Reach: app.Reach{LocalOnly: true}})
	if err != nil {
		return err
	}
	var out *os.File
	if what == "verified" {
		if out, err = os.CreateTemp(folder, "got-*"); err != nil {
			return err
		}
		defer os.Remove(out.Name())
		if err := preallocate(out, files.pkg.Layout.Size()); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r := newRecorder()
	ended := make(chan error, 1)
	go func() {
		ended <- n.Find(ctx, app.Want{Package: files.pkg, Hashes: files.hashes, Peers: []string{addr}}, r)
	}()
	id := addr[strings.LastIndex(addr, "/")+1:]
	var src app.Source
	for src == nil || src.Window() == 0 {
		r.mu.Lock()
		changed := r.changed
		src = r.sources[id]
		r.mu.Unlock()
		if src == nil || src.Window() == 0 {
			<-changed
		}
	}
	stop, err := profile("leech")
	if err != nil {
		return err
	}
	before, began := cpuSeconds(), time.Now()
	err = benchFetch(ctx, src, files, out)
	res := benchResult{Seconds: time.Since(began).Seconds(), CPU: cpuSeconds() - before, PeakKiB: peakKiB()}
	stop()
	cancel()
	if err := errors.Join(err, <-ended, n.Close(), say(res)); err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	return say(res)
}

// benchFetch is the engine in small: runs of about a MiB, four under way, each
// piece read, verified and written before the next.
func benchFetch(ctx context.Context, src app.Source, files benchFiles, out *os.File) error {
	layout := files.pkg.Layout
	perRun := max(1, int(1<<20/layout.PieceSize()))
	var next atomic.Int64
	fetchRun := func(first int, buf []byte) error {
		run := app.Run{First: first, Count: min(perRun, layout.Pieces()-first)}
		r, err := src.Open(ctx, run)
		if err != nil {
			return err
		}
		defer r.Close()
		for i := run.First; i < run.End(); i++ {
			span := layout.Span(i)
			if _, err := io.ReadFull(r, buf[:span.Length]); err != nil {
				return err
			}
			if out == nil {
				continue
			}
			if !files.hashes.Matches(i, buf[:span.Length]) {
				return fmt.Errorf("piece %d is wrong", i)
			}
			if _, err := out.WriteAt(buf[:span.Length], span.Offset); err != nil {
				return err
			}
		}
		return nil
	}
	var wg sync.WaitGroup
	errs := make([]error, 4)
	for w := range errs {
		wg.Go(func() {
			buf := make([]byte, layout.PieceSize())
			for errs[w] == nil {
				first := int(next.Add(int64(perRun))) - perRun
				if first >= layout.Pieces() {
					return
				}
				errs[w] = fetchRun(first, buf)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}
