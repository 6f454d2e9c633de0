//go:build unix

package mirror

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"grove/app"
	"grove/app/apptest"
	"grove/app/pack"
)

// nginx is a real server of a folder, on a port of its own.
type nginx struct {
	root string // the folder it serves
	http string // URL of the folder, ends in /
	tls  string // the same over TLS
	cmd  *exec.Cmd
	gone chan struct{} // closed when it has ended
}

const nginxConf = `daemon off;
master_process off;
pid %[1]s/pid;
error_log %[1]s/error.log;
events { worker_connections 256; }
http {
	access_log off;
	sendfile on;
	types { application/octet-stream bin; }
	default_type application/octet-stream;
	client_body_temp_path %[1]s/t1; proxy_temp_path %[1]s/t2; fastcgi_temp_path %[1]s/t3;
	uwsgi_temp_path %[1]s/t4; scgi_temp_path %[1]s/t5;
	server {
		listen 127.0.0.1:%[2]d;
		listen 127.0.0.1:%[3]d ssl;
		ssl_certificate %[1]s/cert.pem;
		ssl_certificate_key %[1]s/key.pem;
		ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256;
		ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;
		root %[1]s/root;
		%[4]s
	}
}
`

// startNginx starts nginx, with lines of configuration in its server block,
// and ends it by its process with the test.
func startNginx(t testing.TB, ca *authority, lines string) *nginx {
	t.Helper()
	binary, err := exec.LookPath("nginx")
	if err != nil {
		binary = "/usr/sbin/nginx"
	}
	if _, err := os.Stat(binary); err != nil {
		if os.Getenv("GROVE_CI") == "1" {
			t.Fatal("nginx is not installed")
		}
		t.Skip("nginx is not installed")
	}
	dir := t.TempDir()
	n := &nginx{root: filepath.Join(dir, "root"), gone: make(chan struct{})}
	plain, secure := freePort(t), freePort(t)
	n.http = fmt.Sprintf("http://127.0.0.1:%d/", plain)
	n.tls = fmt.Sprintf("https://127.0.0.1:%d/", secure)
	if err := os.Mkdir(n.root, 0o755); err != nil {
		t.Fatal(err)
	}
	writePEM(t, dir, ca.issue(t, certificate{host: "127.0.0.1"}))
	conf := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, nginxConf, dir, plain, secure, lines), 0o644); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	n.cmd = exec.Command(binary, "-p", dir, "-c", conf, "-e", filepath.Join(dir, "error.log"))
	n.cmd.Stdout, n.cmd.Stderr = &said, &said
	if err := n.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var reap sync.WaitGroup
	reap.Go(func() {
		_ = n.cmd.Wait()
		close(n.gone)
	})
	t.Cleanup(func() {
		n.kill()
		reap.Wait()
	})
	n.awaitPort(t, plain, &said)
	return n
}

func (n *nginx) kill() { _ = n.cmd.Process.Kill() }

