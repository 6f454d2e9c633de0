package main

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// quitting is one way in which a Grove that gives is told to end.
type quitting struct {
	n    int
	udp  bool   // it gives over QUIC, else over TCP
	how  string // who tells it, and how often
	they string // what the second of its takers does
}

const (
	quitTrials = 100
	quitLanes  = 4 // at a time

	byInterrupt = "SIGINT"
	byTerm      = "SIGTERM"
	twice       = "SIGINT twice" // the second ends the process on the spot

	theyStay   = "stay"
	theySlow   = "take slowly"
	theyVanish = "vanish without a word"
	allVanish  = "and everybody vanish" // the giver's line is dead
)

// quittings are all trials: both transports, each way to end, each kind of
// taker, in every combination.
func quittings(n int) (all []quitting) {
	for i := range n {
		all = append(all, quitting{n: i, udp: i%2 == 1, how: []string{byInterrupt, byTerm, twice}[i/2%3], they: []string{theyStay, theySlow, theyVanish, allVanish}[i/6%4]})
	}
	return all
}

// quitRules count what leaves a computer, by who may have sent it: neither what
// IPv6 needs to know its neighbours nor the system's own answers to those who
// knock at a port that nobody listens at any more is the program's.
const quitRules = `table inet lab {
 counter sent_tcp { }
 counter sent_udp { }
 counter sent_mdns { }
 counter sent_other { }
 counter neighbour { }
 counter answer { }
 chain o { type filter hook output priority 300; oifname "lo" return;
  icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert, mld-listener-report, mld2-listener-report } counter name neighbour return
  meta l4proto igmp counter name neighbour return
  icmp type destination-unreachable counter name answer return
  icmpv6 type destination-unreachable counter name answer return
  tcp flags & rst == rst counter name answer return
  udp dport 5353 counter name sent_mdns return
  meta l4proto tcp counter name sent_tcp return
  meta l4proto udp counter name sent_udp return
  counter name sent_other
 }
}
`

// lane is a giver with its takers. One trial at a time is run in it.
type lane struct {
	w     *world
	giver *computer
	file  string
	grove string // of the file
	takes []*computer
}

// quitted is what came of a trial.
type quitted struct {
	quitting
	took   time.Duration // from the signal to the end of the process
	sent   int64         // packets of the program, from one second after the signal on
	answer int64         // of the system
	left   string        // what it left behind, "" is nothing
}

// quit: whatever a Grove is doing when it is told to end, a second later nothing
// of it leaves any more, and nothing of it is left.
func quit(t *trial) {
	t.in("quit", true, true, func(w *world) {
		done := w.quitAll(w.lanes(quitLanes, 2, 20), quittings(quitTrials))
		for _, udp := range []bool{false, true} {
			t.showQuit(slices.DeleteFunc(slices.Clone(done), func(q quitted) bool { return q.udp != udp }), transportName(udp), len(quittings(quitTrials))/2)
		}
	})
	t.in("eight", true, true, func(w *world) {
		l := w.lanes(1, 8, 50)
		done := w.quitAll(l, slices.DeleteFunc(quittings(24), func(q quitting) bool { return q.how != byInterrupt }))
		for _, udp := range []bool{false, true} {
			var took []string
			ok := true
			for _, q := range done {
				if q.udp == udp {
					took = append(took, fmt.Sprintf("%s %s", q.they, seconds(q.took)))
					ok = ok && q.took < time.Second && q.sent == 0
				}
			}
			t.shows(ok && len(took) == 4, "it ends while it gives to 8, over "+transportName(udp), "< 1 s", "%s", strings.Join(took, ", "))
		}
	})
}

func transportName(udp bool) string {
	if udp {
		return "QUIC"
	}
	return "TCP"
}

