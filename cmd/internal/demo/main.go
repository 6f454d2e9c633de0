// Command demo runs Grove's main job with the real program, on loopback: it
// signs a package, serves it from an HTTP origin of limited rate and from
// three peers of limited rates, and downloads it through all of them at once.
// Everything lies in a temporary folder that is deleted at the end.
package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

const (
	size       = 256 << 20 // bytes
	originRate = 1_500_000 // bytes a second
)

// peerRates are what the seeding peers give, as grove takes a RATE.
var peerRates = []string{"2M", "1500K", "1M"}

func main() {
	grove := flag.String("grove", "bin/grove", "the program to show")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	if err := run(ctx, *grove); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// demo is one run: a folder, the program, and what has to be ended.
type demo struct {
	dir   string
	grove string
	ends  []func()
}

func run(ctx context.Context, grove string) error {
	grove, err := filepath.Abs(grove)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "grove-demo-")
	if err != nil {
		return err
	}
	d := &demo{dir: dir, grove: grove}
	defer func() {
		for _, end := range d.ends {
			end()
		}
		os.RemoveAll(dir)
	}()

	say("A film of 256 MiB")
	film := filepath.Join(dir, "www", "film.mp4")
	want, err := makeFilm(film)
	if err != nil {
		return err
	}
	origin, err := d.startOrigin(filepath.Dir(film))
	if err != nil {
		return err
	}

	say("The publisher signs it where it lies; nothing is moved or copied")
	if err := d.do(ctx, "keys", "new", "--no-passphrase", "--data", d.at("publisher")); err != nil {
		return err
	}
	link := d.at("link")
	if err := d.do(ctx, "publish", film, "--data", d.at("publisher"), "--name", "Feature film",
		"--origin", origin+"/film.mp4", "--out", filepath.Dir(film), "--link-out", link); err != nil {
		return err
	}

	say("Three people who have it seed it, at 2.0, 1.5 and 1.0 MB/s; the origin gives 1.5 MB/s")
	args := []string{"get", read(link), "--data", d.at("me"), "-d", d.at("downloads"), "--yes"}
	for i, rate := range peerRates {
		addr, err := d.startPeer(ctx, i, film, rate)
		if err != nil {
			return err
		}
		args = append(args, "--peer", addr)
	}

	say("And somebody opens the link")
	if err := d.do(ctx, args...); err != nil {
		return err
	}
	got, err := sum(d.at("downloads", "film.mp4"))
	if err != nil {
		return err
	}
	fmt.Printf("\nSHA-256 of what the publisher has  %x\nSHA-256 of what arrived            %x\n", want, got)
	if want != got {
		return errors.New("they differ")
	}
	fmt.Println("They are the same.")
	return nil
}

func say(s string) { fmt.Printf("\n\x1b[1m%s\x1b[0m\n", s) }

func (d *demo) at(parts ...string) string { return filepath.Join(append([]string{d.dir}, parts...)...) }

// command prepares a run of the program, shown as a user would type it.
func (d *demo) command(ctx context.Context, args ...string) *exec.Cmd {
	shown := strings.ReplaceAll(strings.Join(args, " "), d.dir+"/", "")
	fmt.Println("$ grove " + shown)
	c := exec.CommandContext(ctx, d.grove, args...)
	c.Env = append(os.Environ(), "GROVE_LOCAL_ONLY=1", "GROVE_AROUND=none")
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = 5 * time.Second
	return c
}

func (d *demo) do(ctx context.Context, args ...string) error {
	c := d.command(ctx, args...)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	return c.Run()
}

// startPeer starts a seed with a data folder and a file of its own, and
// returns the address it prints as part of its link.
func (d *demo) startPeer(ctx context.Context, i int, film, rate string) (string, error) {
	own := d.at(fmt.Sprintf("peer%d", i+1), "film.mp4")
	if err := os.MkdirAll(filepath.Dir(own), 0o755); err != nil {
		return "", err
	}
	if err := os.Link(film, own); err != nil {
		return "", err
	}
	ctx, cancel := context.WithCancel(ctx)
	grove := filepath.Join(filepath.Dir(film), "film.grove")
	if m, _ := filepath.Glob(filepath.Join(filepath.Dir(film), "*.grove")); len(m) == 1 {
		grove = m[0]
	}
	c := d.command(ctx, "share", own, "--package", grove, "--data", filepath.Dir(own)+"/data", "--limit", rate)
	out, err := c.StdoutPipe()
	if err != nil {
		cancel()
		return "", err
	}
	c.Stderr = io.Discard
	if err := c.Start(); err != nil {
		cancel()
		return "", err
	}
	d.ends = append(d.ends, func() { cancel(); _ = c.Wait() })
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		for _, part := range strings.FieldsFunc(lines.Text(), func(r rune) bool { return r == '?' || r == '&' || r == '#' }) {
			if addr, ok := strings.CutPrefix(part, "a="); ok && strings.Contains(addr, "/tcp/") {
				return addr, nil
			}
		}
	}
	return "", fmt.Errorf("peer %d printed no address", i+1)
}

// startOrigin serves folder over HTTP, all connections together at
// originRate, and returns its URL.
func (d *demo) startOrigin(folder string) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	files := http.FileServer(http.Dir(folder))
	line := &line{rate: originRate}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		files.ServeHTTP(&slow{w, r.Context(), line}, r)
	})}
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.Serve(l) }()
	d.ends = append(d.ends, func() { srv.Close(); <-done })
	return "http://" + l.Addr().String(), nil
}

func makeFilm(path string) (sum [32]byte, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return sum, err
	}
	f, err := os.Create(path)
	if err != nil {
		return sum, err
	}
	defer f.Close()
	h := sha256.New()
	random := rand.NewChaCha8([32]byte([]byte("a film that nobody has seen yet.")))
	if _, err := io.CopyN(io.MultiWriter(f, h), random, size); err != nil {
		return sum, err
	}
	return [32]byte(h.Sum(nil)), f.Close()
}

func sum(path string) (sum [32]byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return sum, err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return [32]byte(h.Sum(nil)), err
}

func read(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
