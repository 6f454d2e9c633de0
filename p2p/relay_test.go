package p2p

import (
	"context"
	"strings"
	"testing"
	"time"

	"grove/app"
	"grove/app/apptest"
)

// relayed are a relay that lets so many bytes through, a sharer whom nobody can
// dial, and somebody who looks for him.
func relayed(t *testing.T, bytes int64) (relay, sharer, leech *Node) {
	t.Helper()
	relay = newNode(t, func(c *Config) { c.Server = &Server{Relay: &RelayLimit{Data: bytes}} })
	sharer = newNode(t, listenOn([]string{}...), func(c *Config) { c.Relays = relay.Addrs() })
	leech = newNode(t, listenOn([]string{}...))
	leech.punchTime = 300 * time.Millisecond // in local-only mode no hole is punched
	return relay, sharer, leech
}

// settle waits until the sharer can be met at the relay.
func settle(t *testing.T, n *Node) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	n.Settled(ctx)
	addrs := n.Addrs()
	if len(addrs) == 0 || !strings.Contains(addrs[0], "/p2p-circuit/p2p/"+n.ID()) {
		t.Fatalf("the sharer has the addresses %v; report %+v", addrs, n.Report())
	}
	return addrs
}

// TestRelayIsForMeetingOnly: by way of a relay that passes only first messages
// on, no content flows, and both sides learn that there is no way.
func TestRelayIsForMeetingOnly(t *testing.T) {
	_, sharer, leech := relayed(t, 0)
	made := apptest.Package(t, apptest.Options{})
	v := serve(t, sharer, made.Share())
	addrs := settle(t, sharer)
	r, _ := find(t, leech, made, addrs...)
	r.until(t, "that there is no path", func() bool {
		p := app.AsProblem(r.missed[sharer.ID()])
		return p != nil && p.Kind == app.NoPath
	})
	for deadline := time.Now().Add(patience); v.Stats().Missed == 0; {
		if time.Now().After(deadline) {
			t.Fatal("the sharer does not know that somebody could not get in")
		}
		time.Sleep(10 * time.Millisecond)
	}
	if v.Stats().Peers != 0 || sharer.Stats().Given != 0 {
		t.Errorf("%+v, %+v", v.Stats(), sharer.Stats())
	}
	err := leech.Describe(t.Context(), app.Description{ID: made.Package.ID, Part: app.PartManifest, Peers: addrs}, func([]byte) error { return nil })
	if p := app.AsProblem(err); p == nil || p.Kind != app.NoPath {
		t.Errorf("a description: %v", err)
	}
	steps := leech.Try(t.Context(), made.Package.ID, nil, addrs[0])
	var names []string
	for _, s := range steps {
		names = append(names, s.Name)
	}
	if strings.Join(names, " ") != "resolve relay punch" || steps[2].OK || !steps[1].OK {
		t.Errorf("%+v", steps)
	}
}

// TestNoPathBesideADeadAddress: that the sharer is there, and cannot be reached,
// is what the user is told, also where the link has an address at which nobody
// answers.
func TestNoPathBesideADeadAddress(t *testing.T) {
	_, sharer, leech := relayed(t, 0)
	made := apptest.Package(t, apptest.Options{})
	serve(t, sharer, made.Share())
	dead := newNode(t)
	direct := strings.Split(dead.Addrs()[0], "/p2p/")[0] + "/p2p/" + sharer.ID()
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}
	r, _ := find(t, leech, made, direct, settle(t, sharer)[0])
	r.until(t, "that there is no path", func() bool {
		err := r.missed[sharer.ID()]
		return err != nil && app.AsProblem(err).Kind == app.NoPath
	})
}

// TestOwnRelayCarries: a publisher's own relay may let content through, where
// those who use it know it as such.
func TestOwnRelayCarries(t *testing.T) {
	relay, sharer, leech := relayed(t, 1<<30)
	made := apptest.Package(t, apptest.Options{})
	serve(t, sharer, made.Share())
	addrs := settle(t, sharer)
	r, stop := find(t, leech, made, addrs...)
	r.until(t, "that a relay in a link is not enough", func() bool { return r.missed[sharer.ID()] != nil })
	stop()
	leech.relays = relay.Addrs() // as settings or a manifest would name it
	r, _ = find(t, leech, made, addrs...)
	s := r.source(t, sharer.ID())
	b, err := fetch(t.Context(), s, app.Run{First: 0, Count: made.Pieces()})
	if err != nil || len(b) == 0 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

// TestBerthsEndWithTheShare: nobody waits at a relay for nothing.
func TestBerthsEndWithTheShare(t *testing.T) {
	relay, sharer, _ := relayed(t, 0)
	made := apptest.Package(t, apptest.Options{})
	v, err := sharer.Serve(made.Share())
	if err != nil {
		t.Fatal(err)
	}
	settle(t, sharer)
	v.Stop()
	sharer.outreach.stop()
	for deadline := time.Now().Add(patience); relay.Stats().Conns > 0; {
		for _, c := range sharer.idleConns(time.Now().Add(idleAfter + time.Second)) {
			_ = c.Close()
		}
		if time.Now().After(deadline) {
			t.Fatalf("the relay still has %d connections", relay.Stats().Conns)
		}
		time.Sleep(10 * time.Millisecond)
	}
	if len(sharer.Addrs()) > 0 {
		t.Errorf("it still has the addresses %v", sharer.Addrs())
	}
}
