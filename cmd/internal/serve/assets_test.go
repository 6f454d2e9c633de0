package serve

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const assets = "../../../assets/systemd"

// The file that the page has people copy is one that the parser takes.
func TestExampleConfig(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(assets, "serve.toml"))
	if err != nil {
		t.Fatal(err)
	}
	key := newKey(t)
	pub := writeFile(t, "publisher.pub", key.FileText())
	text := strings.ReplaceAll(string(b), "/etc/grove/publisher.pub", filepath.ToSlash(pub))
	// What stands in comments is meant to be used as well.
	for _, text := range []string{text, strings.ReplaceAll(text, "# announce", "announce")} {
		c, err := Load(Given{File: writeFile(t, "serve.toml", text)})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(c.Roles, []Role{Depot, Tracker, Relay}) || !slices.Equal(c.Allow, []Allowed{{key, 200e9}}) ||
			len(c.Listen) != 4 || len(c.Proxies) != 2 || c.Base.String() != "https://depot.example.org/" || c.Quota != QuotaAuto {
			t.Errorf("%+v", c)
		}
	}
}

// unit is the service file as sections of key=value lines.
func unit(t *testing.T) map[string]map[string]string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(assets, "grove-serve.service"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string]string{}
	section := ""
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		switch k, v, ok := strings.Cut(line, "="); {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			section = strings.Trim(line, "[]")
			all[section] = map[string]string{}
		case !ok || section == "":
			t.Fatalf("line %q", line)
		default:
			all[section][k] = v
		}
	}
	return all
}

func TestUnit(t *testing.T) {
	u := unit(t)["Service"]
	want := map[string]string{
		"Type": "notify", "User": "grove", "StateDirectory": "grove", "ProtectSystem": "strict", "NoNewPrivileges": "yes",
		"MemoryDenyWriteExecute": "yes", "Restart": "on-failure", "CapabilityBoundingSet": "",
	}
	for k, v := range want {
		if got, ok := u[k]; !ok || got != v {
			t.Errorf("%s=%s, want %s", k, got, v)
		}
	}
	words := strings.Fields(u["ExecStart"])
	if len(words) < 2 || words[0] != "/usr/bin/grove" || words[1] != "serve" {
		t.Fatalf("ExecStart=%s", u["ExecStart"])
	}
	for _, w := range words[2:] {
		if name, ok := strings.CutPrefix(w, "--"); ok && name != "config" && !slices.Contains(names(), name) {
			t.Errorf("there is no flag %s", w)
		}
	}
	if d, err := time.ParseDuration(u["TimeoutStopSec"] + "s"); err != nil || d <= stopGrace {
		t.Errorf("TimeoutStopSec=%s, and requests have %s", u["TimeoutStopSec"], stopGrace)
	}
	if u["LimitNOFILE"] != "65536" {
		t.Errorf("LimitNOFILE=%s; maxHTTPConns counts on 65536", u["LimitNOFILE"])
	}
}

// systemd itself reads the file without a word, where it is installed.
func TestUnitVerifies(t *testing.T) {
	program, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed; TestUnit has looked at the file")
	}
	b, err := os.ReadFile(filepath.Join(assets, "grove-serve.service"))
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// Program and manual page are not installed here, and the user is not there.
	text := strings.NewReplacer("/usr/bin/grove ", self+" ", "User=grove", "User=root", "Group=grove", "Group=root",
		"Documentation=man:grove-serve(1)\n", "").Replace(string(b))
	path := filepath.Join(t.TempDir(), "grove-serve.service")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, "verify", "--man=no", path).CombinedOutput()
	if err != nil || strings.Contains(string(out), "grove-serve.service") {
		t.Errorf("%v\n%s", err, out)
	}
}
