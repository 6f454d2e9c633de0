package main

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"grove/app"
	"grove/storage"
)

// savedSettings are the settings of a data folder.
func savedSettings(t *testing.T, data string) app.Settings {
	t.Helper()
	s, err := storage.Open(data, storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	set, err := s.LoadSettings()
	if cerr := s.Close(); err != nil || cerr != nil {
		t.Fatal(err, cerr)
	}
	return set
}

// TestEverySettingHasAName: what the type has, and nothing else, is listed,
// can be shown and read back.
func TestEverySettingHasAName(t *testing.T) {
	set := app.DefaultSettings()
	set.Up, set.Timetable, set.Network.Relays = 2_500_000, app.Timetable{{From: 0, Down: 5000}}, []string{"/a", "/b"}
	seen := map[string]bool{}
	for _, s := range allSettings() {
		if s.name == "" || strings.HasSuffix(s.name, ".") || seen[s.name] {
			t.Errorf("%q is no name, or there twice", s.name)
		}
		seen[s.name] = true
		var back app.Settings
		words := s.words(&set)
		if len(words) == 0 {
			words = []string{""}
		}
		if s.typ == timetableType && words[0] == "" {
			words = nil
		}
		if err := s.put(&back, words); err != nil || string(s.json(&back)) != string(s.json(&set)) {
			t.Errorf("%s: %q is read as %s, not %s: %v", s.name, words, s.json(&back), s.json(&set), err)
		}
		// An amount is bytes or bytes a second: whoever adds one decides.
		if s.typ.Kind() == reflect.Int64 && !s.isRate() && s.name != "giving.budget" {
			t.Errorf("%s is neither known as a rate nor as a size", s.name)
		}
	}
	for _, want := range []string{"network.dht.prefix", "network.finders.lan", "giving.budget", "timetable", "window.scale", "network.relays"} {
		if !seen[want] {
			t.Errorf("there is no %s", want)
		}
	}
	for path := range leaves(t, set) {
		if !seen[path] {
			t.Errorf("%s is in the JSON form and no setting", path)
		}
	}
}

// leaves are the paths of a JSON object's values.
func leaves(t *testing.T, v any) map[string]bool {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := json.Unmarshal(b, &tree); err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	var walk func(prefix string, m map[string]any)
	walk = func(prefix string, m map[string]any) {
		for k, v := range m {
			if sub, ok := v.(map[string]any); ok {
				walk(prefix+k+".", sub)
			} else {
				all[prefix+k] = true
			}
		}
	}
	walk("", tree)
	return all
}

func TestConfigSet(t *testing.T) {
	const relay = "/dns4/relay.example.org/tcp/4001/p2p/12D3KooWRelay"
	for _, c := range []struct {
		args []string
		get  func(app.Settings) any
		want any
	}{
		{[]string{"max_active", "7"}, func(s app.Settings) any { return s.MaxActive }, 7},
		{[]string{"policy=thrifty"}, func(s app.Settings) any { return s.Policy }, app.PolicyThrifty},
		{[]string{"policy", "fast"}, func(s app.Settings) any { return s.Policy }, app.PolicyFast},
		{[]string{"up", "5M"}, func(s app.Settings) any { return s.Up }, int64(5e6)},
		{[]string{"down", "20Mbit"}, func(s app.Settings) any { return s.Down }, int64(2.5e6)},
		{[]string{"giving.budget", "20GiB"}, func(s app.Settings) any { return s.Giving.Budget }, int64(20 << 30)},
		{[]string{"giving.budget", "0"}, func(s app.Settings) any { return s.Giving.Budget }, int64(0)},
		{[]string{"giving.on_battery", "yes"}, func(s app.Settings) any { return s.Giving.OnBattery }, true},
		{[]string{"giving.on_full_screen", "on"}, func(s app.Settings) any { return s.Giving.OnFullScreen }, true},
		{[]string{"giving.after_times", "1.5"}, func(s app.Settings) any { return s.Giving.AfterTimes }, 1.5},
		{[]string{"network.mapping", "off"}, func(s app.Settings) any { return s.Network.Mapping }, false},
		{[]string{"network.local_only=yes"}, func(s app.Settings) any { return s.Network.LocalOnly }, true},
		{[]string{"network.finders.lan", "False"}, func(s app.Settings) any { return s.Network.Finders.LAN }, false},
		{[]string{"network.relays", relay, relay + "2"}, func(s app.Settings) any { return s.Network.Relays }, []string{relay, relay + "2"}},
		{[]string{"network.relays=" + relay, "network.relays=" + relay + "2"}, func(s app.Settings) any { return s.Network.Relays }, []string{relay, relay + "2"}},
		{[]string{"network.dht.prefix=/x", "network.dht.bootstrap=" + relay}, func(s app.Settings) any { return s.Network.DHT }, app.DHT{Prefix: "/x", Bootstrap: []string{relay}}},
		{[]string{"network.proxy", "socks5://user:pass=word@127.0.0.1:9"}, func(s app.Settings) any { return s.Network.Proxy }, "socks5://user:pass=word@127.0.0.1:9"},
		{[]string{"timetable", "23:00,off", "08:00,512k:128k"}, func(s app.Settings) any { return s.Timetable.String() }, "08:00,512k:128k 23:00,off"},
		{[]string{"timetable=08:00,512k 23:00,off"}, func(s app.Settings) any { return s.Timetable.String() }, "08:00,512k 23:00,off"},
		{[]string{"window.appearance", "dark"}, func(s app.Settings) any { return s.Window.Appearance }, "dark"},
	} {
		data := t.TempDir()
		groveAt(data, append([]string{"config", "set"}, c.args...)...).want(t, 0, " now; it was ")
		if got := c.get(savedSettings(t, data)); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: %v, want %v", c.args, got, c.want)
		}
	}
}

