package serve

import (
	"bytes"
	"crypto/rand"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"grove/app"
	"grove/app/pack"
)

func newKey(t *testing.T) pack.PublicKey {
	t.Helper()
	k, err := pack.NewKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k.Public()
}

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// relay is the least that makes a server.
func relay(more map[string][]string) map[string][]string {
	all := map[string][]string{"roles": {"relay"}}
	for k, v := range more {
		all[k] = v
	}
	return all
}

func said(c *Config, name string) Said {
	return c.Said[slices.IndexFunc(c.Said, func(s Said) bool { return s.Name == name })]
}

// A flag wins over the environment, that over the file, that over the default;
// and an empty flag is the default again.
func TestWhoWins(t *testing.T) {
	file := writeFile(t, "serve.toml", "roles = [\"relay\"]\nhttp = \"127.0.0.1:1\"\nlog-level = \"error\"\nkeep = \"1d\"\nlog-format = \"json\"\n")
	env := []string{"GROVE_SERVE_HTTP=127.0.0.1:2", "GROVE_SERVE_LOG_LEVEL=warn", "GROVE_SERVE_KEEP=", "PATH=/bin"}
	flags := map[string][]string{"http": {"127.0.0.1:3"}, "log-format": {""}}
	c, err := Load(Given{Flags: flags, Env: env, File: file})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]struct{ value, from string }{
		"http":       {"127.0.0.1:3", "--http"},
		"log-level":  {"warn", "GROVE_SERVE_LOG_LEVEL"},
		"keep":       {"1d", file},
		"relay-time": {"2m", "default"},
		"log-format": {"text", "--log-format"},
	} {
		if s := said(c, name); len(s.Values) != 1 || s.Values[0] != want.value || s.From != want.from {
			t.Errorf("%s = %q from %s, want %v", name, s.Values, s.From, want)
		}
	}
	if c.HTTP != "127.0.0.1:3" || c.LogLevel != "warn" || c.Keep != 24*time.Hour || c.LogJSON || c.RelayTime != 2*time.Minute {
		t.Errorf("%+v", c)
	}
	c, err = Load(Given{Env: []string{"GROVE_SERVE_CONFIG=" + file}})
	if err != nil || c.HTTP != "127.0.0.1:1" || !c.LogJSON {
		t.Errorf("a file that the environment names: %+v, %v", c, err)
	}
}

