package serve

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
)

// BenchmarkMemory measures, in a process of its own, what a server holds when
// nothing happens, and for each 1,000 HTTP connections that are open and idle.
// docs/SERVER.md has its figures.
func BenchmarkMemory(b *testing.B) {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		b.Skip("memory is read from /proc")
	}
	const conns = 2000
	for b.Loop() {
		s := startChild(b, conns)
		idle := s.resident(b)
		for range conns {
			s.connect(b)
		}
		b.ReportMetric(idle/1e6, "MB-idle")
		b.ReportMetric((s.resident(b)-idle)/1e6/conns*1000, "MB/1000-conns")
		s.stop(b)
	}
	b.ReportMetric(0, "ns/op")
}

// child is a server in a process of its own.
type child struct {
	cmd   *exec.Cmd
	log   *bufio.Scanner
	at    string // HTTP
	conns []net.Conn
}

func startChild(b *testing.B, conns int) *child {
	b.Helper()
	b.Setenv("GROVE_LOCAL_ONLY", "1")
	folder := b.TempDir()
	file := filepath.Join(folder, "serve.toml")
	text := fmt.Sprintf("roles = [\"tracker\", \"relay\"]\ndata = %q\nhttp = \"127.0.0.1:0\"\nmetrics = \"off\"\nlisten = [\"/ip4/127.0.0.1/tcp/0\"]\nhttp-per-address = %d\n",
		filepath.Join(folder, "data"), conns+10)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	c := &child{cmd: exec.Command(os.Args[0])}
	c.cmd.Env = append(os.Environ(), asServer+"="+file)
	out, err := c.cmd.StderrPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	started := regexp.MustCompile(`msg=started http=(\S+)`)
	for c.log = bufio.NewScanner(out); c.log.Scan(); {
		if m := started.FindStringSubmatch(c.log.Text()); m != nil {
			c.at = m[1]
			return c
		}
	}
	b.Fatal("it did not start")
	return nil
}

// connect leaves a connection on which one request was answered.
func (c *child) connect(b *testing.B) {
	b.Helper()
	conn, err := net.Dial("tcp", c.at)
	if err != nil {
		b.Fatal(err)
	}
	c.conns = append(c.conns, conn)
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		b.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		b.Fatal(err)
	}
}

var resident = regexp.MustCompile(`(?m)^VmRSS:\s+(\d+) kB$`)

// resident is what the process holds of memory, in bytes.
func (c *child) resident(b *testing.B) float64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	m := resident.FindSubmatch(text)
	if m == nil {
		b.Fatalf("no VmRSS in\n%s", text)
	}
	kib, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return kib * 1024
}

func (c *child) stop(b *testing.B) {
	b.Helper()
	for _, conn := range c.conns {
		_ = conn.Close() // nothing is on its way
	}
	if err := c.cmd.Process.Signal(os.Interrupt); err != nil {
		b.Fatal(err)
	}
	for c.log.Scan() { // to the end, so that it can write
	}
	if err := c.cmd.Wait(); err != nil {
		b.Fatal(err)
	}
}