// awaitPort polls, because nginx tells nobody when it listens.
func (n *nginx) awaitPort(t testing.TB, port int, said *bytes.Buffer) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); <-tick.C {
		select {
		case <-n.gone:
			t.Fatalf("nginx ended: %s", said)
		default:
		}
		if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			c.Close()
			return
		}
	}
	t.Fatal("nginx does not listen")
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func writePEM(t testing.TB, dir string, c tls.Certificate) {
	t.Helper()
	key, err := x509.MarshalECPrivateKey(c.PrivateKey.(*ecdsa.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: c.Certificate[0]},
		"key.pem":  {Type: "EC PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNginxRanges(t *testing.T) {
	ca := newAuthority(t)
	n := startNginx(t, ca, "")
	made := apptest.Package(t, apptest.Options{})
	made.WriteFiles(t, n.root)
	c := newClient(t, Config{RootCAs: ca.pool})
	for _, url := range []string{n.http, n.tls} {
		s := typedSource(t, c, made, url)
		runs := []app.Run{made.Whole(), {First: 5, Count: 1}, {First: 4, Count: 3}, {First: made.Pieces() - 1, Count: 1}}
		for _, run := range runs {
			if got, err := fetch(t, s, made, run); got != rightBytes {
				t.Errorf("%s, run %v: %s: %v", url, run, got, err)
			}
		}
		if v := s.files[0]; v.etag == "" || v.weak() {
			t.Errorf("%s: validator %+v, want a strong ETag", url, v)
		}
	}
	// Without the authority the certificate is worth nothing.
	s := typedSource(t, newClient(t, Config{}), made, n.tls)
	if got, err := fetch(t, s, made, made.Whole()); got != faulty || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("an unknown authority: %s: %v", got, err)
	}
}

func TestNginxConfigurations(t *testing.T) {
	ca := newAuthority(t)
	for _, row := range []struct{ name, lines, want, text string }{
		{"gzip", "gzip on; gzip_types application/octet-stream; gzip_proxied any;", rightBytes, ""},
		{"gzip_static always", "gzip_static always;", faulty, "Content-Encoding: gzip"},
		{"no ranges", "max_ranges 0;", faulty, "does not support ranges"},
		{"limit_rate", "limit_rate 4m;", rightBytes, ""},
		{"no ETag", "etag off;", rightBytes, ""},
		{"no keep-alive", "keepalive_timeout 0;", rightBytes, ""},
		{"forbidden", "deny all;", faulty, "(403 Forbidden)"},
		{"password", "auth_basic closed; auth_basic_user_file /dev/null;", faulty, "(401 Unauthorized)"},
		{"busy", "return 503;", busy, "(503 Service Unavailable)"},
		{"moved", "location = /file.bin { return 301 /moved/file.bin; } location /moved/ { rewrite ^/moved/(.*)$ /$1 break; }", rightBytes, ""},
		{"moved in a circle", "return 302 $request_uri;", faulty, "redirected more than"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if strings.Contains(row.lines, "gzip_static") && !nginxHas("gzip_static") {
				t.Skip("nginx without gzip_static")
			}
			n := startNginx(t, ca, row.lines)
			made := oneFile(t)
			made.WriteFiles(t, n.root)
			if err := os.WriteFile(filepath.Join(n.root, "file.bin.gz"), made.Content[0], 0o644); err != nil {
				t.Fatal(err)
			}
			s := typedSource(t, newClient(t, Config{}), made, n.http)
			for range 2 {
				got, err := fetch(t, s, made, app.Run{First: 1, Count: 2})
				if got != row.want || err != nil && !strings.Contains(err.Error(), row.text) {
					t.Errorf("%s: %v; want %s %q", got, err, row.want, row.text)
				}
			}
		})
	}
}

func nginxHas(module string) bool {
	out, _ := exec.Command("/usr/sbin/nginx", "-V").CombinedOutput()
	return bytes.Contains(out, []byte(module))
}