func TestConfigRefuses(t *testing.T) {
	data := t.TempDir()
	groveAt(data, "config", "set", "up", "5M").want(t, 0)
	before := savedSettings(t, data)
	for _, c := range []struct{ args, says string }{
		{"set network.mapings on", "there is network.mapping."},
		{"set relays /x", "there is network.relays."},
		{"set dht on", "network.finders.dht, network.dht.prefix, network.dht.bootstrap"},
		{"set Network.Local-Only on", "there is network.local_only"},
		{"set xyzzyxyzzy on", `There is no setting "xyzzyxyzzy". (grove config lists them all)`},
		{"get up.down", "There is no setting"},
		{"set up", "reset up gives it back"},
		{"set up fast", `up is bytes a second such as 5M, bits such as 20Mbit, or off, not "fast"`},
		{"set up 5M 6M", "up is one value, not 2"},
		{"set up 10", "up must be 0, or from 1000"},
		{"set up=7M max_active=0", "max_active must be from 1 to 100"},
		{"set up=7M network.mapping on", "After NAME=VALUE only more of them"},
		{"set policy cheap", `policy is fast, thrifty or publisher, not "cheap"`},
		{"set policy fast thrifty", "policy is one value, not 2"},
		{"set giving.budget 20XB", "giving.budget is bytes such as 20GB"},
		{"set giving.after_times NaN", "is a number"},
		{"set max_active 1.5", "is a whole number"},
		{"set network.mapping maybe", "is on or off"},
		{"set network.dht.prefix /x", "network.dht.bootstrap must name a computer of the network /x"},
		{"set timetable 25:00,off", "timetable: "},
		{"reset", "--all"},
		{"reset --all up", "--all"},
		{"reset nothing", "There is no setting"},
		{"fly", `unknown command "fly"`},
	} {
		groveAt(data, append([]string{"config"}, strings.Fields(c.args)...)...).want(t, 2, c.says)
	}
	if after := savedSettings(t, data); !reflect.DeepEqual(after, before) {
		t.Errorf("a refused change changed %+v to %+v", before, after)
	}
}

func TestConfigReset(t *testing.T) {
	data := t.TempDir()
	groveAt(data, "config", "set", "up=5M", "down=6M", "network.mapping=off").want(t, 0)
	groveAt(data, "config", "reset", "up", "network.mapping").want(t, 0, "network.mapping is on now; it was off.")
	want := app.DefaultSettings()
	want.Down = 6e6
	if got := savedSettings(t, data); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	groveAt(data, "config", "reset", "--all").want(t, 0)
	if got := savedSettings(t, data); !reflect.DeepEqual(got, app.DefaultSettings()) {
		t.Errorf("%+v", got)
	}
}

func TestConfigShow(t *testing.T) {
	data := t.TempDir()
	groveAt(data, "config", "set", "up=2500k", "network.proxy=http://ann:hidden@127.0.0.1:9", "network.peers_past_proxy=on").want(t, 0)
	for _, args := range [][]string{{"config"}, {"config", "show"}} {
		o := groveAt(data, args...).want(t, 0, "GROVE_LOCAL_ONLY is 1")
		lines := strings.Split(strings.TrimSpace(o.out), "\n")
		if len(lines) != len(allSettings()) {
			t.Fatalf("%d lines:\n%s", len(lines), o.out)
		}
		for _, want := range []string{"up                        changed  2500k (default: off)", "max_active                default  3", "giving.budget             default  20GB"} {
			if !slices.Contains(lines, want) {
				t.Errorf("no line %q in\n%s", want, o.out)
			}
		}
		if strings.Contains(o.out+o.errs, "hidden") {
			t.Errorf("a password is shown:\n%s", o.out)
		}
	}
	lines := jsonLines(t, groveAt(data, "config", "show", "--json").want(t, 0).out)
	last := lines[len(lines)-1]
	if len(lines) != len(allSettings())+1 || last["event"] != "summary" || last["changed"] != 3.0 {
		t.Fatalf("%d lines, %v", len(lines), last)
	}
	for _, l := range lines[:len(lines)-1] {
		if l["event"] != "setting" || l["words"] == nil || (l["default"] == false) != slices.Contains([]string{"up", "network.proxy", "network.peers_past_proxy"}, l["name"].(string)) {
			t.Errorf("%v", l)
		}
		if l["name"] == "network.relays" && l["value"] == nil {
			t.Errorf("an empty list is null: %v", l)
		}
	}
}

