package main

import (
	"crypto/sha256"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"
)

// One run of a crowd.

// engine is a program that a crowd downloads with.
type engine interface {
	name() string
	// publish offers file, which lies at url, and returns what starts a
	// client's download.
	publish(l *lines, c swarm, file, url string) fetch
	// complete reports whether a client says so.
	complete(line) bool
}

// fetch starts a download into the folder "in" of a client. One that does not
// give gives nothing to others.
type fetch func(client *computer, gives bool) *proc

// crowd runs c once. The number of the run decides what is left to chance.
func (w *world) crowd(c swarm, e engine, run uint64) outcome {
	l := w.build(c, run)
	defer l.clear()
	video, want, err := w.lab.video(c.size)
	w.must(err)
	file := l.origin.path("www", "video.bin")
	w.must(os.MkdirAll(filepath.Dir(file), 0o755))
	w.must(os.Link(video, file))
	web := l.origin.nginx(filepath.Dir(file))
	get := e.publish(l, c, file, "http://"+l.origin.host()+"/"+filepath.Base(file))
	w.pause(time.Second) // what was started comes to rest

	before := l.counts()
	died := l.dies(c, web)
	seconds, memory := make([]float64, c.clients), make([]int64, c.clients)
	over := make(chan struct{})
	var clients, watchers sync.WaitGroup
	first := time.Now()
	for i, client := range l.clients {
		w.pause(time.Until(first.Add(c.arrives(i))))
		p := get(client, c.gives(i))
		watchers.Go(func() { memory[i] = p.mostMemory(over) })
		clients.Go(func() {
			seconds[i] = p.right(e.complete, client.path("in", filepath.Base(file)), want)
			if c.spread > 0 {
				p.stop()
			}
		})
	}
	clients.Wait()
	after := l.counts()
	close(over)
	watchers.Wait()
	w.must(w.ctx.Err())
	w.must(died())
	c.checkTakers(w, before, after)
	return c.outcome(before, after, seconds, memory)
}

// outcome is what came of a run. seconds has 0 for a client that did not get
// the file.
func (c swarm) outcome(before, after counts, seconds []float64, memory []int64) outcome {
	o := outcome{of: c.clients, bound: c.bound().Seconds(), memory: float64(slices.Max(memory)) / mib}
	for _, s := range seconds {
		if s > 0 {
			o.seconds = append(o.seconds, s)
		}
	}
	size := float64(c.size)
	delivered := size * float64(len(o.seconds))
	o.copies = float64(after.origin-before.origin) / size
	o.crossed = float64(after.crossed-before.crossed) / size
	if people := after.people - before.people; people > 0 {
		o.inside = 100 * (1 - float64(after.strayed-before.strayed)/float64(people))
	}
	o.entered = float64(after.entered-before.entered) / size
	if o.relayed, o.cpu = math.Inf(1), math.Inf(1); delivered > 0 {
		o.relayed = 100 * float64(after.server-before.server) / delivered
		o.cpu = (after.work - before.work).Seconds() / (delivered / 1e9)
	}
	if all := after.host.all - before.host.all; all > 0 {
		o.idle = float64(after.host.idle-before.host.idle) / float64(all)
		o.stolen = after.host.stolenSince(before.host)
	}
	return o
}

// checkTakers ends the run if a client gave that should not: what it sent is
// more than requests and acknowledgements.
func (c swarm) checkTakers(w *world, before, after counts) {
	for i := range c.clients {
		if sent := after.sent[i] - before.sent[i]; !c.gives(i) && sent > c.size/10 {
			w.failf("client %d gives nothing and sent %d MiB", i+1, sent/mib)
		}
	}
}

// right is the seconds until p said that it is complete, and 0 if it did not
// or what lies at path then is not what was wanted.
func (p *proc) right(complete func(line) bool, path string, want [sha256.Size]byte) float64 {
	l, err := p.await(clientLimit, complete)
	if err == nil {
		var sum [sha256.Size]byte
		if sum, err = fileSum(path); err == nil && sum != want {
			err = fmt.Errorf("%s is not what was published", path)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, short(err.Error()))
		return 0
	}
	return l.at.Sub(p.began).Seconds()
}

// clear ends the programs of a run and frees the memory that its files take.
func (l *lines) clear() {
	for _, p := range slices.Backward(l.procs) {
		p.kill()
	}
	if err := os.RemoveAll(l.ram); err != nil {
		fmt.Fprintln(os.Stderr, "lab:", err)
	}
}

// dies watches the origin, and ends it when its time has come. What it returns
// ends the watching and says whether the origin could be ended. A crowd that
// asks for less never sees it end.
func (l *lines) dies(c swarm, web *proc) (ended func() error) {
	if c.death == "" {
		return func() error { return nil }
	}
	limit := web.traffic("eth0").out + int64(deadAfter*float64(c.size))
	over, done := make(chan struct{}), make(chan error, 1)
	go func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for web.traffic("eth0").out < limit {
			select {
			case <-over:
				done <- nil
				return
			case <-web.ended:
				done <- fmt.Errorf("the origin ended by itself: %s", web.tail(3))
				return
			case <-tick.C: // interface counters have no event
			}
		}
		if c.death == hole {
			done <- l.origin.vanish()
			return
		}
		done <- syscall.Kill(-web.cmd.Process.Pid, syscall.SIGKILL)
	}()
	return func() error { close(over); return <-done }
}

// counts is what is read at the start and at the end of a run.
type counts struct {
	origin, server   int64   // bytes that left their computers
	entered, crossed int64   // bytes into the household; over the link of two operators, both ways
	people, strayed  int64   // bytes that clients sent each other; of these, over that link
	sent             []int64 // bytes that left each client
	work             time.Duration
	host             hostTime
}

func (l *lines) counts() counts {
	n := counts{origin: l.origin.traffic("eth0").out, server: l.server.traffic("eth0").out, work: l.work(), host: readHostTime()}
	if l.household != nil {
		n.entered = l.household.traffic("wan").in
	}
	if len(l.operators) > 1 {
		t := l.operators[0].traffic("transit")
		n.crossed = t.in + t.out
		n.people, n.strayed = l.people()
	}
	for _, c := range l.clients {
		n.sent = append(n.sent, c.traffic("eth0").out)
	}
	return n
}

// nginx serves folder at c as a publisher's web server does, in one process,
// which ends with the lab.
func (c *computer) nginx(folder string) *proc {
	path, err := exec.LookPath("nginx")
	if err != nil {
		c.w.failf("nginx is needed: %v", err)
	}
	conf, pid := c.path("nginx.conf"), c.path("nginx.pid")
	c.w.must(os.WriteFile(conf, fmt.Appendf(nil, nginxConf, c.dir, folder), 0o644))
	p := c.start(path, "-p", c.dir, "-c", conf)
	for range 250 { // it says nothing when it listens; then it writes its number
		if b, _ := os.ReadFile(pid); len(b) > 0 {
			return p
		}
		c.w.pause(20 * time.Millisecond)
	}
	c.w.failf("nginx did not begin: %s", p.tail(3))
	return nil
}

const nginxConf = `daemon off;
master_process off;
pid %[1]s/nginx.pid;
error_log stderr;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path %[1]s/body;
  proxy_temp_path %[1]s/proxy;
  fastcgi_temp_path %[1]s/fastcgi;
  uwsgi_temp_path %[1]s/uwsgi;
  scgi_temp_path %[1]s/scgi;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 100000;
  server {
    listen 80;
    root %[2]s;
  }
}
`
