package doctor

import (
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"grove/app"
)

func TestClockWrong(t *testing.T) {
	for name, c := range map[string]struct {
		built, newest time.Time
		says          string
	}{
		"nothing known":        {time.Time{}, time.Time{}, ""},
		"fine":                 {noon.AddDate(0, -1, 0), noon.Add(time.Minute), ""},
		"before the program":   {noon.AddDate(0, 0, 3), time.Time{}, "2026-03-04, which is before this program was made"},
		"before the last time": {noon.AddDate(-1, 0, 0), noon.AddDate(0, 1, 0), "before the last change to the data folder"},
		"a time zone off":      {noon.Add(14 * time.Hour), noon.Add(14 * time.Hour), ""},
	} {
		if got := clockWrong(noon, c.built, c.newest); !strings.Contains(got, c.says) || c.says == "" && got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
	data := t.TempDir()
	if !newest(data).IsZero() {
		t.Error("an empty folder was changed")
	}
	path := filepath.Join(data, "port")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, noon, noon); err != nil {
		t.Fatal(err)
	}
	if got := newest(data); !got.Equal(noon) {
		t.Errorf("%s", got)
	}
}

func TestComputerAdvice(t *testing.T) {
	fine := Computer{IPv4: "global", IPv6: "none", OpenFiles: 20_000, Disks: []Disk{{Folder: "/d", Free: enough}, {Error: "?"}},
		Buffers: []Buffer{{"net.core.rmem_max", 9 << 20, 7 << 20}}}
	if got := fine.advice(); len(got) != 0 {
		t.Errorf("%q", got)
	}
	for want, change := range map[string]func(*Computer){
		"The clock says": func(c *Computer) { c.ClockWrong = "The clock says so." },
		"no network":     func(c *Computer) { c.IPv4 = "none" },
		"little room left: 537 MB in /d": func(c *Computer) {
			c.Disks = []Disk{{Folder: "/d", Free: enough - 1}}
		},
		"sysctl -w net.core.rmem_max=7340032 net.core.wmem_max=7340032": func(c *Computer) {
			c.Buffers = []Buffer{{"net.core.rmem_max", 212_992, 7 << 20}, {"net.core.wmem_max", 212_992, 7 << 20}}
		},
		"Only 256 files": func(c *Computer) { c.OpenFiles = 256 },
	} {
		c := fine
		change(&c)
		if got := c.advice(); len(got) != 1 || !strings.Contains(got[0], want) {
			t.Errorf("%s: %q", want, got)
		}
	}
}

func TestFamilies(t *testing.T) {
	for addr, want := range map[string]string{
		"192.168.1.4/24": "global none", "8.8.8.8/24": "global none", "127.0.0.1/8": "none none", "::1/128": "none none",
		"fe80::1/64": "none local", "fd00::1/64": "none local", "2001:4860::1/64": "none global", "2001:db8::1/64": "none none",
	} {
		c := Computer{IPv4: "none", IPv6: "none"}
		ip, n, err := net.ParseCIDR(addr)
		if err != nil {
			t.Fatal(err)
		}
		c.see(&net.IPNet{IP: ip, Mask: n.Mask})
		if got := c.IPv4 + " " + c.IPv6; got != want {
			t.Errorf("%s: %s, want %s", addr, got, want)
		}
	}
}

// TestThisComputer: what is read of a real system is there.
func TestThisComputer(t *testing.T) {
	c := computerOf(time.Now(), time.Time{}, nil, t.TempDir())
	if runtime.GOOS == "linux" && c.OpenFiles == 0 {
		t.Errorf("%+v", c)
	}
	for _, b := range c.Buffers {
		if b.Have <= 0 || b.Want <= 0 || !strings.HasPrefix(b.Name, "net.core.") {
			t.Errorf("%+v", b)
		}
	}
}

func TestSettingsThatMatter(t *testing.T) {
	if got := settingsOf(app.DefaultSettings(), false); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	for want, change := range map[string]func(*app.Settings){
		"network.local_only": func(s *app.Settings) { s.Network.LocalOnly = true }, "network.peers": func(s *app.Settings) { s.Network.Peers = false },
		"network.bind": func(s *app.Settings) { s.Network.Bind = "tun0" }, "network.mapping": func(s *app.Settings) { s.Network.Mapping = false },
		"network.map": func(s *app.Settings) {
			s.Network.Map = "https://isp.example/m?t=hidden#RWQBAgMEBQYHCGd+3Zx6b7ql1gnccAXOgBHVTgMUrPicoXIFe8FA7eYq"
		},
		"network.proxy": func(s *app.Settings) { s.Network.Proxy = "http://ann:hidden@proxy.example.org:1" }, "giving.on": func(s *app.Settings) { s.Giving.On = false },
		"network.finders.lan": func(s *app.Settings) { s.Network.Finders.LAN = false }, "network.finders.tracker": func(s *app.Settings) { s.Network.Finders.Tracker = false },
		"network.finders.exchange": func(s *app.Settings) { s.Network.Finders.Exchange = false }, "network.finders.dht": func(s *app.Settings) { s.Network.Finders.DHT = false },
		"network.dht.prefix": func(s *app.Settings) { s.Network.DHT.Prefix = "/x" },
	} {
		set := app.DefaultSettings()
		change(&set)
		got := settingsOf(set, false)
		if len(got) != 1 || got[0].Name != want || got[0].Means == "" || strings.Contains(got[0].Value, "hidden") || strings.Contains(got[0].Value, "ann") {
			t.Errorf("%s: %+v", want, got)
		}
	}
	if got := settingsOf(app.DefaultSettings(), true); len(got) != 1 || got[0].Name != "GROVE_LOCAL_ONLY" {
		t.Errorf("%+v", got)
	}
	proxied := app.Network{Peers: true, Proxy: "http://p:1"}
	past := proxied
	past.PeersPastProxy = true
	for want, off := range map[string]string{
		"peers are off":   without(app.Network{}, nil),
		"with a proxy":    without(proxied, nil),
		"no address now.": without(app.Network{Peers: true}, app.NewProblem(app.BadInput, "tun0 has no address now", nil)),
	} {
		if !strings.Contains(off, want) {
			t.Errorf("%q", off)
		}
	}
	if off := without(past, nil) + without(app.DefaultSettings().Network, nil); off != "" {
		t.Errorf("%q", off)
	}
}