func TestConfigGet(t *testing.T) {
	data := t.TempDir()
	groveAt(data, "config", "set", "network.relays=/ip4/192.0.2.1/p2p/a", "network.relays=/ip4/192.0.2.2/p2p/b", "timetable=08:00,512k 23:00,off").want(t, 0)
	for name, want := range map[string]string{
		"network.relays": "/ip4/192.0.2.1/p2p/a\n/ip4/192.0.2.2/p2p/b\n", "timetable": "08:00,512k 23:00,off\n",
		"network.proxy": "", "policy": "publisher\n", "giving.on": "on\n", "giving.budget": "20GB\n",
	} {
		if o := groveAt(data, "config", "get", name).want(t, 0); o.out != want || o.errs != "" {
			t.Errorf("%s: %q, %q", name, o.out, o.errs)
		}
	}
	line := jsonLines(t, groveAt(data, "config", "get", "giving.budget", "--json").want(t, 0).out)[0]
	if line["event"] != "setting" || line["value"] != 20e9 || line["default"] != true {
		t.Errorf("%v", line)
	}
}

// TestConfigRepairs: settings that an other version saved, and that this one
// cannot use, are shown as they are and changed like others.
func TestConfigRepairs(t *testing.T) {
	data := t.TempDir()
	s, err := storage.Open(data, storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	set := app.DefaultSettings()
	set.MaxActive, set.Up = 999, 5e6
	if err := s.SaveSettings(set); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	groveAt(data, "config").want(t, 0, "cannot be used, so the defaults hold: max_active must be")
	groveAt(data, "config", "set", "down", "5M").want(t, 2, "max_active must be")
	groveAt(data, "config", "set", "max_active", "9").want(t, 0)
	if got := savedSettings(t, data); got.MaxActive != 9 || got.Up != 5e6 {
		t.Errorf("%+v", got)
	}
}

func TestConfigInUse(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s, err := storage.Open(data, storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, args := range [][]string{{"config"}, {"config", "set", "up", "5M"}} {
		groveAt(data, args...).want(t, 11, "Another Grove is using")
	}
}

func TestConfigCompletion(t *testing.T) {
	for _, c := range []struct {
		args string
		want []string
	}{
		{"set network.d", []string{"network.dht.prefix", "network.dht.bootstrap"}},
		{"get tim", []string{"timetable"}},
		{"reset up down network.mapp", []string{"network.mapping"}},
		{"set network.mapping o", []string{"on", "off"}},
		{"set policy f", []string{"fast"}},
		{"set policy p", []string{"publisher"}},
		{"set nothing o", nil},
		{"set max_active 1", nil},
	} {
		o := groveAt(t.TempDir(), append([]string{"__complete", "config"}, strings.Fields(c.args)...)...)
		var got []string
		for _, l := range strings.Split(strings.TrimSpace(o.out), "\n") {
			if !strings.HasPrefix(l, ":") {
				got = append(got, l)
			}
		}
		if !slices.Equal(got, c.want) || !strings.Contains(o.out, ":4") {
			t.Errorf("%s: %q", c.args, o.out)
		}
	}
}

func TestAmountText(t *testing.T) {
	for _, c := range []struct {
		n    int64
		rate bool
		want string
	}{{0, true, "off"}, {0, false, "0"}, {5e6, true, "5M"}, {2_500_000, true, "2500k"}, {1001, true, "1001"}, {20e9, false, "20GB"}, {1500, false, "1500"}, {1 << 30, false, "1073741824"}} {
		if got := amountText(c.n, c.rate); got != c.want {
			t.Errorf("%d: %q, want %q", c.n, got, c.want)
		}
		if back, err := readAmount(c.want, c.rate); err != nil || back != c.n {
			t.Errorf("%q is read as %d, %v", c.want, back, err)
		}
	}
	for _, s := range []string{"", "-1", "GB", "1e9", "5X", "inf", "1.2.3", "0x10", "9999999999T"} {
		if n, err := parseSize(s); err == nil {
			t.Errorf("%q is a size: %d", s, n)
		}
	}
}
