package tracker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
)

const (
	maxAnswer = 256 << 10 // bytes: fifty peers with eight relayed addresses each are half of that

	defaultAgain, defaultLife = 30 * time.Minute, 40 * time.Minute // where an answer does not say
	leastAgain, mostAgain     = time.Minute, 2 * time.Hour         // whatever it says
	mostAfter                 = time.Hour                          // of what Retry-After may ask for
	mostSwarm                 = 1_000_000_000
)

// What an answer can be beside good.
var errNobody = errors.New("nobody is known there")

type busyError struct{ after time.Duration }

func (*busyError) Error() string { return "it asked to be left alone for a while" }

// clockError asks for an announce with another time.
type clockError struct{ want int64 }

func (*clockError) Error() string { return "it did not take the time of the announce" }

// readBody reads an answer that is not longer than it may be.
func readBody(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxAnswer+1))
	if err == nil && len(b) > maxAnswer {
		err = fmt.Errorf("its answer is over %d KiB", maxAnswer>>10)
	}
	return b, err
}

// judge finds out what an answer is by its status. The server's own words are
// not repeated.
func judge(resp *http.Response, body []byte, announced bool) error {
	switch s := resp.StatusCode; {
	case s == http.StatusOK:
		return nil
	case s == http.StatusTooManyRequests, s == http.StatusServiceUnavailable:
		return &busyError{retryAfter(resp.Header.Get("Retry-After"), time.Now())}
	case s == http.StatusNotFound && !announced:
		return errNobody // as servers said before IPIP-513
	case announced && (s == http.StatusNotFound || s == http.StatusMethodNotAllowed || s == http.StatusGone || s == http.StatusNotImplemented):
		return fmt.Errorf("%w (%d)", ErrNoAnnounce, s)
	default:
		var p problem
		_ = json.Unmarshal(body, &p) // what is no JSON has no reason
		return statusError(s, p, announced)
	}
}

func statusError(status int, p problem, announced bool) error {
	if announced && status >= 400 && status < 500 {
		switch p.Error {
		case refusedClock, refusedOlder:
			if p.Time > 0 {
				return &clockError{p.Time}
			}
		case refusedAddress:
			return ErrNoAddress
		case refusedPath:
			return fmt.Errorf("%w (%d)", ErrNoAnnounce, status)
		case refusedAudience:
			return errors.New("it says that this address is not its own")
		case refusedSize, refusedForm, refusedVersion, refusedSignature:
			return fmt.Errorf("it did not take the announce (%s)", p.Error)
		}
	}
	return fmt.Errorf("it answered %d", status)
}

// retryAfter reads seconds or a date; what it cannot read is 0.
func retryAfter(s string, now time.Time) time.Duration {
	var d time.Duration
	if n, err := strconv.ParseUint(s, 10, 31); err == nil {
		d = time.Duration(n) * time.Second
	} else if t, err := http.ParseTime(s); err == nil {
		d = t.Sub(now)
	}
	return min(max(d, 0), mostAfter)
}

// read makes an Answer of a good answer's body.
func (c *Client) read(t target, b []byte, announced bool) (Answer, error) {
	a, err := parseAnswer(b, c.id)
	if err != nil {
		return Answer{}, c.fault(context.Background(), t, err)
	}
	if !announced {
		a.Again, a.Life = 0, 0
	}
	return a, nil
}

// parseAnswer reads the JSON of HTTP Routing V1 with what Grove adds. Records
// that are not peers with an address, or are wrong, are skipped; own is left
// out.
func parseAnswer(b []byte, own peer.ID) (Answer, error) {
	var list struct {
		Providers []json.RawMessage
		Grove     json.RawMessage
	}
	if err := json.Unmarshal(b, &list); err != nil {
		return Answer{}, errors.New("its answer cannot be read")
	}
	var t tail
	if json.Unmarshal(list.Grove, &t) != nil {
		t = tail{} // an extension of somebody else's
	}
	out := Answer{
		Swarm:    min(max(t.Swarm, 0), mostSwarm),
		Complete: min(max(t.Complete, 0), mostSwarm),
		Again:    seconds(t.Again, defaultAgain),
		Life:     seconds(t.Life, defaultLife),
	}
	seen := map[peer.ID]bool{own: true}
	for _, raw := range list.Providers {
		if len(out.Peers) == MaxPeers {
			break
		}
		var p struct {
			Schema, ID string
			Addrs      []string
		}
		if json.Unmarshal(raw, &p) != nil || p.Schema != "peer" {
			continue
		}
		id, err := peer.Decode(p.ID)
		if err != nil || seen[id] {
			continue
		}
		if addrs := addrsOf(p.Addrs, id); len(addrs) > 0 {
			seen[id] = true
			out.Peers = append(out.Peers, peer.AddrInfo{ID: id, Addrs: addrs})
		}
	}
	return out, nil
}

// addrsOf are the addresses of a peer in an answer that can be read, at most
// MaxAddrs. Whether one may be dialled is not judged here.
func addrsOf(texts []string, id peer.ID) (out []ma.Multiaddr) {
	for _, text := range texts {
		if len(out) == MaxAddrs {
			break
		}
		if len(text) > maxAddr {
			continue
		}
		addr, err := ma.NewMultiaddr(text)
		if err != nil {
			continue
		}
		if rest, own := withoutOwn(addr, id); own && len(rest) > 0 {
			out = append(out, rest)
		}
	}
	return out
}

// merge puts the answers of two families together.
func merge(answers []Answer) Answer {
	out := answers[0]
	for _, a := range answers[1:] {
		for i, p := range a.Peers {
			if slices.ContainsFunc(out.Peers, func(q peer.AddrInfo) bool { return q.ID == p.ID }) {
				continue
			}
			// The near ones of either family come first.
			at := min(2*i+1, len(out.Peers))
			out.Peers = slices.Insert(out.Peers, at, p)
		}
		out.Peers = out.Peers[:min(len(out.Peers), MaxPeers)]
		out.Swarm, out.Complete = max(out.Swarm, a.Swarm), max(out.Complete, a.Complete)
		out.Again, out.Life = min(out.Again, a.Again), min(out.Life, a.Life)
	}
	return out
}

func seconds(n int64, otherwise time.Duration) time.Duration {
	if n <= 0 {
		return otherwise
	}
	return min(max(time.Duration(min(n, 1<<31))*time.Second, leastAgain), mostAgain)
}

// clip makes foreign words fit to be shown: short, and nothing that a terminal
// obeys.
func clip(s string) string {
	const most = 80
	r := []rune(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s[:min(len(s), 4*most)]))
	if len(r) > most {
		return string(r[:most]) + "..."
	}
	return string(r)
}
