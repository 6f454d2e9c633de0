// Package serve is the server that a publisher may run: depot, tracker, relay
// and a part of a hash table in one process, with HTTP in front of it and
// health and metrics beside it.
//
// Load makes a Config of flags, environment and file; Run starts what it says
// and stops it in order. A Run has goroutines for the two HTTP servers, which
// it waits for; everything else belongs to what it started.
package serve

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"grove/app/pack"
)

// Role is one thing that a server does for others.
type Role string

const (
	Depot   Role = "depot"   // keeps packages for publishers, over HTTP and libp2p
	Tracker Role = "tracker" // tells peers of a package of each other
	Relay   Role = "relay"   // lets two computers behind NATs meet
	DHT     Role = "dht"     // holds its part of a hash table
)

// Roles are all there are, in the order they are shown.
func Roles() []Role { return []Role{Depot, Tracker, Relay, DHT} }

// Allowed is a publisher whose packages a depot keeps.
type Allowed struct {
	Key   pack.PublicKey
	Quota int64 // bytes of all packages of this key; 0 is no bound of its own
}

// Values of Config.Quota that are no number of bytes.
const (
	QuotaNone = 0  // the disk is the bound
	QuotaAuto = -1 // nine tenths of the room for packages at the start
)

// Config is what a server is, checked; Load makes one.
type Config struct {
	Roles []Role
	Data  string // "": what boot.Folder finds

	Allow []Allowed
	Quota int64         // bytes of all packages; QuotaNone, QuotaAuto
	Keep  time.Duration // the longest that a depot agrees to

	HTTP       string         // address to listen on
	Base       *url.URL       // as others see it, with a path that ends in "/"; nil: from the address
	Cert, Key  string         // files of PEM; "" is plain HTTP
	Proxies    []netip.Prefix // whose X-Forwarded-For is believed
	PerAddress int            // HTTP connections at a time

	Listen    []string // multiaddrs; nil is every interface on the folder's own port
	Announce  []string // multiaddrs that others may dial
	Conns     int      // of libp2p, in all
	RelayData int64    // bytes a connection and direction; 0 is enough to meet
	RelayTime time.Duration

	DHTPrefix    string
	DHTBootstrap []string

	Metrics       string // address to listen on; "" is none
	MetricsPublic bool   // it need not be loopback
	Pprof         bool
	LogJSON       bool
	LogLevel      string // debug, info, warn or error

	Version string // of this program, for metrics and health; the caller sets it

	// Said is every setting with where its value comes from, in the order they
	// are shown.
	Said []Said

	grace time.Duration // for requests under way at the end; 0 is stopGrace
}

// Has reports whether the server has role r.
func (c *Config) Has(r Role) bool { return slices.Contains(c.Roles, r) }

// roleText is the roles as a list for people.
func (c *Config) roleText() string {
	var names []string
	for _, r := range c.Roles {
		names = append(names, string(r))
	}
	return strings.Join(names, ", ")
}
