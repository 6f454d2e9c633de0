package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

// Somebody downloads over a home's line, and then somebody else there downloads
// something of his own. docs/MANNERS.md says what is measured and how.

// gentle is one such download.
type gentle struct {
	peers bool // it comes from peers, else from a web server
	rude  bool // network.gentle is off
}

const (
	sourcePort  = 7779
	gentleMbit  = 20.0
	gentleAlone = 10 * time.Second
	gentleOwn   = 15 * time.Second
)

// gentles are the scenarios of downloads that leave room.
func gentles() (all []scenario) {
	for _, g := range []gentle{{}, {peers: true}, {rude: true}, {peers: true, rude: true}} {
		all = append(all, scenario{name: g.name(), about: "a download of a user's own beside Grove's, " + g.String(), limit: 5 * time.Minute, each: true,
			run: func(t *trial) { t.gentle(g) }})
	}
	return all
}

func (g gentle) name() string {
	s := "gentle"
	if g.peers {
		s += "-peers"
	}
	if g.rude {
		s += "-off"
	}
	return s
}

func (g gentle) String() string {
	s := "from a web server"
	if g.peers {
		s = "from peers"
	}
	if g.rude {
		s += ", network.gentle off"
	}
	return s
}

func (t *trial) gentle(g gentle) {
	var has, idle, p50, p95, again []float64
	for i := range t.lab.runs {
		t.in(fmt.Sprintf("run %d", i+1), true, false, func(w *world) {
			before := readHostTime()
			m := w.gentle(g)
			m.stolen = readHostTime().stolenSince(before)
			fmt.Fprintf(os.Stderr, "%s run %d: %s\n", t.name, i+1, strings.Replace(m.String(), "own upload", "own download", 1))
			has, idle, p50, p95 = append(has, m.has), append(idle, m.idle), append(p50, ms(m.p50)), append(p95, ms(m.p95))
			again = append(again, m.back())
		})
	}
	if len(has) == 0 {
		return
	}
	t.shows(g.rude || median(has) >= 0.8, g.String()+": own download", "≥ 80 % of alone", "%.1f %%", 100*median(has))
	t.shows(true, g.String()+": added delay", "", "%.1f ms, p95 %.1f ms", median(p50), median(p95))
	t.shows(g.rude || median(idle) >= 0.8, g.String()+": idle line used", "≥ 80 %", "%.1f %%", 100*median(idle))
	t.shows(true, g.String()+": line back", "", "%.1f s", median(again))
}

// gentle runs g once.
func (w *world) gentle(g gentle) (m lineUse) {
	l := w.open(1)
	defer l.clear()
	server := l.direct("server")
	home := l.home(0, []string{"taker", "user"}, 10, 0, "")
	l.operators[0].modem(fmt.Sprintf("h%d", l.homes[0]), gentleMbit)
	taker, user := home.in[0], home.in[1]
	source, _ := server.part("source")
	server.part("sink")
	probe, _ := user.part("probe", server.ip4)
	w.pause(2 * time.Second)
	rest := probe.delays(probe.began)
	m.could = user.download(server, source, gentleOwn/2)

	taker.set("network.gentle=" + map[bool]string{true: "off", false: "on"}[g.rude])
	var grove *proc
	if g.peers {
		giver := l.direct("giver")
		share := giver.share(giver.file("video.bin", 256*mib))
		grove = taker.get(share.link)
	} else {
		file := server.file("video.bin", 256*mib)
		_, link := server.published(file, server.origin(server.dir))
		grove = taker.get(link)
	}
	w.pause(settling)
	came := func() int64 { return grove.traffic("eth0").in }
	from, before := time.Now(), came()
	w.pause(gentleAlone)
	given := float64(came()-before) / time.Since(from).Seconds()
	m.idle = given / (gentleMbit * 1e6 / 8)
	added := probe.delays(from)
	base := rest[len(rest)/2]
	m.p50, m.p95 = added[len(added)/2]-base, added[len(added)*95/100]-base
	m.has = user.download(server, source, gentleOwn) / m.could
	m.again = reaches(came, 0.9*given, 10*time.Second)
	return m
}

// download has c take what source at from sends, for d, and returns the bytes a
// second that came.
func (c *computer) download(from *computer, source *proc, d time.Duration) float64 {
	pull, _ := c.part("pull", from.ip4, d.String())
	if code := pull.exit(d + 30*time.Second); code != 0 {
		c.w.failf("the download of %s ended with %d: %s", c.short, code, pull.tail(1))
	}
	var n int64
	for _, l := range pull.matching("got ") {
		fmt.Sscanf(l.text, "got %d", &n)
	}
	return float64(n) / d.Seconds()
}

// playSource sends to whoever connects, as much as he takes.
func playSource(ctx context.Context, _ []string) error {
	l, err := net.Listen("tcp4", fmt.Sprintf(":%d", sourcePort))
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = l.Close() })()
	fmt.Println("ready")
	b := make([]byte, 64<<10)
	for {
		c, err := l.Accept()
		if err != nil {
			return nil
		}
		go func() { // ends with the connection, or with the process
			defer c.Close()
			for ctx.Err() == nil {
				if _, err := c.Write(b); err != nil {
					return
				}
			}
		}()
	}
}

// playPull takes from the source at args[0] for args[1], and says how much came.
func playPull(ctx context.Context, args []string) error {
	d, err := time.ParseDuration(args[1])
	if err != nil {
		return err
	}
	c, err := net.Dial("tcp4", net.JoinHostPort(args[0], fmt.Sprint(sourcePort)))
	if err != nil {
		return err
	}
	defer c.Close()
	fmt.Println("ready")
	_ = c.SetDeadline(time.Now().Add(d))
	n, _ := io.Copy(io.Discard, c) // until then
	fmt.Println("got", n)
	return c.(*net.TCPConn).SetLinger(0)
}
