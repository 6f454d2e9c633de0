package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"grove/app"
	"grove/app/apptest"

	"grove/cmd/internal/local"
)

// island is a computer with two lines, bound0 and other0, to the same town,
// where everything is reached by either. Its routes prefer other0.
type island struct {
	t          *testing.T
	here, town string // names of the namespaces
}

const townIP = "10.93.0.1"

var islands atomic.Int32

func newIsland(t *testing.T) *island {
	t.Helper()
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("the ip program is not installed")
	}
	t.Parallel()
	n := islands.Add(1)
	i := &island{t: t, here: fmt.Sprintf("gbind-h%d-%d", n, os.Getpid()), town: fmt.Sprintf("gbind-t%d-%d", n, os.Getpid())}
	for _, name := range []string{i.here, i.town} {
		if err := ip("netns add " + name); err != nil {
			t.Skip(err)
		}
		t.Cleanup(func() {
			if err := ip("netns del " + name); err != nil {
				t.Error(err)
			}
		})
		// Addresses of their own would say hello by themselves.
		i.in(name, func() error {
			return os.WriteFile("/proc/sys/net/ipv6/conf/default/disable_ipv6", []byte("1"), 0)
		})
	}
	i.ip(i.here+" link set lo up", i.town+" link set lo up", i.town+" addr add "+townIP+"/32 dev lo",
		i.town+" link add other1 type veth peer name other0 netns "+i.here,
		i.town+" addr add 10.92.0.1/24 dev other1", i.town+" link set other1 up",
		i.here+" addr add 10.92.0.2/24 dev other0", i.here+" link set other0 up",
		i.here+" route add default via 10.92.0.1")
	return i
}

// connect makes bound0 with an address.
func (i *island) connect(address string) {
	i.t.Helper()
	i.ip(i.town+" link add bound1 type veth peer name bound0 netns "+i.here,
		i.town+" addr add 10.91.0.1/24 dev bound1", i.town+" link set bound1 up",
		i.here+" addr add "+address+"/24 dev bound0", i.here+" link set bound0 up",
		i.here+" route add 10.93.0.0/24 via 10.91.0.1 metric 100")
}

func ip(line string) error {
	out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", line, err, out)
	}
	return nil
}

func (i *island) ip(lines ...string) {
	i.t.Helper()
	for _, line := range lines {
		if err := ip("-n " + line); err != nil {
			i.t.Fatal(err)
		}
	}
}

// in runs f on a thread that is in a network.
func (i *island) in(network string, f func() error) {
	i.t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with its network
		file, err := os.Open("/var/run/netns/" + network)
		if err == nil {
			defer file.Close()
			err = unix.Setns(int(file.Fd()), unix.CLONE_NEWNET)
		}
		if err == nil {
			err = f()
		}
		done <- err
	}()
	if err := <-done; err != nil {
		i.t.Fatal(err)
	}
}

// run starts grove in a network.
func (i *island) run(network string, args ...string) *process {
	i.t.Helper()
	p := &process{exec.Command("ip", append([]string{"netns", "exec", network, os.Args[0]}, args...)...), newWatched(), newWatched()}
	p.cmd.Env = append(os.Environ(), asGrove+"=1", "GROVE_FINDERS=lan")
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.errs
	if err := p.cmd.Start(); err != nil {
		i.t.Fatal(err)
	}
	i.t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it may have ended
		_ = p.cmd.Wait()
	})
	return p
}

// web serves a folder over HTTP in the town.
func (i *island) web(folder string) (url string) {
	i.t.Helper()
	var l net.Listener
	i.in(i.town, func() (err error) {
		l, err = net.Listen("tcp", townIP+":0")
		return err
	})
	s := &http.Server{Handler: http.FileServer(http.Dir(folder))}
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Serve(l) }() // until it is closed
	i.t.Cleanup(func() { s.Close(); <-done })
	return "http://" + l.Addr().String() + "/"
}

// left is how many packets left by other0.
func (i *island) left() (n int) {
	i.t.Helper()
	i.in(i.here, func() error {
		b, err := os.ReadFile("/proc/thread-self/net/dev")
		for line := range strings.Lines(string(b)) {
			name, counts, _ := strings.Cut(strings.TrimSpace(line), ":")
			if f := strings.Fields(counts); name == "other0" && len(f) > 9 {
				n, err = strconv.Atoi(f[9])
			}
		}
		return err
	})
	return n
}

// newest is the last thing that p said of its transfer.
func newest(p *process) (j local.Transfer) {
	lines := strings.Split(strings.TrimSpace(p.out.String()), "\n")
	_ = json.Unmarshal([]byte(lines[len(lines)-1]), &j) // a line that is half written is no news
	return j
}

