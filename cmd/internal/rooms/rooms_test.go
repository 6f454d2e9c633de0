// Package rooms holds Grove's import table: which room may import which, and
// which room alone may import an outside module. docs/DESIGN.md has the same
// table for readers; this one fails the build.
package rooms

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// room is one row: the packages below path (but not below a longer row) may
// import from Grove only what is listed, and from outside only those modules.
type room struct {
	path    string
	grove   []string
	outside []string
	why     string
}

var table = []room{
	{"app/pack", nil, []string{"aead.dev/minisign", "golang.org/x/text"},
		"the format is bytes in, values out; anybody can read it without the rest of Grove"},
	{"app/fair", nil, nil,
		"whose turn it is, for what comes and for what is given; nothing else"},
	{"app", []string{"app/pack", "app/fair"}, []string{"github.com/google/uuid", "golang.org/x/time/rate"},
		"the engine decides without a network or a disk, so that a test needs neither"},
	{"app/apptest", []string{"app", "app/pack", "app/apptest/..."}, []string{"github.com/google/uuid", "github.com/google/go-cmp"},
		"the test kit stands on the ports alone, so that every implementation meets the same suite"},
	{"p2p", []string{"app", "app/pack", "app/fair", "p2p/internal/...", "p2p/room", "p2p/tracker"},
		[]string{"github.com/libp2p", "github.com/multiformats", "github.com/quic-go", "google.golang.org/protobuf", "golang.org/x/time/rate", "github.com/prometheus/client_golang"},
		"the only room that knows libp2p; it reaches the engine through ports"},
	{"p2p/internal", []string{"app"}, []string{"google.golang.org/protobuf"},
		"what goes over the wire, without a network"},
	{"p2p/internal/bind", []string{"app"}, nil,
		"which address connections leave from is decided once, for peers and for HTTP"},
	{"p2p/internal/pacer", nil, []string{"golang.org/x/time/rate"},
		"how much there is room for on a line, without a network"},
	{"p2p/room", []string{"p2p/internal/pacer"}, []string{"golang.org/x/time/rate", "golang.org/x/sys/unix"},
		"how much may be read is decided once, whoever brings it"},
	{"p2p/internal/web", []string{"app", "p2p/internal/bind", "p2p/room"}, nil,
		"how HTTP leaves this computer is decided once, for mirrors, trackers and depots"},
	{"p2p/internal/lan", []string{"app", "p2p/internal/bind"}, []string{"github.com/libp2p/zeroconf/v2", "github.com/libp2p/go-libp2p/core", "github.com/multiformats"},
		"the local network's own way of finding, which knows no package"},
	{"p2p/internal/kad", []string{"app"}, []string{"github.com/libp2p", "github.com/multiformats", "github.com/ipfs/go-cid"},
		"the only room that knows the hash table"},
	{"p2p/internal/dials", []string{"app"}, []string{"github.com/libp2p/go-libp2p", "github.com/multiformats"},
		"what may be dialled how often is decided once, under every transport"},
	{"p2p/internal/door", []string{"app", "p2p/internal/bind"}, []string{"github.com/libp2p/go-libp2p", "github.com/libp2p/go-netroute", "github.com/multiformats"},
		"how others get in, without knowing what for"},
	{"p2p/tracker", []string{"app", "p2p/internal/web"}, []string{"github.com/libp2p/go-libp2p/core", "github.com/multiformats", "github.com/prometheus/client_golang"},
		"keys and addresses; it knows no package, and keeps what it knows behind a port"},
	{"p2p/netmap", []string{"app", "app/pack", "p2p/internal/web"}, nil,
		"a map is fetched and kept by whoever knows neither peers nor pieces"},
	{"p2p/depot", []string{"app", "app/pack", "p2p/internal/web"}, []string{"github.com/prometheus/client_golang"},
		"orders and files over HTTP; who keeps them is behind a port"},
	{"p2p/mirror", []string{"app", "app/pack", "p2p/internal/web", "p2p/room"}, nil,
		"HTTP is the standard library's; a mirror and a peer meet only as Sources"},
	{"storage", []string{"app", "app/pack"}, []string{"go.etcd.io/bbolt", "github.com/google/uuid", "golang.org/x/sys"},
		"the only room that knows bolt and the file system"},
	{"storage/announces", nil, []string{"go.etcd.io/bbolt"},
		"bytes with an end, for a tracker"},
	{"assets", nil, nil,
		"bytes only"},
	{"assets/internal", nil, []string{"golang.org/x/image"},
		"the pictures among those bytes are drawn by a command"},
	{"ui", []string{"app", "app/pack", "ui/..."}, []string{"fyne.io/fyne/v2", "github.com/google/uuid", "golang.org/x/text", "golang.org/x/image/draw"},
		"snapshots in, commands out; a page knows no other page"},
	{"ui/host", []string{"app", "app/pack", "ui/words", "ui/look", "ui/host"}, []string{"fyne.io/fyne/v2", "github.com/google/uuid"},
		"what a page stands on, so that a test can stand in for it"},
	{"ui/look", []string{"app", "app/pack", "assets", "ui/chart"}, []string{"fyne.io/fyne/v2", "rsc.io/qr", "golang.org/x/image"},
		"how it looks is decided once"},
	{"ui/chart", nil, []string{"golang.org/x/image"},
		"numbers to pixels, without a toolkit"},
	{"ui/words", []string{"app", "assets"}, []string{"github.com/nicksnyder/go-i18n/v2", "golang.org/x/text"},
		"what it says is decided once, without a toolkit"},
	{"cmd/internal/local", []string{"app", "app/pack", "cmd/internal/spell"}, []string{"github.com/google/uuid"},
		"what a Grove that runs tells others on this computer is decided once, for whoever asks and whoever answers"},
	{"cmd/internal/boot", []string{"app", "app/pack", "storage", "p2p", "p2p/mirror", "p2p/netmap", "p2p/room", "cmd/internal/local"},
		[]string{"github.com/adrg/xdg", "golang.org/x/time/rate"},
		"the one place that joins the rooms; it holds no logic of its own"},
	{"cmd/internal/shelf", []string{"app", "app/pack", "p2p/depot", "cmd/internal/boot", "cmd/internal/files"}, []string{"github.com/google/uuid"},
		"a depot's engine, apart from the HTTP in front of it"},
	{"cmd/internal/serve", []string{"app", "app/pack", "p2p", "p2p/depot", "p2p/tracker", "storage/announces", "cmd/internal/boot", "cmd/internal/files", "cmd/internal/shelf", "cmd/internal/spell"},
		[]string{"github.com/BurntSushi/toml", "github.com/prometheus/client_golang"},
		"the one place that joins the roles of a server"},
	{"cmd/internal/doctor", []string{"app", "app/pack", "p2p", "p2p/mirror", "cmd/internal/boot", "cmd/internal/files", "cmd/internal/spell"}, nil,
		"what keeps computers apart is found out and said in one place, for any program, and nothing private leaves it"},
	{"cmd/internal/linetest", []string{"app", "app/pack", "p2p", "cmd/internal/sharing"}, nil,
		"the self-test of a line, for any program; it needs nodes, and no engine and no store"},
	{"cmd/internal/spell", nil, nil,
		"how text of others is made harmless is decided once, for every terminal and notice"},
	{"cmd/internal/files", []string{"app"}, nil,
		"small files, whole or not at all; it knows no format"},
	{"cmd/internal/lab", []string{"app", "app/pack", "p2p", "storage", "cmd/internal/boot", "cmd/internal/sharing"},
		[]string{"github.com/libp2p", "github.com/multiformats"},
		"it plays the computers that lie or are greedy as well, and so speaks what peers speak; what a killed program saved it reads itself"},
	{"cmd/internal/keyring", []string{"app", "app/pack", "cmd/internal/files"}, nil,
		"keys are opened in one place, by any program and its child"},
	{"cmd/internal/poster", []string{"app", "app/pack", "cmd/internal/files"}, []string{"golang.org/x/image/draw"},
		"the one place that decodes a picture somebody chose"},
	{"cmd/internal/sharing", []string{"app", "app/pack", "p2p/depot", "cmd/internal/boot", "cmd/internal/files", "cmd/internal/keyring", "cmd/internal/poster"},
		[]string{"github.com/google/uuid"},
		"both programs share in the same way; it knows neither a terminal nor a window"},
	{"cmd/internal/system", []string{"app", "app/pack", "cmd/internal/files", "cmd/internal/spell"},
		[]string{"github.com/godbus/dbus/v5", "github.com/jezek/xgb", "github.com/adrg/xdg", "golang.org/x/sys"},
		"what a stranger wrote meets the operating system here and nowhere else"},
	{"cmd/grove-desktop", []string{"app", "app/pack", "ui", "ui/host", "ui/look", "cmd/internal/boot", "cmd/internal/keyring", "cmd/internal/sharing", "cmd/internal/system", "assets"},
		[]string{"fyne.io/fyne/v2", "github.com/google/uuid"},
		"the desktop program, the only one that starts the toolkit"},
	{"cmd", []string{"app", "app/pack", "cmd/internal/...", "p2p/mirror", "p2p/depot", "p2p/netmap", "assets", "storage"},
		[]string{"github.com/spf13/cobra", "github.com/spf13/pflag", "golang.org/x/term", "golang.org/x/sys", "golang.org/x/text", "rsc.io/qr", "github.com/google/uuid", "github.com/adrg/xdg", "golang.org/x/time/rate"},
		"programs may know the rooms, but reach peers and transfers through boot"},
}

