// Command bench measures what docs/BENCHMARKS.md claims. Every figure is a
// ratio of two things taken in turn within one run, and the median of the
// rounds: absolute speeds of a shared machine mean little.
//
// It needs nginx, curl and openssl; the shaped-line scenario needs root (it
// makes a network namespace of its own). Nothing leaves the machine.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

// scenario is one figure: what to do in each round, and what must come out.
type scenario struct {
	name  string
	about string
	run   func(ctx context.Context, l *lab) error
}

var scenarios = []scenario{
	{"peer", "one seed to one peer, a verified file on disk, against nginx and curl over HTTPS, then openssl sha256", peerAgainstCurl},
	{"memory", "peak memory of both ends, 1 GiB and 8 GiB", peakMemory},
	{"share", "grove share until the link is there, against openssl sha256", shareAgainstOpenssl},
	{"origin", "origin only, against curl, then openssl sha256", originAgainstCurl},
	{"idle", "200 transfers in which nothing happens", idleTransfers},
	{"line", "origin only on a line of 1 Gbit/s, against curl alone", originOnALine},
}

func main() {
	grove := flag.String("grove", "bin/grove", "the program to measure")
	rounds := flag.Int("rounds", 5, "rounds of each scenario")
	only := flag.String("only", "", "scenarios to run, separated by commas (default: all)")
	dir := flag.String("dir", os.TempDir(), "folder for the files, on the disk to be measured")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, time.Hour)
	defer cancel()

	l, err := newLab(*grove, *dir, *rounds)
	if err == nil {
		err = runAll(ctx, l, *only)
		l.close()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func runAll(ctx context.Context, l *lab, only string) error {
	l.describe()
	for _, s := range scenarios {
		if only != "" && !strings.Contains(","+only+",", ","+s.name+",") {
			continue
		}
		fmt.Printf("\n## %s: %s\n\n", s.name, s.about)
		if err := s.run(ctx, l); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

func (l *lab) at(parts ...string) string { return filepath.Join(append([]string{l.dir}, parts...)...) }