func (t *trial) showQuit(done []quitted, name string, want int) {
	var sent, answers int64
	var took []time.Duration
	var bad []string
	for _, q := range done {
		sent += q.sent
		answers += q.answer
		took = append(took, q.took)
		if q.sent > 0 || q.left != "" || q.took >= time.Second {
			bad = append(bad, fmt.Sprintf("%d (%s, takers %s): %d packets, %s, %s", q.n, q.how, q.they, q.sent, seconds(q.took), q.left))
		}
	}
	slices.Sort(took)
	if len(took) == 0 {
		took = append(took, 0)
	}
	text := fmt.Sprintf("%d sent; answers of the system to others' attempts: %d; ended after %s, at most %s",
		sent, answers, seconds(took[len(took)/2]), seconds(took[len(took)-1]))
	if len(bad) > 0 {
		text += "; " + strings.Join(bad, "; ")
	}
	t.shows(len(bad) == 0 && len(done) == want, fmt.Sprintf("packets sent from one second after the signal on, giving over %s, %d trials", name, len(done)),
		"0 in 3 s; nothing left", "%s", text)
}

// lanes makes n givers with as many takers each, and one server for all: a
// tracker and a hash table that know the givers. mbit is what a giver sends.
func (w *world) lanes(n, takers int, mbit float64) (all []*lane) {
	server := w.outside("server", 0).serveTable("tracker,relay,dht")
	for i := range n {
		l := &lane{w: w, giver: w.outside(fmt.Sprintf("g%d", i+1), mbit)}
		for j := range takers {
			c := w.outside(fmt.Sprintf("t%d-%d", i+1, j+1), 0)
			c.finders = "none" // so that it meets the giver at the address it is given alone
			l.takes = append(l.takes, c)
		}
		l.giver.table(server)
		l.giver.set("network.relays=" + server.addr)
		l.file = l.giver.file("film.mp4", 64*mib)
		l.grove, _ = l.giver.published(l.file, "http://"+server.c.host()+":9999/", "--tracker", server.url)
		l.giver.nft(quitRules)
		all = append(all, l)
	}
	return all
}

// quitAll runs trials in lanes, side by side. A trial that could not be run is a
// fault of the world.
func (w *world) quitAll(lanes []*lane, trials []quitting) (done []quitted) {
	next := make(chan quitting, len(trials))
	for _, q := range trials {
		next <- q
	}
	close(next)
	var mu sync.Mutex
	var broken error
	var group sync.WaitGroup
	for _, l := range lanes {
		group.Go(func() {
			defer func() {
				switch p := recover().(type) {
				case nil:
				case fault:
					mu.Lock()
					broken = errors.Join(broken, p.error)
					mu.Unlock()
				default:
					panic(p)
				}
			}()
			for q := range next {
				d := l.quit(q)
				mu.Lock()
				done = append(done, d)
				mu.Unlock()
			}
		})
	}
	group.Wait()
	w.must(broken)
	slices.SortFunc(done, func(a, b quitted) int { return a.n - b.n })
	return done
}

// quit runs one trial.
func (l *lane) quit(q quitting) quitted {
	rng := rand.New(rand.NewPCG(uint64(q.n), 6))
	g := l.giver
	at := map[bool]string{false: "/tcp/4001", true: "/udp/4001/quic-v1"}[q.udp]
	share := g.share(l.file, "--package", l.grove, "--listen", "/ip4/0.0.0.0"+at)
	before := g.counters()
	id := share.told[0][strings.LastIndexByte(share.told[0], '/')+1:]
	takers := l.takers(q, l.w.bare(share.link), g.multiaddr()+at+"/p2p/"+id)
	_, err := share.await(soon, func(x line) bool {
		return x.event.Event == "progress" && x.event.People >= len(l.takes) && x.event.Bytes.Given > 0
	})
	l.w.must(err)
	l.w.pause(time.Duration(rng.Int64N(int64(time.Second))))
	switch q.they {
	case theyVanish:
		defer l.takes[1].cut()()
	case allVanish:
		defer g.cut()()
	}
	l.w.pause(time.Duration(rng.Int64N(int64(300 * time.Millisecond))))
	l.transport(q, before)

	told := time.Now()
	signal := os.Interrupt
	if q.how == byTerm {
		signal = syscall.SIGTERM
	}
	l.w.must(share.cmd.Process.Signal(signal))
	if q.how == twice {
		l.w.pause(time.Duration(rng.Int64N(int64(50 * time.Millisecond))))
		_ = share.cmd.Process.Signal(signal) // it may have ended
	}
	d := quitted{quitting: q}
	l.w.pause(time.Until(told.Add(950 * time.Millisecond))) // reading takes a moment
	early := g.counters()
	l.w.pause(time.Until(told.Add(4200 * time.Millisecond)))
	late := g.counters()
	d.answer = late["answer"].Packets - early["answer"].Packets
	for _, name := range []string{"sent_tcp", "sent_udp", "sent_mdns", "sent_other"} {
		d.sent += late[name].Packets - early[name].Packets
	}
	select {
	case <-share.ended:
		d.took = share.end.Sub(told)
	default:
		d.took = time.Since(told)
		_ = share.cmd.Process.Signal(syscall.SIGQUIT) // its log says where it hangs
		share.exit(time.Second)
		share.kill()
	}
	d.left = l.left(q)
	for i, p := range takers {
		p.kill()
		l.takes[i].nft("delete table inet only\n")
	}
	return d
}