// noIO are parts of the standard library that the two inner rooms stay out
// of. net/netip and net/url only parse.
var noIO = []string{"os", "os/exec", "net", "net/http", "syscall", "io/ioutil"}

type goPackage struct {
	ImportPath string
	Imports    []string
}

func TestRoomsImportOnlyWhatTheTableSays(t *testing.T) {
	out, err := exec.Command("go", "list", "-tags", "ci", "-json=ImportPath,Imports", "grove/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := map[string]bool{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p goPackage
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		path := strings.TrimPrefix(p.ImportPath, "grove/")
		r := roomOf(path)
		if r == nil {
			t.Errorf("%s is in no room of the table", path)
			continue
		}
		seen[r.path] = true
		for _, imp := range p.Imports {
			if bad := r.refuses(path, imp); bad != "" {
				t.Errorf("%s imports %s: %s (%s: %s)", path, imp, bad, r.path, r.why)
			}
		}
	}
	for _, r := range table {
		if !seen[r.path] {
			t.Errorf("the table has a row for %s, which is not there", r.path)
		}
	}
}

// TestTheTableCanFail keeps the check itself honest.
func TestTheTableCanFail(t *testing.T) {
	for _, c := range []struct {
		path, imp string
		bad       bool
	}{
		{"app", "grove/p2p", true},
		{"app", "net/http", true},
		{"app", "net/netip", false},
		{"app/pack", "grove/app", true},
		{"p2p", "grove/storage", true},
		{"p2p/mirror", "grove/p2p", true},
		{"storage", "github.com/libp2p/go-libp2p", true},
		{"storage", "go.etcd.io/bbolt", false},
		{"cmd/grove", "go.etcd.io/bbolt", true},
		{"cmd/grove", "fyne.io/fyne/v2", true},
		{"ui", "fyne.io/fyne/v2/app", true},
		{"ui/downloads", "fyne.io/fyne/v2/widget", false},
		{"ui", "grove/storage", true},
		{"ui/words", "fyne.io/fyne/v2", true},
		{"cmd/grove", "grove/p2p", true},
	} {
		if got := roomOf(c.path).refuses(c.path, c.imp); (got != "") != c.bad {
			t.Errorf("%s importing %s: %q", c.path, c.imp, got)
		}
	}
}

