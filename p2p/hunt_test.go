package p2p

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"grove/app"
	"grove/app/apptest"
)

func exchanging(c *Config) { c.Finders.Exchange = true }

// TestExchange: two who know only the seed hear of each other from it, and
// nobody who has not proved that he knows the package hears anything.
func TestExchange(t *testing.T) {
	for _, on := range []bool{true, false} {
		made := apptest.Package(t, apptest.Options{})
		change := func(c *Config) { c.Finders.Exchange = on }
		seed, a, b := newNode(t, change), newNode(t, change), newNode(t, change)
		serve(t, seed, made.Share())
		// Two who have nothing yet and share what comes.
		serve(t, a, emptyShare(made))
		serve(t, b, emptyShare(made))
		ra, _ := find(t, a, made, seed.Addrs()...)
		rb, _ := find(t, b, made, seed.Addrs()...)
		ra.source(t, seed.ID())
		rb.source(t, seed.ID())
		met := func() bool { return a.sessionWith(b.id, tagOf(made)) != nil }
		if !on {
			time.Sleep(2 * exchangeFirst)
			if met() {
				t.Error("they met with exchange switched off")
			}
			continue
		}
		ra.until(t, "a meets b", func() bool { return ra.sources[b.ID()] != nil })
		rb.until(t, "b meets a", func() bool { return rb.sources[a.ID()] != nil })
		if f := a.Report().Finders; !found(f, "exchange", 1) && !found(b.Report().Finders, "exchange", 1) {
			t.Errorf("the report does not say so: %+v", f)
		}
	}
}

func found(all []Finding, name string, n int) bool {
	for _, f := range all {
		if f.Name == name && f.Found >= n {
			return true
		}
	}
	return false
}

func tagOf(made *apptest.Made) tag { return knowledgeOf(made.Package.ID, nil).tag }

func emptyShare(made *apptest.Made) app.Share {
	s := made.Share()
	s.Have = app.NewHaveSet(app.NewBitmap(made.Pieces()))
	return s
}

// TestKnownIsBounded: whatever finders say, no more than maxKnown candidates
// are held, no more than maxAddrs of each, and those of the link stay.
func TestKnownIsBounded(t *testing.T) {
	n := newNode(t)
	made := apptest.Package(t, apptest.Options{})
	link := somePeer(t)
	r, _ := findWant(t, n, app.Want{Package: made.Package, Hashes: made.Hashes, Peers: []string{"/ip4/127.0.0.1/tcp/1/p2p/" + link.String()}})
	r.until(t, "the first try", func() bool { return r.missed[link.String()] != nil })
	n.mu.Lock()
	h := n.swarms[tagOf(made)].hunt
	n.mu.Unlock()
	counts := make(chan [3]int)
	for range 5 {
		var many []peer.AddrInfo
		for i := range maxKnown {
			p := peer.AddrInfo{ID: somePeer(t)}
			for j := range 2 * maxAddrs {
				p.Addrs = append(p.Addrs, ma.StringCast(fmt.Sprintf("/ip4/127.0.%d.%d/tcp/1", i%250, j)))
			}
			many = append(many, p)
		}
		h.hearInfos(fromDHT, many, false)
	}
	go h.do(func() {
		most := 0
		for _, c := range h.known {
			most = max(most, len(c.addrs))
		}
		linked := 0
		if h.known[link] != nil {
			linked = 1
		}
		counts <- [3]int{len(h.known), most, linked}
	})
	if got := <-counts; got[0] > maxKnown || got[1] > maxAddrs || got[2] != 1 {
		t.Errorf("%d candidates, %d addresses at most, %d of the link", got[0], got[1], got[2])
	}
}

// TestNearWins: somebody far away who names an address of the local network
// first does not keep the local network's own word from counting.
func TestNearWins(t *testing.T) {
	n := newNode(t)
	h := &hunt{node: n, known: map[peer.ID]*candidate{}}
	i := peer.AddrInfo{ID: somePeer(t), Addrs: []ma.Multiaddr{ma.StringCast("/ip4/192.168.1.9/tcp/1")}}
	h.hear(fromExchange, targetOf(i, false))
	h.known[i.ID].tried, h.known[i.ID].next = true, time.Now().Add(time.Hour)
	h.hear(fromLAN, targetOf(i, true))
	if c := h.known[i.ID]; len(c.addrs) != 1 || !c.addrs[0].near || c.from != fromLAN || time.Until(c.next) > time.Minute {
		t.Errorf("%+v", c)
	}
}