// onlyRules keep a taker to one transport.
const onlyRules = `table inet only {
 chain i { type filter hook input priority -400; iifname "lo" accept; meta l4proto %[1]s drop; }
 chain o { type filter hook output priority -400; oifname "lo" accept; meta l4proto %[1]s drop; }
}
`

// cutRules: from one moment on nothing passes from or to a computer, and nobody
// is told.
const cutRules = `table inet cut_%[1]s {
 chain f { type filter hook forward priority -400; ip saddr %[2]s drop; ip daddr %[2]s drop; ip6 saddr %[3]s drop; ip6 daddr %[3]s drop; }
}
`

// cut cuts a computer with both kinds of address off, until mend is called.
func (c *computer) cut() (mend func()) {
	name := strings.ReplaceAll(c.short, "-", "_")
	c.w.core.nft(fmt.Sprintf(cutRules, name, c.ip4, c.ip6))
	return func() { c.w.core.nft("delete table inet cut_" + name + "\n") }
}

// takers start to download, each in a folder of this trial.
func (l *lane) takers(q quitting, link, giver string) (all []*proc) {
	for i, c := range l.takes {
		home := c.dir
		c.dir = filepath.Join(home, fmt.Sprint(q.n))
		l.w.must(os.MkdirAll(c.dir, 0o755))
		c.nft(fmt.Sprintf(onlyRules, map[bool]string{false: "udp", true: "tcp"}[q.udp]))
		args := []string{"--peers-only", "--peer", giver, "--patience", "0"} // it goes on knocking
		if i == 1 && q.they == theySlow {
			args = append(args, "--limit", "100K")
		}
		all = append(all, c.get(link, args...))
		c.dir = home
	}
	return all
}

// transport is a fault where content went another way than it should.
func (l *lane) transport(q quitting, before map[string]count) {
	now := l.giver.counters()
	tcp, udp := now["sent_tcp"].Bytes-before["sent_tcp"].Bytes, now["sent_udp"].Bytes-before["sent_udp"].Bytes
	if q.udp {
		tcp, udp = udp, tcp
	}
	if tcp < 256<<10 || udp > tcp/4 {
		l.w.failf("trial %d gave over another transport than %s: %d bytes, %d on the other", q.n, transportName(q.udp), tcp, udp)
	}
}

// left is what the program left behind: processes, its socket where it ended in
// order, or something that starts it again.
func (l *lane) left(q quitting) string {
	var all []string
	out, err := exec.CommandContext(l.w.ctx, "ip", "netns", "pids", l.giver.name).Output()
	l.w.must(err)
	if pids := strings.Fields(string(out)); len(pids) > 0 {
		all = append(all, fmt.Sprintf("%d processes", len(pids)))
	}
	if _, err := os.Lstat(filepath.Join(l.giver.data(), "grove.sock")); err == nil && q.how != twice {
		all = append(all, "its socket")
	}
	l.w.must(filepath.WalkDir(l.giver.dir, func(path string, d fs.DirEntry, err error) error {
		if name := d.Name(); err == nil && (strings.Contains(name, "autostart") || strings.Contains(name, "systemd") || strings.HasSuffix(name, ".desktop")) {
			all = append(all, path)
		}
		return err
	}))
	return strings.Join(all, ", ")
}
