package serve

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/boot"
	"grove/cmd/internal/files"
)

// Setting is one thing that can be said on the command line as --Name, in the
// environment as GROVE_SERVE_NAME and in the file as Name.
type Setting struct {
	Name    string
	Value   string // what the help calls a value; "" for a switch
	Many    bool   // a list
	Default string // as it would be said; "" is none
	Usage   string // for the help

	set func(c *Config, values []string) error // values are never empty
}

// Settings is the table of all, in the order they are shown.
func Settings() []Setting {
	return []Setting{
		{"roles", "ROLES", true, "", "what this server does: depot, tracker, relay, dht; several with commas between them", setRoles},
		{"data", "DIR", false, "", "data folder", text(func(c *Config) *string { return &c.Data })},
		{"url", "URL", false, "", "public address of this server, as in https://depot.example.org/", setURL},
		{"http", "ADDR", false, ":8080", "where to listen for HTTP", setAddress(func(c *Config) *string { return &c.HTTP })},
		{"tls-cert", "FILE", false, "", "certificate chain, PEM; read again when it changes (default: plain HTTP, for a proxy in front)", text(func(c *Config) *string { return &c.Cert })},
		{"tls-key", "FILE", false, "", "its secret key, PEM", text(func(c *Config) *string { return &c.Key })},
		{"trusted-proxy", "CIDR", true, "", "reverse proxy whose X-Forwarded-For is believed; may be repeated", setProxies},
		{"http-per-address", "N", false, "64", "HTTP connections that one address may have at a time", setCount(func(c *Config) *int { return &c.PerAddress }, 1, 1<<16)},

		{"allow", "KEY", true, "", "publisher whose packages are kept: a public key or a .pub file, with =SIZE behind it for a quota of its own; may be repeated", setAllow},
		{"quota", "SIZE", false, "auto", "room for packages: a size, none, or auto, nine tenths of what is free at the start or held already", setQuota},
		{"keep", "TIME", false, "90d", "the longest that a package is kept unless its publisher asks again", setSpan(func(c *Config) *time.Duration { return &c.Keep }, time.Hour)},

		{"listen", "MULTIADDR", true, "", "where to listen for peers, as in /ip4/0.0.0.0/tcp/4001; may be repeated (default: every interface, on a port of the data folder's own)", setMultiaddrs(func(c *Config) *[]string { return &c.Listen })},
		{"announce", "MULTIADDR", true, "", "address that others reach this server at where no interface has it; may be repeated", setMultiaddrs(func(c *Config) *[]string { return &c.Announce })},
		{"connections", "N", false, "4096", "connections with peers, at most", setCount(func(c *Config) *int { return &c.Conns }, 16, 1<<17)},

		{"relay-data", "SIZE", false, "128KiB", "what may pass through one relayed connection in each direction; 128KiB is enough to meet, and for no content", setRelayData},
		{"relay-time", "TIME", false, "2m", "how long a relayed connection may last", setSpan(func(c *Config) *time.Duration { return &c.RelayTime }, time.Second)},
		{"dht-prefix", "NAME", false, "", "hash table of your own, as in /example (default: the public one)", text(func(c *Config) *string { return &c.DHTPrefix })},
		{"dht-bootstrap", "MULTIADDR", true, "", "computer of that hash table to begin with; may be repeated", setBootstrap},

		{"metrics", "ADDR", false, "127.0.0.1:9464", "where to listen for /healthz, /readyz and /metrics; off is nowhere", setMetrics},
		{"metrics-public", "", false, "", "let that address be one that others reach", setSwitch(func(c *Config) *bool { return &c.MetricsPublic })},
		{"pprof", "", false, "", "profiles of the running program at /debug/pprof/ beside the metrics", setSwitch(func(c *Config) *bool { return &c.Pprof })},
		{"log-format", "WAY", false, "text", "text or json", setLogFormat},
		{"log-level", "LEVEL", false, "info", "debug, info, warn or error; debug has addresses of users in it", setLogLevel},
	}
}

func names() (all []string) {
	for _, s := range Settings() {
		all = append(all, s.Name)
	}
	return all
}

func text(at func(*Config) *string) func(*Config, []string) error {
	return func(c *Config, v []string) error { *at(c) = v[0]; return nil }
}

func setSwitch(at func(*Config) *bool) func(*Config, []string) error {
	return func(c *Config, v []string) (err error) {
		if *at(c), err = strconv.ParseBool(v[0]); err != nil {
			return fmt.Errorf("%q is neither true nor false", v[0])
		}
		return nil
	}
}

func setCount(at func(*Config) *int, low, high int) func(*Config, []string) error {
	return func(c *Config, v []string) error {
		n, err := strconv.Atoi(v[0])
		if err != nil || n < low || n > high {
			return fmt.Errorf("%q is not a number from %d to %d", v[0], low, high)
		}
		*at(c) = n
		return nil
	}
}

func setSpan(at func(*Config) *time.Duration, least time.Duration) func(*Config, []string) error {
	return func(c *Config, v []string) error {
		d, err := parseSpan(v[0])
		if err == nil && d < least {
			err = fmt.Errorf("%s is too short; %s is the least", v[0], least)
		}
		*at(c) = d
		return err
	}
}

func setRoles(c *Config, values []string) error {
	for _, v := range values {
		r := Role(strings.ToLower(v))
		if !slices.Contains(Roles(), r) {
			return fmt.Errorf("there is no role %q; there are depot, tracker, relay and dht", v)
		}
		if !c.Has(r) {
			c.Roles = append(c.Roles, r)
		}
	}
	return nil
}

