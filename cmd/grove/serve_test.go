package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"grove/app/apptest"
)

// serverPage is docs/SERVER.md, cut up.
type serverPage struct {
	commands []string // lines of its sh blocks, in order
	config   string   // its TOML
	nginx    string
}

func readServerPage(t *testing.T) serverPage {
	t.Helper()
	b, err := os.ReadFile("../../docs/SERVER.md")
	if err != nil {
		t.Fatal(err)
	}
	var p serverPage
	for _, m := range regexp.MustCompile("(?s)```([a-z]+)\n(.*?)```").FindAllStringSubmatch(string(b), -1) {
		switch m[1] {
		case "sh":
			p.commands = append(p.commands, strings.Split(strings.TrimSpace(m[2]), "\n")...)
		case "toml":
			p.config = m[2]
		case "nginx":
			p.nginx = m[2]
		}
	}
	return p
}

// find is the only command of the page with words in it, as arguments without
// the program's name.
func (p serverPage) find(t *testing.T, words string, with ...string) []string {
	t.Helper()
	for _, c := range p.commands {
		if strings.HasPrefix(c, words) {
			return strings.Fields(strings.NewReplacer(with...).Replace(c))[1:]
		}
	}
	t.Fatalf("docs/SERVER.md has no command %q", words)
	return nil
}

// Every command of grove on the page is one that there is.
func TestServerPageCommands(t *testing.T) {
	seen := 0
	for _, line := range readServerPage(t).commands {
		words := strings.Fields(strings.ReplaceAll(line, `"$(cat link)"`, "LINK"))
		if words[0] != "grove" {
			continue
		}
		seen++
		c, rest, err := newRoot(silent()).Find(words[1:])
		if err == nil {
			err = c.ParseFlags(rest)
		}
		if err == nil && c.Args != nil {
			err = c.Args(c, c.Flags().Args())
		}
		if err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
	if seen < 7 {
		t.Errorf("%d commands were found", seen)
	}
}

// startServer runs the page's server with its settings, on loopback and on
// ports that the system chooses.
func startServer(t *testing.T, p serverPage, data, key string) (r *running, base, metrics string) {
	t.Helper()
	config := filepath.Join(t.TempDir(), "serve.toml")
	text := regexp.MustCompile(`(?m)^url = .*\n`).ReplaceAllString(p.config, "")
	text = regexp.MustCompile(`(?s)listen = \[.*?\]`).ReplaceAllString(text, `listen = ["/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"]`)
	text = strings.NewReplacer("/var/lib/grove", filepath.ToSlash(data), "127.0.0.1:8080", "127.0.0.1:0", "/etc/grove/publisher.pub", filepath.ToSlash(key)).Replace(text)
	if err := os.WriteFile(config, []byte(text+"metrics = \"127.0.0.1:0\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	check := p.find(t, "grove serve", "/etc/grove/serve.toml", config)
	if o := grove(t, check...).want(t, 0); !strings.Contains(o.out, `roles = ["depot", "tracker", "relay"]  # `+config) {
		t.Errorf("--check prints\n%s", o.out)
	}
	r = begin(t, check[:len(check)-1]...) // without --check
	r.errs.await(t, "msg=started")
	m := regexp.MustCompile(`msg=started http=\S+ url=(\S+) metrics=(\S+)`).FindStringSubmatch(r.errs.String())
	if m == nil {
		t.Fatalf("no addresses in\n%s", r.errs)
	}
	return r, m[1], "http://" + m[2]
}

// The page from a key to a package that somebody has, and to the end.
func TestServerPage(t *testing.T) {
	page := readServerPage(t)
	folder := t.TempDir()
	pub, srv := filepath.Join(folder, "pub"), filepath.Join(folder, "srv")
	groveAt(pub, append(page.find(t, "grove keys new"), "--no-passphrase")...).want(t, 0)
	groveAt(pub, page.find(t, "grove keys show")...).want(t, 0)
	server, base, metrics := startServer(t, page, srv, filepath.Join(pub, "keys", "publisher.pub"))

	for url, want := range map[string]string{
		strings.Replace(page.find(t, "curl http://127.0.0.1:9464")[0], "http://127.0.0.1:9464", metrics, 1): `"ready": true`,
		strings.Replace(page.find(t, "curl https://depot")[0], "https://depot.example.org/", base, 1):       `"depot":true`,
		metrics + "/healthz": `"alive": true`,
		metrics + "/metrics": "grove_depot_packages 0",
	} {
		if text := fetch(t, url); !strings.Contains(text, want) {
			t.Errorf("%s says\n%s", url, text)
		}
	}

	made := apptest.Package(t, film(3*mib))
	made.WriteFiles(t, folder)
	file := filepath.Join(folder, "film.bin")
	swap := []string{"https://depot.example.org/", base, "film.mkv", file}

	// Share and keep; then the sharer goes away.
	share := begin(t, append(page.find(t, "grove share", swap...), "--data", pub, "--listen", "/ip4/127.0.0.1/tcp/0")...)
	share.errs.await(t, "is complete: you may close this")
	link := strings.TrimSpace(share.out.String())
	share.stop()
	share.wait()
	got := t.TempDir()
	grove(t, "get", link, "--data", t.TempDir(), "--yes", "--dir", got, "--no-share").want(t, 0)
	wantFiles(t, made, filepath.Join(got, "film.bin"))

	// Publish and push, and get what the depot has.
	publish := page.find(t, "grove publish", swap...)
	groveAt(pub, append(publish, "--out", folder)...).want(t, 0)
	link = strings.TrimSpace(groveAt(pub, page.find(t, "grove push", swap...)...).want(t, 0).out)
	got = t.TempDir()
	grove(t, "get", link, "--data", t.TempDir(), "--yes", "--dir", got, "--no-share").want(t, 0)
	wantFiles(t, made, filepath.Join(got, "film.bin"))
	if text := fetch(t, metrics+"/metrics"); !strings.Contains(text, "grove_depot_complete 2") {
		t.Errorf("the metrics say\n%s", text)
	}

	server.stop()
	if o := server.wait().want(t, 0); !strings.Contains(o.errs, "msg=stopped") {
		t.Errorf("the log ends\n%s", o.errs)
	}
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d %s", res.StatusCode, b)
}

// What cannot be meant ends with exit code 2 and says where it was said.
func TestServeRefuses(t *testing.T) {
	groveAt(t.TempDir(), "serve").want(t, 2, "--roles is needed")
	groveAt(t.TempDir(), "serve", "--roles", "depot").want(t, 2, "--allow is needed")
	groveAt(t.TempDir(), "serve", "--roles", "relay", "--metrics", ":1").want(t, 2, "--metrics-public")
	t.Setenv("GROVE_SERVE_ROLLS", "relay")
	groveAt(t.TempDir(), "serve").want(t, 2, "GROVE_SERVE_ROLES meant")
}

// Flags are repeated or not as their settings are, and those of every command
// mean something here too.
func TestServeFlags(t *testing.T) {
	data := t.TempDir()
	o := groveAt(data, "serve", "--check", "--roles", "relay", "--roles", "dht,tracker", "--keep", "1d", "--keep", "2d", "--http", "127.0.0.1:1", "--pprof", "-v").want(t, 0)
	for _, want := range []string{`roles = ["relay", "dht", "tracker"]  # --roles`, `keep = "2d"  # --keep`, "pprof = true  # --pprof", `log-level = "debug"`, `  # --data`, `url = "http://127.0.0.1:1/"  # from http`} {
		if !strings.Contains(o.out, want) {
			t.Errorf("no %s in\n%s", want, o.out)
		}
	}
}
