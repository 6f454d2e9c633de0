package app

import (
	"cmp"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"grove/app/pack"
)

func TestDefaultSettingsPass(t *testing.T) {
	if err := DefaultSettings().Check(); err != nil {
		t.Fatal(err)
	}
}

// TestCheckNamesFieldAndBounds: whoever gets the error can correct the field.
func TestCheckNamesFieldAndBounds(t *testing.T) {
	for want, change := range map[string]func(*Settings){
		"max_active must be from 1 to 100":         func(s *Settings) { s.MaxActive = 0 },
		"giving.after_times must be from 0 to":     func(s *Settings) { s.Giving.AfterTimes = math.NaN() },
		"giving.after_hours must be from 0 to":     func(s *Settings) { s.Giving.AfterHours = -1 },
		"giving.budget must be from 0 to":          func(s *Settings) { s.Giving.Budget = -1 },
		"window.scale must be from 0.5 to 3":       func(s *Settings) { s.Window.Scale = 0 },
		"folder must be":                           func(s *Settings) { s.Folder = "downloads" },
		"down must be 0, or from 1000 to":          func(s *Settings) { s.Down = 999 },
		"up must be 0, or from 1000 to":            func(s *Settings) { s.Up = -1 },
		"policy must be fast, thrifty, or empty":   func(s *Settings) { s.Policy = "cheap" },
		"timetable: the limit at 08:00 must be 0":  func(s *Settings) { s.Timetable = Timetable{{From: 8 * time.Hour, Up: 1}} },
		"timetable: 24h0m0s must be a time":        func(s *Settings) { s.Timetable = Timetable{{From: 24 * time.Hour}} },
		"timetable: 1s must be a time":             func(s *Settings) { s.Timetable = Timetable{{From: time.Second}} },
		"timetable: 00:00 must be named once":      func(s *Settings) { s.Timetable = Timetable{{}, {}} },
		"network.bind must be":                     func(s *Settings) { s.Network.Bind = "eth0\n" },
		"network.map must be a web address or":     func(s *Settings) { s.Network.Map = "https://isp.example/a.grovemap" },
		"network.map must begin with https:// or":  func(s *Settings) { s.Network.Map = "a.grovemap#" },
		"network.map must end with # and the pub":  func(s *Settings) { s.Network.Map = "https://isp.example/a.grovemap#key" },
		"network.proxy must be":                    func(s *Settings) { s.Network.Proxy = "ftp://proxy:1" },
		"network.proxy must be an http, https or ": func(s *Settings) { s.Network.Proxy = "socks5://" },
		"network.relays must be":                   func(s *Settings) { s.Network.Relays = []string{"/ip4/1.2.3.4/tcp/1"} },
		"network.relays must be at most":           func(s *Settings) { s.Network.Relays = make([]string, 17) },
		"network.dht.bootstrap must be":            func(s *Settings) { s.Network.DHT.Bootstrap = []string{"relay.example"} },
		"network.dht.bootstrap must name":          func(s *Settings) { s.Network.DHT.Prefix = "/grove" },
		"network.dht.prefix must be":               func(s *Settings) { s.Network.DHT.Prefix = "grove" },
		"window.appearance must be":                func(s *Settings) { s.Window.Appearance = "" },
		"window.language must be":                  func(s *Settings) { s.Window.Language = strings.Repeat("x", 36) },
	} {
		s := DefaultSettings()
		change(&s)
		p := AsProblem(s.Check())
		if p == nil || p.Kind != BadInput || !strings.HasPrefix(p.Subject, want) {
			t.Errorf("%q: %v", want, p)
		}
	}
	s := DefaultSettings()
	s.Network.Proxy = "http://user:secret@:x"
	if err := s.Check(); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("a password is shown: %v", err)
	}
}

func TestMapSource(t *testing.T) {
	key, err := pack.NewKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	text := key.Public().String()
	for from, want := range map[string]string{
		"https://isp.example/a.grovemap": "https://isp.example/a.grovemap", "http://192.168.1.1:8080/": "http://192.168.1.1:8080/",
		filepath.Join(t.TempDir(), "a#b.grovemap"): "a#b.grovemap", "ftp://isp.example/a": "-", "https://user@isp.example/a": "-", "": "-", "a.grovemap": "-",
	} {
		where, got, err := Network{Map: from + "#" + text}.MapSource()
		if want == "-" {
			if err == nil {
				t.Errorf("%q is taken", from)
			}
			continue
		}
		if err != nil || !strings.HasSuffix(where, want) || got != key.Public() {
			t.Errorf("%q: %q, %v", from, where, err)
		}
	}
	url := strings.NewReplacer("+", "-", "/", "_").Replace(text)
	if _, got, err := (Network{Map: "https://isp.example/a#" + url}).MapSource(); err != nil || got != key.Public() {
		t.Errorf("the key as in links: %v", err)
	}
}