func TestNginxKilledInTheBody(t *testing.T) {
	ca := newAuthority(t)
	n := startNginx(t, ca, "limit_rate 300k;")
	made := oneFile(t)
	made.WriteFiles(t, n.root)
	s := typedSource(t, newClient(t, Config{}), made, n.http)
	r, err := s.Open(t.Context(), made.Whole())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Read(make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	n.kill()
	buf := make([]byte, 64<<10)
	for err == nil {
		_, err = r.Read(buf)
	}
	if p := app.AsProblem(err); p.Kind != app.SourceFault {
		t.Errorf("%v; want a source fault", err)
	}
	if got, err := fetch(t, s, made, made.Whole()); got != faulty {
		t.Errorf("after it ended: %s: %v", got, err)
	}
}

func TestNginxFileChanges(t *testing.T) {
	ca := newAuthority(t)
	n := startNginx(t, ca, "")
	made := oneFile(t)
	made.WriteFiles(t, n.root)
	s := typedSource(t, newClient(t, Config{}), made, n.http)
	name := filepath.Join(n.root, "file.bin")
	replace := func(b []byte, at time.Time) {
		t.Helper()
		if err := os.WriteFile(name+".new", b, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name+".new", at, at); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(name+".new", name); err != nil {
			t.Fatal(err)
		}
	}
	last := app.Run{First: 2, Count: 1}
	expect := func(what, want, text string) {
		t.Helper()
		got, err := fetch(t, s, made, last)
		if got != want || err != nil && !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %s: %v; want %s %q", what, got, err, want, text)
		}
	}
	old := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	expect("the signed file", rightBytes, "")
	replace(make([]byte, len(made.Content[0])), old)
	expect("another file of the same length", faulty, "changed the file")
	expect("the same once more", wrongBytes, "")
	replace(make([]byte, pack.MinPiece), old)
	expect("a shorter file", faulty, "shorter than the signed one")
	replace(made.Content[0], old)
	expect("the signed file again", rightBytes, "")
}

// BenchmarkOriginAgainstCurl fetches 256 MiB through a source, in runs of 8
// MiB two at a time as the engine does, and by curl, in turns.
//
//	go test ./p2p/mirror -run '^$' -bench Curl -benchtime 5x
func BenchmarkOriginAgainstCurl(b *testing.B) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		b.Skip("curl is not installed")
	}
	const size = 256 << 20
	ca := newAuthority(b)
	n := startNginx(b, ca, "")
	made := apptest.Package(b, apptest.Options{Piece: 1 << 20, Sizes: map[string]int64{"file.bin": size}})
	made.WriteFiles(b, n.root)
	c := newClient(b, Config{RootCAs: ca.pool})
	for _, how := range []struct {
		name         string
		url          string
		runs, pieces int // at a time; of 1 MiB
	}{
		{"http", n.http, 2, 8},
		{"https", n.tls, 2, 8},
		{"http, one request", n.http, 1, size >> 20},
		{"https, one request", n.tls, 1, size >> 20},
		{"http, one connection and 1 MiB at a time", n.http, 1, 1},
		{"https, one connection and 1 MiB at a time", n.tls, 1, 1},
	} {
		b.Run(how.name, func(b *testing.B) {
			s := typedSource(b, c, made, how.url)
			pull(b, s, made, how.runs, how.pieces)
			var ours, theirs cost
			for b.Loop() {
				ours.add(func() { pull(b, s, made, how.runs, how.pieces) })
				theirs.add(func() {
					out, err := exec.Command(curl, "-sSk", "-o", "/dev/null", how.url+"file.bin").CombinedOutput()
					if err != nil {
						b.Fatalf("curl: %v: %s", err, out)
					}
				})
			}
			ours.report(b, "source", size)
			theirs.report(b, "curl", size)
			b.ReportMetric(ours.wall.Seconds()/theirs.wall.Seconds(), "time/curl")
			b.ReportMetric(ours.cpu.Seconds()/theirs.cpu.Seconds(), "cpu/curl")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// pull reads the whole package and throws it away, some runs at a time of
// some pieces.
func pull(b *testing.B, s app.Source, made *apptest.Made, runs, pieces int) {
	next := make(chan app.Run)
	var workers sync.WaitGroup
	for range runs {
		workers.Go(func() {
			buf := make([]byte, made.Package.Layout.PieceSize())
			for run := range next {
				if err := drain(s, run, buf); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for i := 0; i < made.Pieces(); i += pieces {
		next <- app.Run{First: i, Count: min(pieces, made.Pieces()-i)}
	}
	close(next)
	workers.Wait()
}

func drain(s app.Source, run app.Run, buf []byte) error {
	r, err := s.Open(context.Background(), run)
	if err != nil {
		return err
	}
	defer r.Close()
	for {
		if _, err := r.Read(buf); err != nil {
			if err == io.EOF {
				return nil
			}
			return err
		}
	}
}
