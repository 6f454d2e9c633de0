package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"grove/app/pack"
)

// Groves in the computers of a world.

// data is c's data folder.
func (c *computer) data() string { return filepath.Join(c.dir, "data") }

// at is a path in c's folder.
func (c *computer) path(parts ...string) string {
	return filepath.Join(append([]string{c.dir}, parts...)...)
}

// file makes a file of random bytes.
func (c *computer) file(name string, size int64) string {
	path := c.path(name)
	c.w.must(os.MkdirAll(filepath.Dir(path), 0o755))
	f, err := os.Create(path)
	c.w.must(err)
	_, err = io.CopyN(f, rand.NewChaCha8(sha256.Sum256([]byte(path+c.name))), size)
	c.w.must(err)
	c.w.must(f.Close())
	return path
}

// same reports whether two files have the same bytes.
func (w *world) same(a, b string) bool { return w.sum(a) == w.sum(b) }

func (w *world) sum(path string) (sum [32]byte) {
	f, err := os.Open(path)
	w.must(err)
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	w.must(err)
	return [32]byte(h.Sum(nil))
}

// run runs a grove command to its end and returns what it printed last.
func (c *computer) run(args ...string) string {
	p := c.start(c.w.lab.grove, append(args, "--data", c.data())...)
	if code := p.exit(time.Minute); code != 0 {
		c.w.failf("grove %s at %s: exit %d: %s", strings.Join(args, " "), c.short, code, p.tail(3))
	}
	return p.tail(1)
}

// set changes settings, NAME=VALUE.
func (c *computer) set(pairs ...string) { c.run(append([]string{"config", "set"}, pairs...)...) }

// grove starts a grove command with the network's log.
func (c *computer) grove(args ...string) *proc {
	return c.start(c.w.lab.grove, append(args, "--data", c.data(), "-vv")...)
}

// shared is a share at work.
type shared struct {
	*proc
	file string
	link string
	told []string // addresses that it tells others
}

// share shares file until it is stopped.
func (c *computer) share(file string, args ...string) *shared {
	p := c.grove(append([]string{"share", file, "--json"}, args...)...)
	l, err := p.said(45*time.Second, "sharing")
	c.w.must(err)
	return &shared{p, file, l.event.Link, l.event.Addrs}
}

// get downloads into c's folder "in".
func (c *computer) get(what string, args ...string) *proc {
	return c.grove(append([]string{"get", what, "-d", c.path("in"), "--yes", "--json"}, args...)...)
}

// arrived waits for a download: how long until somebody who has it was met,
// how long until everything was here, and what the program counted.
func (c *computer) arrived(p *proc, file string, limit time.Duration) (met, all time.Duration, end event) {
	return c.arrivedAs(p, file, filepath.Base(file), limit)
}

func (c *computer) arrivedAs(p *proc, file, name string, limit time.Duration) (met, all time.Duration, end event) {
	here, err := p.await(limit, func(l line) bool { return strings.HasSuffix(l.text, ": is here") || l.event.Event == "complete" })
	c.w.must(err)
	done, err := p.said(limit, "complete")
	c.w.must(err)
	if !c.w.same(file, c.path("in", name)) {
		c.w.failf("%s: what arrived is not what was shared", p.name)
	}
	return here.at.Sub(p.began), done.at.Sub(p.began), done.event
}

// server is a grove serve at work.
type server struct {
	*proc
	c    *computer
	id   string
	url  string
	addr string // multiaddr over TCP, with its ID
}

var peerID = regexp.MustCompile(`peer=(\S+)`)

const serverPort = "4001"

// serve starts a server with the roles.
func (c *computer) serve(roles string, args ...string) *server {
	s := &server{c: c, url: "http://" + c.host() + ":8080/"}
	flags := []string{"serve", "--roles", roles, "--url", s.url, "--http", ":8080", "--metrics", "off", "--log-level", "debug"}
	for _, at := range []struct {
		on bool
		ip string
	}{{c.w.v4, "/ip4/0.0.0.0"}, {c.w.v6, "/ip6/::"}} {
		if at.on {
			flags = append(flags, "--listen", at.ip+"/tcp/"+serverPort, "--listen", at.ip+"/udp/"+serverPort+"/quic-v1")
		}
	}
	s.proc = c.start(c.w.lab.grove, append(append(flags, args...), "--data", c.data())...)
	l, err := s.await(30*time.Second, func(l line) bool { return strings.Contains(l.text, "msg=started") })
	c.w.must(err)
	m := peerID.FindStringSubmatch(l.text)
	if m == nil {
		c.w.failf("%s says no peer ID: %s", s.name, l.text)
	}
	s.id = m[1]
	s.addr = c.multiaddr() + "/tcp/" + serverPort + "/p2p/" + s.id
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	c.w.servers = append(c.w.servers, s)
	return s
}

// multiaddr is c's address, as multiaddrs begin.
func (c *computer) multiaddr() string {
	if c.ip4 != "" {
		return "/ip4/" + c.ip4
	}
	return "/ip6/" + c.ip6
}

const tablePrefix = "/grove-lab"

// serveTable starts a server that is the first of a hash table of its own.
func (c *computer) serveTable(roles string) *server {
	return c.serve(roles, "--dht-prefix", tablePrefix)
}

// table has c use the hash table that s is of.
func (c *computer) table(s *server) {
	c.set("network.dht.prefix="+tablePrefix, "network.dht.bootstrap="+s.addr)
}

// bare is link without addresses: only the hash and the publisher.
func (w *world) bare(link string) string {
	l, err := pack.ParseLink(link)
	w.must(err)
	l.Peers, l.Manifests = nil, nil
	return l.String()
}

// published signs file for origin and returns the .grove file and the link. The publisher's key lies at c.
func (c *computer) published(file, origin string, args ...string) (grove, link string) {
	if _, err := os.Stat(c.path("data", "keys")); err != nil {
		c.run("keys", "new", "--no-passphrase")
	}
	c.run(append([]string{"publish", file, "--origin", origin, "--out", filepath.Dir(file), "--link-out", c.path("link"), "--overwrite"}, args...)...)
	found, err := filepath.Glob(filepath.Join(filepath.Dir(file), "*.grove"))
	c.w.must(err)
	if len(found) != 1 {
		c.w.failf("publish left %d .grove files", len(found))
	}
	b, err := os.ReadFile(c.path("link"))
	c.w.must(err)
	return found[0], strings.TrimSpace(string(b))
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

func kib(n int64) string { return fmt.Sprintf("%.0f KiB", float64(n)/1024) }
