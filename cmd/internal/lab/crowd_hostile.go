package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/boot"
)

// Peers who are of no use, against plain HTTP alone: each download with them
// has another beside it, at the same moment, by curl from a like server over
// like lines.

// uselessness is what the peers of a pair do. All prove that they know the
// package.
type uselessness string

const (
	silent uselessness = "silent" // say they have everything, and send nothing
	slow   uselessness = "slow"   // have everything, and send a little
	lying  uselessness = "lying"  // have everything, and send other bytes
	busy   uselessness = "busy"   // have nothing, and say that everything is coming
)

var uselessKinds = []uselessness{silent, slow, lying, busy}

const (
	uselessPeers = 8
	slowRate     = 16 << 10 // bytes a second
	pairsPerRun  = 10       // of all kinds together
	mostUseless  = 1.02
	hostileLimit = 15 * time.Minute
)

// useless shows what such peers cost.
func useless(t *trial) {
	each := (pairsPerRun*t.lab.runs + len(uselessKinds) - 1) / len(uselessKinds)
	var all []float64
	var parts []string
	for _, kind := range uselessKinds {
		t.in(string(kind), true, false, func(w *world) {
			ratios := w.pairs(kind, each)
			all = append(all, ratios...)
			parts = append(parts, fmt.Sprintf("%s %.3f", kind, slices.Max(ratios)))
		})
	}
	if len(all) == 0 {
		return
	}
	p95 := percentile(all, 0.95)
	t.shows(p95 <= mostUseless && len(parts) == len(uselessKinds), fmt.Sprintf("time with %d useless peers over curl's, %d MiB, fast", uselessPeers, flash().size/mib),
		fmt.Sprintf("≤ %.2f at the 95th percentile", mostUseless), "%.3f, median %.3f (%.3f to %.3f) of %d pairs; at the most: %s",
		p95, median(all), slices.Min(all), slices.Max(all), len(all), strings.Join(parts, ", "))
}

// pairs downloads n times with useless peers and beside it without, and
// returns what the first took over the second.
func (w *world) pairs(kind uselessness, n int) (ratios []float64) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		w.failf("curl is needed: %v", err)
	}
	c := flash()
	l := w.open(1)
	defer l.clear()
	video, want, err := w.lab.video(c.size)
	w.must(err)
	web := func(name string) (at *computer, file string) {
		at = l.home(0, []string{name}, c.origin, 0, "").in[0]
		file = at.path("www", "video.bin")
		w.must(os.MkdirAll(filepath.Dir(file), 0o755))
		w.must(os.Link(video, file))
		at.nginx(filepath.Dir(file))
		return at, file
	}
	client := func(name string) *computer { return l.home(0, []string{name}, c.up, c.down, "").in[0] }
	origin, file := web("origin")
	likeOrigin, _ := web("like-origin")
	l.server = l.direct("server")
	server := l.server.serve("tracker,relay", "--log-level", "info")
	url := func(at *computer) string { return "http://" + at.host() + "/video.bin" }
	grove, link := origin.published(file, url(origin), "--tracker", server.url, "--relay", server.addr)
	one, other := client("client"), client("like-client")
	var peers []string
	for i := range uselessPeers {
		peer := client(fmt.Sprintf("useless%d", i+1))
		peer.part("useless", string(kind), peer.data(), grove, video)
		peers = append(peers, peer.ip4)
	}
	one.nft(fmt.Sprintf(metRules, strings.Join(peers, ", ")))
	w.pause(3 * time.Second) // they announce themselves
	for i := range n {
		one.dir = filepath.Join(l.ram, fmt.Sprintf("pair-%d", i+1)) // as on the first day
		w.must(os.MkdirAll(one.dir, 0o755))
		got := other.path("got")
		plain := other.start(curl, "-sS", "--fail", "-o", got, url(likeOrigin))
		get := one.start(w.lab.grove, "get", link, "-d", one.path("in"), "--yes", "--seed", "--json", "--data", one.data())
		took := get.right(groves{}.complete, one.path("in", "video.bin"), want)
		alone, err := plain.took(clientLimit)
		w.must(err)
		sum, err := fileSum(got)
		w.must(err)
		if took == 0 || sum != want {
			w.failf("a download of pair %d did not get there", i+1)
		}
		get.stop()
		w.must(os.RemoveAll(one.dir))
		ratios = append(ratios, took/alone)
		fmt.Fprintf(os.Stderr, "%s pair %d: %.2f s, %.2f s alone, %.3f\n", kind, i+1, took, alone, took/alone)
	}
	if met := one.counters()["met"]; met.Bytes < metLeast {
		w.failf("peers who are %s were not met: %d bytes came from them", kind, met.Bytes)
	}
	return ratios
}

// metLeast is less than what a handshake with each of the peers takes.
const metLeast = uselessPeers << 10

// metRules count what comes from peers.
const metRules = `table ip lab {
 counter met { }
 chain in { type filter hook input priority 0; ip saddr { %s } counter name met
 }
}
`

// took waits until a command has ended well, and is the seconds until then.
func (p *proc) took(limit time.Duration) (float64, error) {
	select {
	case <-p.ended:
	case <-time.After(limit):
		return 0, fmt.Errorf("%s: not within %s", p.name, limit)
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		return 0, fmt.Errorf("%s: exit code %d: %s", p.name, code, p.tail(3))
	}
	return p.end.Sub(p.began).Seconds(), nil
}

// playUseless is a peer of the kind args[0], with the data folder args[1], of
// the package in the .grove file args[2] with its hash list beside it, whose
// content is the file args[3].
func playUseless(ctx context.Context, args []string) (err error) {
	kind, share := uselessness(args[0]), app.Share{}
	if share.Package, share.Hashes, err = readPackage(args[2]); err != nil {
		return err
	}
	content, err := os.Open(args[3])
	if err != nil {
		return err
	}
	defer content.Close()
	have := app.FullBitmap(share.Hashes.Len())
	if kind == busy {
		have = app.NewBitmap(share.Hashes.Len())
	}
	share.Have, share.Pieces = app.NewHaveSet(have), unhelpful{ctx, kind, share.Package.Manifest.Piece, content}
	g, err := boot.Start(ctx, boot.Options{Data: args[1]})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	serving, err := g.Node.Serve(share)
	if err != nil {
		return err
	}
	defer serving.Stop()
	if kind == busy {
		serving.Tell(app.FullBitmap(share.Hashes.Len()))
	}
	fmt.Println("ready")
	<-ctx.Done()
	return nil
}

// readPackage reads a .grove file and the hash list beside it.
func readPackage(path string) (*pack.Package, pack.HashList, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	p, err := pack.Open(b)
	if err != nil {
		return nil, nil, err
	}
	list, err := os.ReadFile(filepath.Join(filepath.Dir(path), p.ID.String()+".hashes"))
	if err != nil {
		return nil, nil, err
	}
	hashes, err := p.CheckHashes(list)
	return p, hashes, err
}

// unhelpful reads pieces of a package of one file as the kind does.
type unhelpful struct {
	ctx     context.Context
	kind    uselessness
	piece   int64
	content *os.File
}

func (u unhelpful) ReadPiece(i int, b []byte, off int64) error {
	switch u.kind {
	case lying:
		_, err := rand.Read(b)
		return err
	case slow:
		select {
		case <-time.After(time.Duration(len(b)) * time.Second / slowRate):
			_, err := u.content.ReadAt(b, int64(i)*u.piece+off)
			return err
		case <-u.ctx.Done():
		}
	default:
		<-u.ctx.Done()
	}
	return u.ctx.Err()
}