func somePeer(t testing.TB) peer.ID {
	t.Helper()
	key, _, err := crypto.GenerateEd25519Key(crand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id, err := peer.IDFromPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// TestMissed: the engine hears why the one in the link was not reached.
func TestMissed(t *testing.T) {
	n := newNode(t)
	made := apptest.Package(t, apptest.Options{})
	gone := newNode(t)
	addrs := gone.Addrs()
	if err := gone.Close(); err != nil {
		t.Fatal(err)
	}
	r, _ := find(t, n, made, addrs...)
	r.until(t, "that nobody is there", func() bool { return r.missed[gone.ID()] != nil })
}

// TestDescribeNeedsNoAddress: who is looked up by the ID alone is asked where
// he came by himself, and where nobody comes the error says so at once when
// there is nobody to ask.
func TestDescribeNeedsNoAddress(t *testing.T) {
	n := newNode(t)
	made := apptest.Package(t, apptest.Options{})
	began := time.Now()
	err := n.Describe(t.Context(), app.Description{ID: made.Package.ID, Part: app.PartManifest}, func([]byte) error { return nil })
	if p := app.AsProblem(err); p == nil || p.Kind != app.NoSource || time.Since(began) > patience {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
}

// TestNoPathSaysSo: of all that went wrong, that somebody is there is what the
// user can do something about.
func TestNoPathSaysSo(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	a := &asking{}
	err := a.result(made.Package.ID, []error{
		peerError{"a", errors.New("dial failed")}, peerError{"b", app.NewProblem(app.NoPath, "b", nil)}})
	if p := app.AsProblem(err); p.Kind != app.NoPath {
		t.Errorf("%v", err)
	}
}

// TestMeet: somebody who shares and looks for nothing comes to a depot that
// cannot come to him.
func TestMeet(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	sender, depot := newNode(t, listenOn([]string{}...)), newNode(t)
	serve(t, sender, made.Share())
	serve(t, depot, emptyShare(made))
	r, _ := find(t, depot, made)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- sender.Meet(ctx, made.Package.ID, nil, depot.Addrs()) }()
	r.source(t, sender.ID())
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := sender.Meet(t.Context(), made.Package.ID, nil, []string{"nobody"}); app.AsProblem(err).Kind != app.BadInput {
		t.Errorf("%v", err)
	}
	other := apptest.Package(t, apptest.Options{Sizes: map[string]int64{"other": 5}})
	if err := sender.Meet(t.Context(), other.Package.ID, nil, depot.Addrs()); err == nil {
		t.Error("it met somebody about what it does not share")
	}
}

func TestDHTDue(t *testing.T) {
	t0 := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	at := func(s float64) time.Time { return t0.Add(time.Duration(s * float64(time.Second))) }
	const first, again = 20 * time.Second, 2 * time.Minute
	for name, row := range map[string]struct {
		m           mode
		asked, tell time.Time
		others      bool
		now         time.Time
		want        dhtPlan
	}{
		"not before its time":            {m: mode{looking: true}, now: at(19), want: dhtPlan{wait: time.Second}},
		"then asked":                     {m: mode{looking: true}, now: at(20), want: dhtPlan{find: true}},
		"sooner when nobody is left":     {m: mode{looking: true}, others: true, now: at(5), want: dhtPlan{find: true}},
		"but not at once":                {m: mode{looking: true}, others: true, now: at(4), want: dhtPlan{wait: time.Second}},
		"not with enough peers":          {m: mode{looking: true, sessions: tooFew}, now: at(100), want: dhtPlan{wait: time.Hour}},
		"again after a pause":            {m: mode{looking: true}, asked: at(30), now: at(149), want: dhtPlan{wait: time.Second}},
		"which ends":                     {m: mode{looking: true}, asked: at(30), now: at(150), want: dhtPlan{find: true}},
		"a share is told in its time":    {m: mode{sharing: true}, tell: at(5), now: at(5), want: dhtPlan{tell: true}},
		"not before":                     {m: mode{sharing: true}, tell: at(22 * 3600), now: at(22*3600 - 1), want: dhtPlan{wait: time.Second}},
		"an hour is long":                {m: mode{sharing: true}, tell: at(22 * 3600), now: at(3600), want: dhtPlan{wait: time.Hour}},
		"nothing to do, nothing is said": {now: at(1e6), want: dhtPlan{wait: time.Hour}},
	} {
		if got := dhtDue(row.m, row.asked, row.tell, t0, first, again, row.others, row.now); got != row.want {
			t.Errorf("%s: %+v, not %+v", name, got, row.want)
		}
	}
}

// TestRecordsAreFew: however large a crowd is, about 200 of it are in the hash
// table, and all of a small one.
func TestRecordsAreFew(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, swarm := range []int{1, 150, 200, 1000, 100_000} {
		n := 0
		for range swarm {
			if tells(swarm, r.Float64()) {
				n++
			}
		}
		if want := min(swarm, dhtRecords); n < want*3/4 || n > want*5/4 {
			t.Errorf("%d of %d peers are in the table", n, swarm)
		}
	}
}

// TestAnewTriesAgain: in another network, or the same one again, nobody waits
// for the pause that failures in the one before had led to.
func TestMovedTriesAgain(t *testing.T) {
	n := newNode(t)
	made := apptest.Package(t, apptest.Options{})
	gone := newNode(t)
	addrs := gone.Addrs()
	key := gone.parts.host.Peerstore().PrivKey(gone.id)
	if err := gone.Close(); err != nil {
		t.Fatal(err)
	}
	r, _ := find(t, n, made, addrs...)
	r.until(t, "that nobody is there", func() bool { return r.missed[gone.ID()] != nil })
	n.mu.Lock()
	h := n.swarms[tagOf(made)].hunt
	n.mu.Unlock()
	h.done(func() { h.known[gone.id].next = time.Now().Add(time.Hour) })
	back := newNode(t, withKey(key), listenOn(strings.Split(addrs[0], "/p2p/")[0]))
	serve(t, back, made.Share())
	n.anew()
	r.source(t, back.ID())
}
