package app

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"grove/app/pack"
)

// Settings are what the user chose, beside what belongs to one transfer. The
// JSON form is stored; a field that is not in it has its default.
type Settings struct {
	Welcomed  bool   `json:"welcomed"`   // the first start's choice was made
	Folder    string `json:"folder"`     // absolute; "" is the system's folder for downloads
	MaxActive int    `json:"max_active"` // downloads at a time, at least 1

	// Policy takes the place of what publishers ask for, but not of what was
	// chosen for one transfer.
	Policy Policy `json:"policy,omitempty"`

	// Down and Up are bytes a second over everything; 0 is none. While an entry
	// of Timetable holds, its limits take their place.
	Down      int64     `json:"down"`
	Up        int64     `json:"up"`
	Timetable Timetable `json:"timetable,omitempty"`

	Giving  Giving  `json:"giving"`
	Network Network `json:"network"`
	Window  Window  `json:"window"`
}

// Giving is how much this computer gives to others.
type Giving struct {
	On bool `json:"on"` // off: nothing is given, shares in place included
	// A finished download is shared until it was given AfterTimes times its
	// size, or AfterHours hours passed, whichever is first. Either may be 0:
	// then sharing ends with the download.
	AfterTimes float64 `json:"after_times"`
	AfterHours float64 `json:"after_hours"`
	Budget     int64   `json:"budget"` // bytes a calendar month; 0 is no bound
	// What is given also on battery and so on, see Surroundings.
	OnBattery    bool `json:"on_battery,omitempty"`
	OnMetered    bool `json:"on_metered,omitempty"`
	OnVPN        bool `json:"on_vpn,omitempty"`
	OnFullScreen bool `json:"on_full_screen,omitempty"`
}

// Network is how Grove reaches others. A change takes effect by starting the
// node and the HTTP client anew.
type Network struct {
	Peers bool `json:"peers"` // off: HTTP servers only, and nothing is shared
	// Bind is the name of a network interface, or an address of this computer,
	// that everything goes through; "" is any.
	Bind string `json:"bind,omitempty"`
	// Proxy is an http, https or socks5 URL for everything that is HTTP. With
	// one there are no peers unless PeersPastProxy: their connections do not go
	// through it.
	Proxy          string `json:"proxy,omitempty"`
	PeersPastProxy bool   `json:"peers_past_proxy,omitempty"`
	// Map is where a network map lies, a web address or the full path of a file, and
	// after a # the public key of whoever gives it; "" is none.
	Map string `json:"map,omitempty"`
	// LocalOnly keeps everything on this computer and its local network.
	LocalOnly bool `json:"local_only,omitempty"`

	Finders Finders `json:"finders"`
	// Relays are multiaddrs of relays, ending in /p2p/ and a peer ID, that help
	// two networks to a direct connection, beside those of packages and links.
	Relays  []string `json:"relays,omitempty"`
	DHT     DHT      `json:"dht,omitzero"`
	Mapping bool     `json:"mapping"` // ask the router to let connections in (UPnP, NAT-PMP, PCP)
	// Unpaced gives what the connections take, whoever else wants the line.
	Unpaced bool `json:"unpaced,omitempty"`
	// Gentle takes, of the line, only what nobody else wants for his own downloads.
	Gentle bool `json:"gentle,omitempty"`
}

// Finders are the ways of finding others beside the addresses in links and
// packages.
type Finders struct {
	LAN      bool `json:"lan"`      // the local network, by mDNS
	Tracker  bool `json:"tracker"`  // the trackers that packages name
	Exchange bool `json:"exchange"` // those that peers of the same package know
	DHT      bool `json:"dht"`      // last
}

// DHT is which distributed hash table is asked; the zero value is the public
// one.
type DHT struct {
	Prefix    string   `json:"prefix,omitempty"`    // of the protocol, as in /example; "" is the public network's
	Bootstrap []string `json:"bootstrap,omitempty"` // multiaddrs to begin with, ending in /p2p/ and a peer ID
}

// Window is what the desktop program keeps for itself.
type Window struct {
	Language   string  `json:"language"`   // a tag such as "pt"; "" is the system's
	Appearance string  `json:"appearance"` // AppearanceSystem and so on
	Scale      float64 `json:"scale"`      // 1 is the system's
	Bits       bool    `json:"bits"`       // rates in Mbit/s instead of MB/s
	Tray       bool    `json:"tray"`       // where a tray is, closing the window leaves Grove in it
	CloseTold  bool    `json:"close_told"` // what closing does was said once
	Clipboard  bool    `json:"clipboard"`  // a link on the clipboard is offered
	Notify     bool    `json:"notify"`     // say when a download is complete
	Autostart  bool    `json:"autostart"`  // start with the session
}

// The values of Window.Appearance.
const (
	AppearanceSystem = "system"
	AppearanceLight  = "light"
	AppearanceDark   = "dark"
)

// DefaultSettings are what a new data folder begins with.
func DefaultSettings() Settings {
	return Settings{
		MaxActive: 3,
		Giving:    Giving{On: true, AfterTimes: 1, AfterHours: 2, Budget: 20e9},
		Network: Network{Peers: true, Mapping: true,
			Finders: Finders{LAN: true, Tracker: true, Exchange: true, DHT: true}},
		Window: Window{Appearance: AppearanceSystem, Scale: 1, Tray: true, Clipboard: true, Notify: true},
	}
}

// LoadSettings returns what is saved in c, and the defaults where that cannot
// be used; the error says why.
func LoadSettings(c Choices) (Settings, error) {
	s, err := c.LoadSettings()
	if err == nil {
		err = s.Check()
	}
	if err != nil {
		return DefaultSettings(), err
	}
	return s, nil
}