func setURL(c *Config, v []string) error {
	u, err := url.Parse(v[0])
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("%q is not an http or https address", v[0])
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return errors.New("the address of a server has no password, ? or # in it")
	}
	// One spelling, which orders and announces are signed for.
	u.Host = strings.ToLower(u.Host)
	if p := u.Port(); u.Scheme == "http" && p == "80" || u.Scheme == "https" && p == "443" {
		u.Host = strings.TrimSuffix(u.Host, ":"+p)
	}
	if !strings.HasSuffix(u.Path, "/") {
		u = u.JoinPath("/")
	}
	c.Base = u
	return nil
}

func setAddress(at func(*Config) *string) func(*Config, []string) error {
	return func(c *Config, v []string) error {
		if _, _, err := net.SplitHostPort(v[0]); err != nil {
			return fmt.Errorf("%q is not an address to listen on; :8080 and 127.0.0.1:8080 are", v[0])
		}
		*at(c) = v[0]
		return nil
	}
}

func setMetrics(c *Config, v []string) error {
	if v[0] == "off" {
		c.Metrics = ""
		return nil
	}
	return setAddress(func(c *Config) *string { return &c.Metrics })(c, v)
}

func setProxies(c *Config, values []string) error {
	for _, v := range values {
		p, err := netip.ParsePrefix(v)
		if ip, iperr := netip.ParseAddr(v); iperr == nil {
			p, err = ip.Prefix(ip.BitLen())
		}
		if err != nil {
			return fmt.Errorf("%q is not a network; 10.0.0.0/8 and 127.0.0.1 are", v)
		}
		c.Proxies = append(c.Proxies, p.Masked())
	}
	return nil
}

func setQuota(c *Config, v []string) (err error) {
	switch v[0] {
	case "none":
		c.Quota = QuotaNone
	case "auto":
		c.Quota = QuotaAuto
	default:
		c.Quota, err = parseQuota(v[0])
	}
	return err
}

func parseQuota(s string) (int64, error) {
	n, err := parseSize(s)
	if err == nil && n == 0 {
		err = errors.New("nothing has room in a quota of 0")
	}
	return n, err
}

func setRelayData(c *Config, v []string) (err error) {
	if c.RelayData, err = parseSize(v[0]); err == nil && c.RelayData != 0 && c.RelayData < 16<<10 {
		err = fmt.Errorf("two computers cannot meet within %s; 128KiB is enough", v[0])
	}
	return err
}

// setAllow reads keys, files of keys, and either with =SIZE behind it.
func setAllow(c *Config, values []string) error {
	for _, v := range values {
		a := Allowed{}
		if at := strings.LastIndexByte(v, '='); at > 0 {
			if n, err := parseQuota(v[at+1:]); err == nil {
				v, a.Quota = v[:at], n
			} else if _, perr := pack.ParsePublicKey(v[:at]); perr == nil {
				return fmt.Errorf("behind %s=: %w", v[:at], err)
			}
		}
		var err error
		if a.Key, err = readKey(v); err != nil {
			return err
		}
		if slices.ContainsFunc(c.Allow, func(o Allowed) bool { return o.Key == a.Key }) {
			return fmt.Errorf("the key %s is there twice", a.Key)
		}
		c.Allow = append(c.Allow, a)
	}
	return nil
}

// readKey is the key that s is, or that the file s holds: a key alone, or
// minisign's two lines.
func readKey(s string) (pack.PublicKey, error) {
	key, err := pack.ParsePublicKey(s)
	if err == nil {
		return key, nil
	}
	b, ferr := files.Read(s, 4<<10)
	if p := app.AsProblem(ferr); p != nil && p.Kind == app.NotFound {
		return key, fmt.Errorf("%q is neither a public key, as grove keys show prints it (%w), nor a file", s, err)
	} else if ferr != nil {
		return key, ferr
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	if key, err = pack.ParsePublicKey(strings.TrimSpace(lines[len(lines)-1])); err != nil {
		return key, fmt.Errorf("%s does not hold a public key: %w", s, err)
	}
	return key, nil
}

// somebody is a peer ID, for a check of addresses that have none yet.
const somebody = "/p2p/12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"

func setMultiaddrs(at func(*Config) *[]string) func(*Config, []string) error {
	return func(c *Config, values []string) error {
		for _, v := range values {
			if err := boot.CheckPeer(v + somebody); err != nil {
				return fmt.Errorf("%q is not an address such as /ip4/0.0.0.0/tcp/4001 or /ip6/::/udp/4001/quic-v1: %w", v, errors.Unwrap(err))
			}
		}
		*at(c) = values
		return nil
	}
}

func setBootstrap(c *Config, values []string) error {
	for _, v := range values {
		if err := boot.CheckPeer(v); err != nil {
			return err
		}
	}
	c.DHTBootstrap = values
	return nil
}

func setLogFormat(c *Config, v []string) error {
	if v[0] != "text" && v[0] != "json" {
		return fmt.Errorf("%q is neither text nor json", v[0])
	}
	c.LogJSON = v[0] == "json"
	return nil
}

func setLogLevel(c *Config, v []string) error {
	switch v[0] {
	case "debug", "info", "warn", "error":
		c.LogLevel = v[0]
		return nil
	}
	return fmt.Errorf("%q is none of debug, info, warn and error", v[0])
}
