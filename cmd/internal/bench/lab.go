package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// lab is a temporary folder, the programs in it, and what must be ended.
type lab struct {
	dir    string
	grove  string
	rounds int
	ends   []func()
}

func newLab(grove, dir string, rounds int) (*lab, error) {
	for _, p := range []string{"nginx", "curl", "openssl"} {
		if _, err := exec.LookPath(p); err != nil {
			return nil, fmt.Errorf("%s is needed: %w", p, err)
		}
	}
	grove, err := filepath.Abs(grove)
	if err != nil {
		return nil, err
	}
	dir, err = os.MkdirTemp(dir, "grove-bench-")
	if err != nil {
		return nil, err
	}
	// nginx workers of another user have to reach the files.
	if err := os.Chmod(dir, 0o755); err != nil {
		return nil, err
	}
	return &lab{dir: dir, grove: grove, rounds: rounds}, nil
}

// describe prints what the figures were taken on.
func (l *lab) describe() {
	model := "unknown processor"
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for _, line := range strings.Split(string(b), "\n") {
			if name, ok := strings.CutPrefix(line, "model name"); ok {
				model = strings.TrimSpace(strings.TrimLeft(name, "\t :"))
				break
			}
		}
	}
	load, _ := os.ReadFile("/proc/loadavg")
	fmt.Printf("%s, %d cores, %s, load %s, %d rounds\n", model, runtime.NumCPU(), runtime.Version(),
		strings.Fields(string(load) + " ?")[0], l.rounds)
}

func (l *lab) close() {
	l.end(0)
	os.RemoveAll(l.dir)
}

// end ends what was started after the first n.
func (l *lab) end(n int) {
	for i := len(l.ends) - 1; i >= n; i-- {
		l.ends[i]()
	}
	l.ends = l.ends[:n]
}

// cost is what one process, or several together, took.
type cost struct {
	wall time.Duration
	cpu  time.Duration
	rss  int64 // peak, KiB
}

func (c cost) plus(o cost) cost { return cost{c.wall + o.wall, c.cpu + o.cpu, max(c.rss, o.rss)} }

// do runs a command to its end and says what it took.
func (l *lab) do(ctx context.Context, name string, args ...string) (cost, string, error) {
	c := exec.CommandContext(ctx, name, args...)
	c.Env = append(os.Environ(), "GROVE_LOCAL_ONLY=1", "GROVE_AROUND=none")
	var out, errs strings.Builder
	c.Stdout, c.Stderr = &out, &errs
	begin := time.Now()
	if err := c.Run(); err != nil {
		return cost{}, "", fmt.Errorf("%s %s: %w: %s", filepath.Base(name), strings.Join(args, " "), err, errs.String())
	}
	wall := time.Since(begin)
	u := c.ProcessState.SysUsage().(*syscall.Rusage)
	return cost{wall, c.ProcessState.UserTime() + c.ProcessState.SystemTime(), u.Maxrss}, out.String(), nil
}

// daemon is a process that serves until the lab ends.
type daemon struct {
	pid  int
	out  *bufio.Reader
	kids bool // its workers do the work
}

func (l *lab) start(ctx context.Context, name string, args ...string) (*daemon, error) {
	c := exec.CommandContext(ctx, name, args...)
	c.Env = append(os.Environ(), "GROVE_LOCAL_ONLY=1", "GROVE_AROUND=none")
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = 5 * time.Second
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.Stderr = io.Discard
	if err := c.Start(); err != nil {
		return nil, err
	}
	l.ends = append(l.ends, func() {
		_ = c.Process.Signal(syscall.SIGTERM)
		_ = c.Wait()
	})
	return &daemon{pid: c.Process.Pid, out: bufio.NewReader(out)}, nil
}

// cpu is the processor time of the daemon and its workers so far.
func (d *daemon) cpu() time.Duration {
	total := procCPU(d.pid)
	if d.kids {
		for _, pid := range children(d.pid) {
			total += procCPU(pid)
		}
	}
	return total
}