// awaitNews waits until what p says fits.
func awaitNews(t *testing.T, p *process, within time.Duration, what string, fits func(local.Transfer) bool) local.Transfer {
	t.Helper()
	for end := time.Now().Add(within); ; time.Sleep(50 * time.Millisecond) {
		j := newest(p)
		if fits(j) {
			return j
		}
		if time.Now().After(end) {
			t.Fatalf("not within %s: %s\n%s%s", within, what, p.out, p.errs)
		}
	}
}

// TestBoundInterfaceGoesAndComes: a download from a person and a server, over
// one of two lines. Nothing ever leaves by the other: not while the line works,
// which is not the one that the routes prefer, not when it is down, not when it
// is gone. It is named within ten seconds, and when it is back, with another
// address, everything goes on.
func TestBoundInterfaceGoesAndComes(t *testing.T) {
	i := newIsland(t)
	i.connect("10.91.0.2")
	made := apptest.Package(t, film(64*mib))
	files := t.TempDir()
	side := made.WriteSide(t, files)
	content := filepath.Join(files, "film.bin")
	if err := os.WriteFile(content, made.Content[0], 0o644); err != nil {
		t.Fatal(err)
	}
	origin := i.web(files)
	seed := i.run(i.town, "share", "--data", t.TempDir(), "--listen", "/ip4/"+townIP+"/tcp/4001", "--listen", "/ip4/"+townIP+"/udp/4001/quic-v1",
		"--package", side, "--json", content)
	seed.out.await(t, `"link":`)
	var shared sharedJSON
	for line := range strings.Lines(seed.out.String()) {
		if json.Unmarshal([]byte(line), &shared) == nil && shared.Link != "" {
			break
		}
	}
	if len(shared.Addrs) == 0 {
		t.Fatalf("the seed has no address:\n%s", seed.out)
	}

	data, dir := t.TempDir(), t.TempDir()
	groveAt(data, "config", "set", "network.bind", "bound0").want(t, 0)
	args := []string{"get", side, "--data", data, "-d", dir, "--yes", "--json", "--limit", "2M", "--patience", "5m", "--origin", origin}
	for _, a := range shared.Addrs {
		args = append(args, "--peer", a)
	}
	get := i.run(i.here, args...)
	both := func(than app.Counts) func(local.Transfer) bool {
		return func(j local.Transfer) bool {
			return j.Bytes.Peers > than.Peers && j.Bytes.Origin > than.Origin
		}
	}
	stays := func(when string, before local.Transfer) {
		t.Helper()
		time.Sleep(5 * time.Second) // nothing is to happen
		if j := newest(get); j.Have > before.Have || i.left() > 0 {
			t.Fatalf("%s %d bytes came, and %d packets left by the other line", when, j.Have-before.Have, i.left())
		}
	}
	named := func(j local.Transfer) bool { return j.Problem != nil && j.Problem.Kind == app.NoInterface }
	now := awaitNews(t, get, 20*time.Second, "bytes from both", both(app.Counts{}))

	for _, c := range []struct{ when, go_, address string }{
		{"gone", "link del bound0", "10.91.0.7"},
		{"down", "link set bound0 down", ""},
	} {
		i.ip(i.here + " " + c.go_)
		now = awaitNews(t, get, 10*time.Second, c.when+": it has its name", named)
		if !strings.Contains(now.Problem.Text, "The network interface bound0 is not there.") || now.NotGiving != app.GivingCut {
			t.Errorf("%s: %+v, %q", c.when, now.Problem, now.NotGiving)
		}
		stays(c.when, now)
		if c.address != "" {
			i.connect(c.address)
		} else {
			i.ip(i.here+" link set bound0 up", i.here+" route add 10.93.0.0/24 via 10.91.0.1 metric 100")
		}
		now = awaitNews(t, get, 40*time.Second, c.when+" and back: bytes from both", both(now.Bytes))
	}
	if n := i.left(); n > 0 {
		t.Errorf("%d packets left by the other line", n)
	}
	if code := get.wait(); code != 0 {
		t.Fatalf("get ended with %d\n%s", code, get.errs)
	}
	wantFiles(t, made, filepath.Join(dir, "film.bin"))
	if n := i.left(); n > 0 {
		t.Errorf("%d packets left by the other line in the end", n)
	}
}