// roomOf is the row with the longest path that path lies in.
func roomOf(path string) *room {
	var best *room
	for i, r := range table {
		if under(path, r.path) && (best == nil || len(r.path) > len(best.path)) {
			best = &table[i]
		}
	}
	return best
}

func (r *room) refuses(path, imp string) string {
	if own, ok := strings.CutPrefix(imp, "grove/"); ok {
		ok := slices.ContainsFunc(r.grove, func(p string) bool {
			dir, whole := strings.CutSuffix(p, "/...")
			return own == p || whole && under(own, dir)
		})
		if !ok {
			return "not one of " + strings.Join(r.grove, ", ")
		}
		return ""
	}
	if first, _, _ := strings.Cut(imp, "/"); !strings.Contains(first, ".") {
		if (r.path == "app" || r.path == "app/pack") && slices.Contains(noIO, imp) {
			return "it does no input or output"
		}
		return ""
	}
	if imp == "fyne.io/fyne/v2/app" && path != "cmd/grove-desktop" {
		return "only the desktop program starts the toolkit"
	}
	if !slices.ContainsFunc(r.outside, func(m string) bool { return under(imp, m) }) {
		return "an outside module it may not know"
	}
	return ""
}

func under(path, dir string) bool { return path == dir || strings.HasPrefix(path, dir+"/") }