func TestEveryValue(t *testing.T) {
	a, b := newKey(t), newKey(t)
	pub := writeFile(t, "b.pub", b.FileText())
	c, err := Load(Given{Flags: map[string][]string{
		"roles": {"depot,tracker", "relay"}, "data": {"here"}, "url": {"HTTPS://Depot.Example.org:443/grove"},
		"allow": {a.String() + "=50 GB," + pub}, "quota": {"1.5TiB"}, "keep": {"12w"},
		"trusted-proxy": {"127.0.0.1,10.1.2.3/8"}, "http-per-address": {"7"}, "listen": {"/ip4/0.0.0.0/tcp/4001", "/ip6/::/udp/4001/quic-v1"},
		"announce": {"/dns4/depot.example.org/tcp/4001"}, "connections": {"99"}, "relay-data": {"1MiB"}, "relay-time": {"90s"},
		"dht-prefix": {"/example"}, "dht-bootstrap": {"/ip4/127.0.0.1/tcp/1" + somebody}, "metrics": {"off"}, "pprof": {"true"}, "log-format": {"json"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	here, err := filepath.Abs("here")
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case !slices.Equal(c.Roles, []Role{Depot, Tracker, Relay}),
		c.Data != here,
		c.Base.String() != "https://depot.example.org/grove/",
		!slices.Equal(c.Allow, []Allowed{{a, 50e9}, {b, 0}}),
		c.Quota != 3<<39, c.Keep != 12*7*24*time.Hour,
		!slices.Equal(c.Proxies, []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("10.0.0.0/8")}),
		c.PerAddress != 7, len(c.Listen) != 2, len(c.Announce) != 1, c.Conns != 99, c.RelayData != 1<<20, c.RelayTime != 90*time.Second,
		c.DHTPrefix != "/example", len(c.DHTBootstrap) != 1, c.Metrics != "", !c.Pprof, !c.LogJSON:
		t.Errorf("%+v", c)
	}
}

func TestDefaults(t *testing.T) {
	c, err := Load(Given{Flags: relay(nil), Env: []string{"GROVE_DATA=/somewhere"}})
	if err != nil {
		t.Fatal(err)
	}
	if c.HTTP != ":8080" || c.Metrics != "127.0.0.1:9464" || c.Quota != QuotaAuto || c.Keep != 90*24*time.Hour ||
		c.PerAddress != 64 || c.Conns != 4096 || c.RelayData != 128<<10 || c.RelayTime != 2*time.Minute || c.Base != nil {
		t.Errorf("%+v", c)
	}
	if s := said(c, "data"); filepath.ToSlash(s.Values[0]) != "/somewhere" || s.From != "GROVE_DATA" {
		t.Errorf("data: %+v", s)
	}
	// An address in digits is the address that others use.
	c, err = Load(Given{Flags: map[string][]string{"roles": {"tracker"}, "http": {"127.0.0.1:81"}}})
	if err != nil || c.Base.String() != "http://127.0.0.1:81/" || said(c, "url").From != "from http" {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err = Load(Given{Flags: map[string][]string{"roles": {"tracker"}, "http": {"127.0.0.1:0"}}}); err != nil || c.Base != nil {
		t.Errorf("any port: %v, %v", c, err)
	}
}

func TestWhatIsRefused(t *testing.T) {
	key := newKey(t).String()
	for _, c := range []struct {
		name  string
		flags map[string][]string
		want  string
	}{
		{"no roles", map[string][]string{}, "--roles is needed"},
		{"unknown role", map[string][]string{"roles": {"relay,depott"}}, `--roles: there is no role "depott"; there are depot, tracker, relay and dht`},
		{"no publisher", map[string][]string{"roles": {"depot"}}, "--allow is needed"},
		{"no url", map[string][]string{"roles": {"tracker"}}, "They sign for this address"},
		{"url without a host", relay(map[string][]string{"url": {"depot.example.org"}}), "is not an http or https address"},
		{"url with a password", relay(map[string][]string{"url": {"https://a:b@example.org/"}}), "no password"},
		{"http url with a certificate", relay(map[string][]string{"tls-cert": {"testdata/none"}, "tls-key": {"testdata/none"}}), "cannot be used"},
		{"half a certificate", relay(map[string][]string{"tls-cert": {"a"}}), "belong together"},
		{"public metrics", relay(map[string][]string{"metrics": {":9464"}}), "--metrics-public"},
		{"metrics on a name", relay(map[string][]string{"metrics": {"example.org:9464"}}), "--metrics-public"},
		{"no address", relay(map[string][]string{"http": {"8080"}}), ":8080 and 127.0.0.1:8080 are"},
		{"no key", relay(map[string][]string{"allow": {"abc"}}), "neither a public key"},
		{"a key twice", relay(map[string][]string{"allow": {key, key}}), "twice"},
		{"a quota of nonsense", relay(map[string][]string{"allow": {key + "=much"}}), "not a size"},
		{"no size", relay(map[string][]string{"quota": {"10 elephants"}}), "not a size"},
		{"nothing", relay(map[string][]string{"quota": {"0"}}), "quota of 0"},
		{"more than there is", relay(map[string][]string{"quota": {"99999999TB"}}), "more than any disk"},
		{"no time", relay(map[string][]string{"keep": {"soon"}}), "not a time"},
		{"hardly kept", relay(map[string][]string{"keep": {"1m"}}), "too short"},
		{"not much of a relay", relay(map[string][]string{"relay-data": {"1KiB"}}), "cannot meet"},
		{"listen", relay(map[string][]string{"listen": {"0.0.0.0:4001"}}), "--listen"},
		{"announce", relay(map[string][]string{"announce": {"/ip4/192.0.2.1/udp/4001"}}), "only TCP and QUIC"},
		{"proxy", relay(map[string][]string{"trusted-proxy": {"nginx"}}), "not a network"},
		{"prefix", relay(map[string][]string{"dht-prefix": {"example"}}), "dht.prefix must be"},
		{"bootstrap", relay(map[string][]string{"dht-bootstrap": {"/ip4/127.0.0.1/tcp/1"}}), "--dht-bootstrap"},
		{"connections", relay(map[string][]string{"connections": {"3"}}), "from 16"},
		{"switch", relay(map[string][]string{"pprof": {"maybe"}}), "neither true nor false"},
		{"format", relay(map[string][]string{"log-format": {"xml"}}), "neither text nor json"},
		{"level", relay(map[string][]string{"log-level": {"loud"}}), "none of debug"},
		{"two values", relay(map[string][]string{"keep": {"1d", "2d"}}), "said 2 times"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Load(Given{Flags: c.flags})
			wantProblem(t, err, c.want)
		})
	}
	// What is no loopback address is one where that is meant.
	if _, err := Load(Given{Flags: relay(map[string][]string{"metrics": {":9464"}, "metrics-public": {"true"}})}); err != nil {
		t.Error(err)
	}
}

func wantProblem(t *testing.T, err error, text string) {
	t.Helper()
	var p *app.Problem
	if !errors.As(err, &p) || p.Kind != app.BadInput || !strings.Contains(p.Error(), text) {
		t.Errorf("%v; want BadInput with %q", err, text)
	}
}

// Every error names the place, and an unknown name the nearest known one.
func TestFilesAndVariablesRefused(t *testing.T) {
	for text, want := range map[string]string{
		"roles = [\"relay\"]\nqouta = \"1TB\"":          `there is no setting "qouta"; is quota meant?`,
		"roles = [\"relay\"]\n[depot]\nquota = \"1TB\"": `there is no setting "depot"`,
		"roles = \"relay\"\nquota = {a = 1}":            "quota: it is one text between quotes",
		"roles = \"relay\"\nkeep = 90":                  "keep: it is one text between quotes",
		"roles = [1]":                                   "roles: 1 is not text",
		"roles = \"relay\"\npprof = \"yes\"":            "pprof: \"yes\" is neither true nor false",
		"roles = \"relay\"\npprof = 1":                  "pprof: it is true or false",
		"roles = true":                                  "it is a list of texts",
		"\nroles = relay":                               "line 2",
		"roles = \"relay\"\nquota = \"x\"":              "quota: \"x\" is not a size",
	} {
		path := writeFile(t, "serve.toml", text)
		_, err := Load(Given{File: path})
		wantProblem(t, err, want)
		if err != nil && !strings.Contains(err.Error(), path) {
			t.Errorf("%v does not name the file", err)
		}
	}
	if _, err := Load(Given{File: filepath.Join(t.TempDir(), "none.toml")}); app.AsProblem(err).Kind != app.NotFound {
		t.Errorf("no file: %v", err)
	}
	_, err := Load(Given{Env: []string{"GROVE_SERVE_ROLE=relay"}})
	wantProblem(t, err, "there is no variable GROVE_SERVE_ROLE; is GROVE_SERVE_ROLES meant?")
	_, err = Load(Given{Flags: relay(nil), Env: []string{"GROVE_SERVE_KEEP=soon"}})
	wantProblem(t, err, "GROVE_SERVE_KEEP: ")
	// Numbers and lists are taken as TOML has them.
	c, err := Load(Given{File: writeFile(t, "serve.toml", "roles = [\"relay\", \"dht\"]\nquota = 5000000000\nhttp-per-address = 9\nmetrics-public = true\nlisten = []\n")})
	if err != nil || c.Quota != 5e9 || c.PerAddress != 9 || len(c.Roles) != 2 || c.Listen != nil {
		t.Errorf("%+v, %v", c, err)
	}
}

// What --check prints is a config file that says the same.
func TestPrint(t *testing.T) {
	key := newKey(t)
	flags := map[string][]string{
		"roles": {"depot,relay"}, "data": {"/srv/grove"}, "url": {"https://depot.example.org"}, "allow": {key.String()},
		"listen": {"/ip4/0.0.0.0/tcp/4001"}, "pprof": {"true"},
	}
	c, err := Load(Given{Flags: flags, Env: []string{"GROVE_SERVE_QUOTA=1TB", "GROVE_SERVE_HTTP=127.0.0.1:8080"},
		File: writeFile(t, "a \" b\n.toml", "keep = \"30d\"\n")})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := c.Print(&b); err != nil {
		t.Fatal(err)
	}
	got := strings.ReplaceAll(b.String(), key.String(), "KEY")
	got = got[:strings.Index(got, "keep = ")] + "…" + got[strings.Index(got, "\n# announce"):]
	const want = `# What this server would be, and where each value comes from.
roles = ["depot", "relay"]  # --roles
data = "/srv/grove"  # --data
url = "https://depot.example.org"  # --url
http = "127.0.0.1:8080"  # GROVE_SERVE_HTTP
# tls-cert is not set
# tls-key is not set
# trusted-proxy is not set
http-per-address = 64  # default
allow = ["KEY"]  # --allow
quota = "1TB"  # GROVE_SERVE_QUOTA
…
# announce is not set
connections = 4096  # default
relay-data = "128KiB"  # default
relay-time = "2m"  # default
# dht-prefix is not set
# dht-bootstrap is not set
metrics = "127.0.0.1:9464"  # default
metrics-public = false  # default
pprof = true  # --pprof
log-format = "text"  # default
log-level = "info"  # default
`
	if got != want {
		t.Errorf("--check prints\n%s\nwant\n%s", got, want)
	}
	again, err := Load(Given{File: writeFile(t, "printed.toml", b.String())})
	if err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	for i, s := range c.Said {
		if s.Value == "" && len(s.Values) == 0 {
			s.Values = []string{"false"}
		}
		if !slices.Equal(s.Values, again.Said[i].Values) {
			t.Errorf("%s: %q, then %q", s.Name, s.Values, again.Said[i].Values)
		}
	}
}

func TestSizesAndTimes(t *testing.T) {
	for text, want := range map[string]int64{
		"1": 1, "0": 0, "500GB": 500e9, "500 gb": 500e9, "1.5TiB": 3 << 39, "10k": 10e3, "2MiB": 2 << 20, "7B": 7,
	} {
		if n, err := parseSize(text); err != nil || n != want {
			t.Errorf("%q: %d, %v", text, n, err)
		}
	}
	for _, text := range []string{"", "GB", "-1", "1e9", "1..2", "0x10", "1 PB", "ten", "1GBit", "inf", "nan"} {
		if n, err := parseSize(text); err == nil {
			t.Errorf("%q is %d", text, n)
		}
	}
	for text, want := range map[string]time.Duration{"90d": 90 * 24 * time.Hour, "2w": 14 * 24 * time.Hour, "36h": 36 * time.Hour, "2m30s": 150 * time.Second} {
		if d, err := parseSpan(text); err != nil || d != want {
			t.Errorf("%q: %s, %v", text, d, err)
		}
	}
	for _, text := range []string{"", "90", "d", "-3d", "-1h", "1.5d", "3 months", "99999d"} {
		if d, err := parseSpan(text); err == nil {
			t.Errorf("%q is %s", text, d)
		}
	}
}