// seed shares the film in a network on port 4002 of all its addresses, and
// returns its peer ID when it does.
func (i *island) seed(network, data, side, content string) (id string) {
	i.t.Helper()
	p := i.run(network, "share", "--data", data, "--listen", "/ip4/0.0.0.0/tcp/4002", "--listen", "/ip4/0.0.0.0/udp/4002/quic-v1",
		"--package", side, "--json", content)
	p.out.await(i.t, `"link":`)
	for line := range strings.Lines(p.out.String()) {
		var s sharedJSON
		if json.Unmarshal([]byte(line), &s) == nil && len(s.Addrs) > 0 {
			_, id, _ = strings.Cut(s.Addrs[0], "/p2p/")
		}
	}
	return id
}

// TestBoundShareGoesAndComes: it is got from by the one line alone, over TCP
// and QUIC, and again when the line is back with another address.
func TestBoundShareGoesAndComes(t *testing.T) {
	i := newIsland(t)
	i.connect("10.91.0.2")
	made := apptest.Package(t, film(mib))
	files, data := t.TempDir(), t.TempDir()
	side := made.WriteSide(t, files)
	content := filepath.Join(files, "film.bin")
	if err := os.WriteFile(content, made.Content[0], 0o644); err != nil {
		t.Fatal(err)
	}
	groveAt(data, "config", "set", "network.bind", "bound0").want(t, 0)
	id := i.seed(i.here, data, side, content)
	get := func(address string) int {
		t.Helper()
		p := i.run(i.town, "get", side, "--data", t.TempDir(), "-d", t.TempDir(), "--yes", "--no-share", "--peers-only", "--patience", "3s", "--peer", address+"/p2p/"+id)
		return p.wait()
	}
	there := func(ip string) {
		t.Helper()
		// The others call from an address that the routes here lead to by the
		// other line.
		i.ip(i.town+" route change 10.91.0.0/24 dev bound1 src "+townIP, i.here+" route del 10.93.0.0/24")
		for _, at := range []string{"/ip4/" + ip + "/tcp/4002", "/ip4/" + ip + "/udp/4002/quic-v1"} {
			if code := get(at); code != 0 {
				t.Errorf("%s: %d", at, code)
			}
		}
		if n := i.left(); n > 0 {
			t.Errorf("%d packets left by the other line", n)
		}
	}
	there("10.91.0.2")
	i.ip(i.here + " link del bound0")
	time.Sleep(5 * time.Second) // nothing is to happen
	if n := i.left(); n > 0 {
		t.Errorf("%d packets left by the other line", n)
	}
	for _, back := range []func(){
		func() { i.connect("10.91.0.7") },
		func() { // the same one
			i.ip(i.here+" link set bound0 down", i.here+" link set bound0 up", i.here+" route add 10.93.0.0/24 via 10.91.0.1")
		},
		func() {
			i.ip(i.here + " link set bound0 down")
			time.Sleep(4 * time.Second) // two looks
			i.ip(i.here+" link set bound0 up", i.here+" route add 10.93.0.0/24 via 10.91.0.1")
		},
	} {
		back()
		time.Sleep(4 * time.Second)
		there("10.91.0.7")
	}
	i.ip(i.here + " link del bound0")
	if code := get("/ip4/10.92.0.2/tcp/4002"); code != 6 {
		t.Errorf("by the other line it ended with %d", code)
	}
}

// TestBoundInterfaceComesLater: who begins without it waits for it.
func TestBoundInterfaceComesLater(t *testing.T) {
	i := newIsland(t)
	made := apptest.Package(t, film(mib))
	files, data, dir := t.TempDir(), t.TempDir(), t.TempDir()
	side := made.WriteSide(t, files)
	content := filepath.Join(files, "film.bin")
	if err := os.WriteFile(content, made.Content[0], 0o644); err != nil {
		t.Fatal(err)
	}
	id := i.seed(i.town, t.TempDir(), side, content)
	groveAt(data, "config", "set", "network.bind", "bound0").want(t, 0)
	p := i.run(i.here, "get", side, "--data", data, "-d", dir, "--yes", "--json", "--peers-only", "--peer", "/ip4/"+townIP+"/tcp/4002/p2p/"+id)
	awaitNews(t, p, 10*time.Second, "it has its name", func(j local.Transfer) bool { return j.Problem != nil && j.Problem.Kind == app.NoInterface })
	i.connect("10.91.0.2")
	if code := p.wait(); code != 0 {
		t.Fatalf("it ended with %d\n%s", code, p.errs)
	}
	wantFiles(t, made, filepath.Join(dir, "film.bin"))
	if n := i.left(); n > 0 {
		t.Errorf("%d packets left by the other line", n)
	}
}