// Limits are the bytes a second that hold at now, by its clock; 0 is none.
func (s Settings) Limits(now time.Time) (down, up int64) {
	if e := s.Timetable.at(now); e != nil {
		return e.Down, e.Up
	}
	return s.Down, s.Up
}

const maxBudget = 1_000_000_000_000_000 // bytes a month

const (
	minRate = 1000 // bytes a second; less would not move
	maxRate = 1_000_000_000_000
)

// Check refuses what cannot be meant with a BadInput problem that names the
// field and its bounds.
func (s Settings) Check() error {
	for _, n := range []struct {
		field     string
		value     float64
		low, high float64
	}{
		{"max_active", float64(s.MaxActive), 1, 100},
		{"giving.after_times", s.Giving.AfterTimes, 0, 1000},
		{"giving.after_hours", s.Giving.AfterHours, 0, 8760},
		{"giving.budget", float64(s.Giving.Budget), 0, maxBudget},
		{"window.scale", s.Window.Scale, 0.5, 3},
	} {
		if !(n.value >= n.low && n.value <= n.high) { // NaN is outside too
			return badInput("%s must be from %g to %.0f", n.field, n.low, n.high)
		}
	}
	if s.Folder != "" && !filepath.IsAbs(s.Folder) {
		return badInput("folder must be empty or a full path")
	}
	if err := checkRate("down", s.Down); err != nil {
		return err
	}
	if err := checkRate("up", s.Up); err != nil {
		return err
	}
	if err := s.Policy.check("policy"); err != nil {
		return err
	}
	if err := s.Timetable.check(); err != nil {
		return err
	}
	if err := s.Network.check(); err != nil {
		return err
	}
	return s.Window.check()
}

func checkRate(field string, n int64) error {
	if n != 0 && (n < minRate || n > maxRate) {
		return badInput("%s must be 0, or from %d to %d bytes a second", field, minRate, maxRate)
	}
	return nil
}

func badInput(format string, args ...any) *Problem {
	return NewProblem(BadInput, fmt.Sprintf(format, args...), nil)
}

func (n Network) check() error {
	if len(n.Bind) > 256 || !printable(n.Bind) {
		return badInput("network.bind must be the name of a network interface, or an address, of at most 256 bytes")
	}
	if p := n.DHT.Prefix; p != "" && (!strings.HasPrefix(p, "/") || len(p) < 2 || len(p) > 64 || !printable(p)) {
		return badInput("network.dht.prefix must be empty, or / and a name of at most 63 bytes")
	}
	if n.DHT.Prefix != "" && len(n.DHT.Bootstrap) == 0 {
		return badInput("network.dht.bootstrap must name a computer of the network %s", n.DHT.Prefix)
	}
	for _, l := range []struct {
		field string
		addrs []string
	}{{"network.relays", n.Relays}, {"network.dht.bootstrap", n.DHT.Bootstrap}} {
		if len(l.addrs) > maxHelpers {
			return badInput("%s must be at most %d addresses", l.field, maxHelpers)
		}
		for _, a := range l.addrs {
			if len(a) > 256 || !printable(a) || !strings.HasPrefix(a, "/") || !strings.Contains(a, "/p2p/") {
				return badInput("%s must be addresses such as /dns4/relay.example.org/tcp/4001/p2p/12D3..., not %q", l.field, a)
			}
		}
	}
	if _, _, err := n.MapSource(); err != nil {
		return err
	}
	_, err := n.ProxyURL()
	return err
}

// MapSource is Map taken apart; where is "" where there is none.
func (n Network) MapSource() (where string, key pack.PublicKey, err error) {
	if n.Map == "" {
		return "", key, nil
	}
	cut := strings.LastIndexByte(n.Map, '#')
	if cut < 0 || len(n.Map) > 2048 || !printable(n.Map) {
		return "", key, badInput("network.map must be a web address or a path, then # and the public key of whoever gives the map")
	}
	where = n.Map[:cut]
	u, err := url.Parse(where)
	web := err == nil && u.Host != "" && u.User == nil && (u.Scheme == "http" || u.Scheme == "https")
	if !web && !filepath.IsAbs(where) {
		return "", key, badInput("network.map must begin with https:// or be the full path of a file")
	}
	if key, err = pack.ParsePublicKey(n.Map[cut+1:]); err != nil {
		return "", key, NewProblem(BadInput, "network.map must end with # and the public key of whoever gives the map", err)
	}
	return where, key, nil
}

// maxHelpers bounds each list of helping computers.
const maxHelpers = 16

// ProxyURL is Proxy, and nil where there is none.
func (n Network) ProxyURL() (*url.URL, error) {
	if n.Proxy == "" {
		return nil, nil
	}
	u, err := url.Parse(n.Proxy)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "socks5" {
		// The address may have a password in it and is not repeated.
		return nil, badInput("network.proxy must be an http, https or socks5 address")
	}
	return u, nil
}

func (w Window) check() error {
	switch w.Appearance {
	case AppearanceSystem, AppearanceLight, AppearanceDark:
	default:
		return badInput("window.appearance must be %s, %s or %s", AppearanceSystem, AppearanceLight, AppearanceDark)
	}
	if len(w.Language) > 35 || !printable(w.Language) {
		return badInput("window.language must be a language tag of at most 35 bytes")
	}
	return nil
}

// printable reports whether s has no character that could pass for another or
// for nothing: no control, format or separator character but the space.
func printable(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}
