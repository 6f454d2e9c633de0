// Package tracker is where peers of a package find each other over HTTP: the
// client, and the handler that a server runs. docs/PROTOCOL.md has the format.
//
// A tracker knows keys, peer IDs and addresses. A key is a hash that tells
// nothing of the package to one who does not know it. What it knows ends with
// the announce it came from, in memory to the second and on disk within five
// minutes.
//
// A tracker is a hint. The client bounds what an answer may be and judges
// nothing else of it; the server believes of an announce only what it can see.
//
// Goroutines: one for each Server, which Close waits for. The client has those
// of net/http's connections, which end with Client.Close.
package tracker

import (
	"encoding/base32"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
)

const (
	askPath      = "routing/v1/providers/" // below a base, before a CID
	announcePath = "grove/v1/announce"     // below a base

	// MaxPeers is how many peers an answer has at most: as many as a download
	// has neighbours.
	MaxPeers = 50
	// MaxAddrs is how many addresses of one peer are announced and kept.
	MaxAddrs = 8

	maxBase = 512 // bytes of a base
	maxAddr = 512 // bytes of an address in text
)

// Announce is what one computer says of one package.
type Announce struct {
	Key   [32]byte       // the package's tag
	Addrs []ma.Multiaddr // where it can be dialled; with or without its own /p2p
	// Complete: it has all pieces. Gone: it leaves, and is forgotten at once.
	Complete, Gone bool
}

// Answer is what a tracker said.
type Answer struct {
	Peers []peer.AddrInfo // at most MaxPeers with MaxAddrs each, never this computer
	// Swarm is how many peers the tracker knows, Complete how many of them have
	// everything. Zero where it does not say.
	Swarm, Complete int
	// Again is when to announce again, Life how long an announce is kept.
	// Answers to Ask leave them zero.
	Again, Life time.Duration
}

var (
	// ErrNoAnnounce is in the error of an announce to a server that takes none.
	ErrNoAnnounce = errors.New("it takes no announces")
	// ErrNoAddress is in the error of an announce that names no address at
	// which the tracker sees this computer.
	ErrNoAddress = errors.New("none of the announced addresses is one that it sees this computer at")
)

// cidHead is CIDv1, codec raw, sha2-256, 32 bytes.
const cidHead = "\x01\x55\x12\x20"

var base32Lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// CID is the text under which a key is asked for: a CIDv1 of codec raw in
// base32, whose sha2-256 multihash has the key as its digest.
func CID(key [32]byte) string {
	return "b" + base32Lower.EncodeToString(append([]byte(cidHead), key[:]...))
}

// parseCID takes what CID makes, and that of any other one-byte codec: a
// provider has a multihash, whatever is behind it.
func parseCID(s string) (key [32]byte, ok bool) {
	const chars = 1 + (len(cidHead)+len(key))*8/5 + 1
	if len(s) != chars || s[0] != 'b' {
		return key, false
	}
	b, err := base32Lower.DecodeString(s[1:])
	if err != nil || len(b) != len(cidHead)+len(key) || b[0] != cidHead[0] || b[1] >= 0x80 || string(b[2:4]) != cidHead[2:] {
		return key, false
	}
	return [32]byte(b[len(cidHead):]), true
}

// parseBase reads the base of a tracker and returns it with the one spelling
// that announces are signed for: lower case, no port that goes without saying,
// "/" at the end.
func parseBase(s string) (u *url.URL, text string, err error) {
	if len(s) > maxBase {
		return nil, "", errors.New("longer than 512 bytes")
	}
	u, err = url.Parse(s)
	if err != nil {
		return nil, "", errors.New("not a web address") // the error repeats all of it
	}
	u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	switch {
	case u.Scheme != "http" && u.Scheme != "https" || u.Opaque != "" || u.Hostname() == "":
		return nil, "", errors.New("not a full web address")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, "", errors.New("more than a host and a path")
	}
	if p := u.Port(); u.Scheme == "http" && p == "80" || u.Scheme == "https" && p == "443" {
		u.Host = strings.TrimSuffix(u.Host, ":"+p)
	}
	if !strings.HasSuffix(u.Path, "/") {
		u = u.JoinPath("/")
	}
	return u, u.String(), nil
}