// saved is Choices with one answer.
type saved struct {
	s   Settings
	err error
}

func (c saved) LoadSettings() (Settings, error) { return c.s, c.err }
func (c saved) SaveSettings(Settings) error     { return nil }

func TestLoadSettingsFallsBack(t *testing.T) {
	good := DefaultSettings()
	good.MaxActive = 7
	if s, err := LoadSettings(saved{s: good}); err != nil || s.MaxActive != 7 {
		t.Errorf("%+v, %v", s, err)
	}
	bad := good
	bad.Window.Scale = 99
	for _, c := range []saved{{s: good, err: errors.New("damaged")}, {s: bad}} {
		if s, err := LoadSettings(c); err == nil || s.MaxActive != 3 {
			t.Errorf("%+v, %v", s, err)
		}
	}
}

func TestParseTimetable(t *testing.T) {
	h, m := time.Hour, time.Minute
	for text, want := range map[string]Timetable{
		"":                           nil,
		"08:00,512k:128k 23:00,off":  {{8 * h, 512_000, 128_000}, {23 * h, 0, 0}},
		"23:00,off  08:00,512k:128k": {{8 * h, 512_000, 128_000}, {23 * h, 0, 0}},
		"0:05,2M":                    {{5 * m, 2_000_000, 2_000_000}},
		"00:00,off:1G 12:30,1.5M":    {{0, 0, 1_000_000_000}, {12*h + 30*m, 1_500_000, 1_500_000}},
		"07:00,1234:off":             {{7 * h, 1234, 0}},
	} {
		got, err := ParseTimetable(text)
		if err != nil || got.String() != want.String() || len(got) != len(want) {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
			continue
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%q: entry %d is %+v, want %+v", text, i, got[i], want[i])
			}
		}
	}
	for _, text := range []string{"08:00", "8,1M", "24:00,1M", "08:60,1M", "08:00,1M 08:00,2M", "08:00,", "08:00,0",
		"08:00,999", "08:00,-5k", "08:00,5T", "08:00,1M:2M:3M", "08:00,NaN", "08:00,Infk", "08:00,9999999G", "08:00 1M"} {
		if got, err := ParseTimetable(text); AsProblem(err) == nil || AsProblem(err).Kind != BadInput {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	if s := (Timetable{{8 * h, 512_000, 128_000}, {23 * h, 0, 0}}).String(); s != "08:00,512k:128k 23:00,off" {
		t.Errorf("String: %q", s)
	}
}

// TestTimetableRoundTrip: what is shown in a field and read back is the same.
func TestTimetableRoundTrip(t *testing.T) {
	rates := rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(minRate, maxRate),
		rapid.Map(rapid.Int64Range(1, 999), func(n int64) int64 { return n * 1_000_000 }))
	rapid.Check(t, func(t *rapid.T) {
		var table Timetable
		for minute := range rapid.MapOf(rapid.IntRange(0, 24*60-1), rapid.Just(true)).Draw(t, "minutes") {
			table = append(table, TimetableEntry{time.Duration(minute) * time.Minute, rates.Draw(t, "down"), rates.Draw(t, "up")})
		}
		back, err := ParseTimetable(table.String())
		slices.SortFunc(table, func(a, b TimetableEntry) int { return cmp.Compare(a.From, b.From) })
		if err != nil || !slices.Equal(back, table) {
			t.Fatalf("%q became %q, %v", table, back, err)
		}
	})
}

func TestLimitsFollowTheTimetable(t *testing.T) {
	zone := time.FixedZone("", -7*3600)
	at := func(h, m int) time.Time { return time.Date(2026, 6, 1, h, m, 59, 0, zone) }
	s := DefaultSettings()
	s.Down, s.Up = 5000, 6000
	if d, u := s.Limits(at(3, 0)); d != 5000 || u != 6000 {
		t.Errorf("without a timetable %d, %d", d, u)
	}
	s.Timetable, _ = ParseTimetable("08:00,512k:128k 23:00,off")
	for _, c := range []struct {
		at       time.Time
		down, up int64
	}{{at(7, 59), 0, 0}, {at(8, 0), 512_000, 128_000}, {at(22, 59), 512_000, 128_000}, {at(23, 0), 0, 0}, {at(0, 0), 0, 0}} {
		if d, u := s.Limits(c.at); d != c.down || u != c.up {
			t.Errorf("at %s: %d, %d", c.at.Format("15:04"), d, u)
		}
	}
}
