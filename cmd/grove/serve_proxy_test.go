//go:build unix

package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The page's nginx passes everything on, and says who asks whatever he claims.
func TestServerPageNginx(t *testing.T) {
	program, err := exec.LookPath("nginx")
	if err != nil {
		program = "/usr/sbin/nginx"
	}
	if _, err := os.Stat(program); err != nil {
		if os.Getenv("GROVE_CI") != "" {
			t.Fatal("nginx is not there; make test installs it")
		}
		t.Skip("nginx is not there")
	}
	type seen struct {
		from, path, ranged string
		body               int
	}
	asked := make(chan seen, 1)
	behind := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		asked <- seen{r.Header.Get("X-Forwarded-For"), r.URL.Path, r.Header.Get("Range"), int(n)}
		w.WriteHeader(http.StatusPartialContent)
	}))
	defer behind.Close()
	base := startPageNginx(t, program, strings.TrimPrefix(behind.URL, "http://"))
	for _, c := range []struct {
		method string
		body   int
	}{{http.MethodGet, 0}, {http.MethodPost, 12 << 20}} {
		req, err := http.NewRequest(c.method, base+"d/x/%C3%A4%20b.bin", bytes.NewReader(make([]byte, c.body)))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Forwarded-For", "192.0.2.7")
		req.Header.Set("Range", "bytes=5-9")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusPartialContent {
			t.Fatalf("%s: %s", c.method, res.Status)
		}
		want := seen{"127.0.0.1", "/d/x/ä b.bin", "bytes=5-9", c.body}
		if got := <-asked; got != want {
			t.Errorf("%s: %+v, want %+v", c.method, got, want)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

// startPageNginx runs nginx with the server block of the page, without TLS, in
// front of address, and ends it by its process with the test.
func startPageNginx(t *testing.T, program, address string) (base string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	_ = l.Close() // nginx takes it now
	block := regexp.MustCompile(`(?m)^\s*(listen|ssl_).*\n`).ReplaceAllString(readServerPage(t).nginx, "")
	block = strings.Replace(block, "{", "{ listen "+at+";", 1)
	block = strings.Replace(block, "127.0.0.1:8080", address, 1)
	// As root its worker is somebody else, who needs a way in.
	dir, err := os.MkdirTemp("", "grove-nginx")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	conf := filepath.Join(dir, "nginx.conf")
	text := fmt.Sprintf(`daemon off;
master_process off;
pid %[1]s/pid;
error_log %[1]s/error.log;
events { worker_connections 64; }
http {
	access_log off;
	client_body_temp_path %[1]s/t1; proxy_temp_path %[1]s/t2; fastcgi_temp_path %[1]s/t3;
	uwsgi_temp_path %[1]s/t4; scgi_temp_path %[1]s/t5;
	%[2]s
}
`, dir, block)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd := exec.Command(program, "-c", conf, "-p", dir)
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	gone := make(chan struct{})
	go func() { _ = cmd.Wait(); close(gone) }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		<-gone
	})
	for late := time.After(testPatience); ; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", at); err == nil {
			_ = c.Close()
			return "http://" + at + "/"
		}
		select {
		case <-gone:
			t.Fatalf("nginx ended: %s", &said)
		case <-late:
			t.Fatal("nginx does not listen")
		default:
		}
	}
}