// peak is its largest resident set so far, KiB.
func (d *daemon) peak() int64 {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.pid))
	for _, line := range strings.Split(string(b), "\n") {
		if v, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, _ := strconv.ParseInt(strings.Fields(v)[0], 10, 64)
			return n
		}
	}
	return 0
}

// ticksPerSecond is USER_HZ, which Linux fixes at 100 for /proc.
const ticksPerSecond = 100

func procCPU(pid int) time.Duration {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, ok := strings.Cut(string(b), ") ")
	f := strings.Fields(rest)
	if !ok || len(f) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(f[11], 10, 64)
	sys, _ := strconv.ParseInt(f[12], 10, 64)
	return time.Duration(user+sys) * time.Second / ticksPerSecond
}

func children(pid int) []int {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	var out []int
	for _, f := range strings.Fields(string(b)) {
		n, _ := strconv.Atoi(f)
		out = append(out, n)
	}
	return out
}

// file makes a file of random bytes.
func (l *lab) file(name string, size int64) (string, error) {
	path := l.at(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", err
	}
	f, err := os.Create(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if _, err := io.CopyN(f, rand.NewChaCha8([32]byte{1}), size); err != nil {
		return "", err
	}
	return path, f.Close()
}

// nginx serves folder, with tls over HTTPS with a certificate of its own.
func (l *lab) nginx(ctx context.Context, folder, addr string, tls bool) (*daemon, error) {
	ssl := ""
	if tls {
		key, cert := l.at("nginx", "key.pem"), l.at("nginx", "cert.pem")
		if err := os.MkdirAll(l.at("nginx"), 0o755); err != nil {
			return nil, err
		}
		if _, _, err := l.do(ctx, "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
			"-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
			"-keyout", key, "-out", cert); err != nil {
			return nil, err
		}
		ssl = fmt.Sprintf("ssl_certificate %s; ssl_certificate_key %s;", cert, key)
	}
	conf, err := l.nginxConf(folder, addr, ssl)
	if err != nil {
		return nil, err
	}
	d, err := l.start(ctx, "nginx", "-c", conf, "-e", l.at("nginx", "error.log"))
	if err != nil {
		return nil, err
	}
	d.kids = true
	return d, waitFor(ctx, addr)
}

// nginxConf writes a configuration that touches nothing outside the lab's
// folder, and returns its path.
func (l *lab) nginxConf(folder, addr, ssl string) (string, error) {
	base := l.at("nginx")
	if err := os.MkdirAll(base, 0o755); err != nil {
		return "", err
	}
	if ssl != "" {
		addr += " ssl"
	}
	user := ""
	if os.Getuid() == 0 {
		user = "user root;"
	}
	conf := fmt.Sprintf(`%[5]s
worker_processes 1;
pid %[1]s/pid;
error_log %[1]s/error.log;
daemon off;
events { worker_connections 256; }
http {
  access_log off; sendfile on; tcp_nopush on;
  client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/fastcgi;
  uwsgi_temp_path %[1]s/uwsgi; scgi_temp_path %[1]s/scgi;
  server { listen %[2]s; root %[3]s; %[4]s }
}`, base, addr, folder, ssl, user)
	return base + "/conf", os.WriteFile(base+"/conf", []byte(conf), 0o644)
}

// waitFor returns when something listens at addr.
func waitFor(ctx context.Context, addr string) error {
	for range 200 {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			return c.Close()
		}
		select {
		case <-time.After(25 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return errors.New("nothing listens at " + addr)
}

func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

func median(v []float64) float64 {
	s := append([]float64(nil), v...)
	sort.Float64s(s)
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}

// ratios prints a row of figures: the median and the range.
func ratios(what string, v []float64, goal string) {
	s := append([]float64(nil), v...)
	sort.Float64s(s)
	fmt.Printf("%-44s %6.2f  [%.2f to %.2f]   goal %s\n", what, median(v), s[0], s[len(s)-1], goal)
}
