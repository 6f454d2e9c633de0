package main

import (
	"context"
	"encoding/binary"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"sync"
)

// torrentTracker leads torrent programs to each other: one swarm, for as long
// as it runs.
type torrentTracker struct {
	mu    sync.Mutex
	swarm map[netip.AddrPort]bool // guarded by mu; true has everything
}

// playTorrents is the tracker.
func playTorrents(ctx context.Context, _ []string) error {
	return serveHTTP(ctx, ":"+torrentPort, &torrentTracker{swarm: map[netip.AddrPort]bool{}})
}

func (t *torrentTracker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	port, perr := strconv.ParseUint(q.Get("port"), 10, 16)
	if err != nil || perr != nil {
		http.Error(w, "an announce names a port", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/plain")
	_, _ = w.Write(t.announce(netip.AddrPortFrom(from.Addr().Unmap(), uint16(port)), q.Get("event"), q.Get("left"))) // whoever asked may have gone
}

// announce takes note of a peer and answers with all others.
func (t *torrentTracker) announce(peer netip.AddrPort, event, left string) []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	if event == "stopped" {
		delete(t.swarm, peer)
	} else {
		t.swarm[peer] = left == "0"
	}
	var seeds int64
	var peers []byte
	for _, p := range slices.SortedFunc(maps.Keys(t.swarm), netip.AddrPort.Compare) {
		if t.swarm[p] {
			seeds++
		}
		if p != peer {
			ip := p.Addr().As4()
			peers = binary.BigEndian.AppendUint16(append(peers, ip[:]...), p.Port())
		}
	}
	return bencode(dict{
		"complete": seeds, "incomplete": int64(len(t.swarm)) - seeds,
		"interval": int64(announceEach.Seconds()), "min interval": int64(5),
		"peers": string(peers),
	})
}
