package serve

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"grove/app"
)

// check refuses what does not fit together.
func (c *Config) check() error {
	if len(c.Roles) == 0 {
		return badInput("--roles is needed: it says what this server does: depot, tracker, relay, dht, or several with commas between them")
	}
	if c.Has(Depot) && len(c.Allow) == 0 {
		return badInput("--allow is needed for a depot: it names the publishers whose packages are kept; grove keys show prints a key")
	}
	if (c.Cert == "") != (c.Key == "") {
		return badInput("--tls-cert and --tls-key belong together, and one of them is missing")
	}
	if c.Cert != "" {
		if _, err := tls.LoadX509KeyPair(c.Cert, c.Key); err != nil {
			return badInput("--tls-cert %s and --tls-key %s cannot be used: %w", c.Cert, c.Key, err)
		}
	}
	if err := c.checkBase(); err != nil {
		return err
	}
	if !c.MetricsPublic && c.Metrics != "" && !isLoopback(c.Metrics) {
		return badInput("--metrics %s is an address that others reach, and the metrics have no password; 127.0.0.1 is safe, and --metrics-public says that this is meant", c.Metrics)
	}
	set := app.DefaultSettings()
	set.Network.DHT = c.table()
	if c.DHTPrefix != "" && len(c.DHTBootstrap) == 0 {
		// The first computer of a network has nobody to begin with.
		set.Network.DHT.Bootstrap = []string{"/ip4/127.0.0.1/tcp/1/p2p/nobody"}
	}
	if err := set.Check(); err != nil {
		return badInput("--dht-prefix and --dht-bootstrap: %w", err)
	}
	return nil
}

// table is the hash table that this server takes part in.
func (c *Config) table() app.DHT { return app.DHT{Prefix: c.DHTPrefix, Bootstrap: c.DHTBootstrap} }

// checkBase finds the address by which others know this server.
func (c *Config) checkBase() error {
	said := &c.Said[slices.Index(names(), "url")]
	switch {
	case c.Base != nil && c.Base.Scheme == "http" && c.Cert != "":
		return badInput("--url %s begins with http, and there is a certificate; https is what others must use", c.Base)
	case c.Base == nil && said.From == byDefault:
		if c.Base = c.derived(c.HTTP); c.Base != nil {
			said.Values, said.From = []string{c.Base.String()}, "from http"
		}
	}
	if c.Base == nil && !c.anyPort() && (c.Has(Depot) || c.Has(Tracker)) {
		return badInput("--url is needed for a depot or a tracker: it is the address that publishers and peers use, as in https://depot.example.org/. They sign for this address, so that what is meant for one server cannot be used at another")
	}
	return nil
}

// anyPort: the address is known once it is listened on.
func (c *Config) anyPort() bool {
	host, port, _ := net.SplitHostPort(c.HTTP)
	ip, err := netip.ParseAddr(host)
	return port == "0" && err == nil && !ip.IsUnspecified()
}

// derived is the public address that listening at address makes; nil where
// that says nothing of what others use.
func (c *Config) derived(address string) *url.URL {
	host, port, err := net.SplitHostPort(address)
	if err != nil || port == "0" {
		return nil
	}
	if ip, err := netip.ParseAddr(host); err != nil || ip.IsUnspecified() {
		return nil
	}
	u := &url.URL{Scheme: "http", Host: net.JoinHostPort(host, port), Path: "/"}
	if c.Cert != "" {
		u.Scheme = "https"
	}
	return u
}

func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip, iperr := netip.ParseAddr(host)
	return err == nil && (host == "localhost" || iperr == nil && ip.IsLoopback())
}

// Print writes every setting with where its value comes from, in a form that
// --config reads.
func (c *Config) Print(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString("# What this server would be, and where each value comes from.\n")
	for _, s := range c.Said {
		if len(s.Values) == 0 {
			if s.Value != "" {
				fmt.Fprintf(&b, "# %s is not set\n", s.Name)
				continue
			}
			s.Values = []string{"false"}
		}
		fmt.Fprintf(&b, "%s = %s  # %s\n", s.Name, s.toml(), quoted(s.From, false))
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (s Said) toml() string {
	if s.Value == "" || s.Value == "N" {
		return s.Values[0]
	}
	var all []string
	for _, v := range s.Values {
		all = append(all, quoted(v, true))
	}
	if s.Many {
		return "[" + strings.Join(all, ", ") + "]"
	}
	return all[0]
}

// quoted is s as a TOML string, which is JSON's but for DEL; without quotes it
// is fit for a comment.
func quoted(s string, quotes bool) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always can be
	text := strings.ReplaceAll(strings.TrimSuffix(b.String(), "\n"), "\x7f", `\u007f`)
	if !quotes {
		text = text[1 : len(text)-1]
	}
	return text
}
