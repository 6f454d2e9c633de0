package sharing

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/boot"
	"grove/p2p/depot"
)

// linkLength is how long a link may become, without its secret, before
// addresses are left out of it: chats and QR codes take that much well.
const linkLength = 300

// settleTime is how long a link waits for its addresses at most.
const settleTime = 10 * time.Second

// Link is the link of the transfer id, at the addresses that g has now, and at
// the depots that its package names, or that are named here. NotFound where the
// engine has no such transfer; BadInput, or why there is no node, where g
// reaches no other people.
func Link(ctx context.Context, g *boot.Grove, id uuid.UUID, depots ...string) (string, error) {
	if err := reaches(g); err != nil {
		return "", err
	}
	settling, cancel := context.WithTimeout(ctx, settleTime)
	g.Node.Settled(settling) // a place at a relay is an address too
	cancel()
	snap, err := g.Engine.Next(ctx, 0)
	if err != nil {
		return "", err
	}
	v := snap.Transfer(id)
	if v == nil {
		return "", app.NewProblem(app.NotFound, id.String(), nil)
	}
	l := pack.Link{ID: v.Package, Publisher: v.Publisher.Key, Name: v.Name}
	if v.Private {
		all, err := g.Store.LoadTransfers()
		if err != nil {
			return "", err
		}
		i := slices.IndexFunc(all, func(r app.Record) bool { return r.ID == id })
		if i < 0 { // an offer: only who sent the link has the secret
			return "", app.NewProblem(app.NotFound, id.String(), nil)
		}
		l.Secret = all[i].Secret
	}
	d, err := g.Engine.Detail(ctx, id)
	if err != nil {
		return "", err
	}
	if d.Desc != nil {
		l.Manifests = manifestURLs(d.Desc.Package, l.Secret, depots)
	}
	return LinkAt(l, g.Node.Addrs()).String(), nil
}

// manifestURLs are the addresses of p's .grove file at the depots that it names
// as origins, and at others.
func manifestURLs(p *pack.Package, secret []byte, depots []string) []string {
	place := placeOf(p, secret)
	var all []string
	add := func(base string) {
		u := depot.GroveURL(base, place, p.ID)
		if pack.CheckDepot(base) == nil && len(all) < pack.MaxLinkHints && !slices.Contains(all, u) {
			all = append(all, u)
		}
	}
	for _, base := range depots {
		add(base)
	}
	for _, o := range p.Manifest.Origins {
		if base, ok := strings.CutSuffix(o, depot.FolderURL("", place)); ok {
			add(base)
		}
	}
	return all
}

// reaches is nil if g has a node.
func reaches(g *boot.Grove) error {
	if alone := g.Alone(); alone != nil {
		return alone
	}
	if g.Node != nil {
		return nil
	}
	return app.NewProblem(app.BadInput, "The settings keep Grove from reaching other people, so nothing can be shared", nil)
}

// LinkAt is l with the best of addrs.
func LinkAt(l pack.Link, addrs []string) pack.Link {
	secret := l.Secret
	l.Secret = nil
	for _, a := range forLink(addrs) {
		longer := l
		longer.Peers = append(slices.Clone(l.Peers), a)
		if len(longer.Peers) > pack.MaxLinkHints {
			break
		}
		// The first way by a relay is worth its length: it is there because nobody
		// is known to have got in without.
		if len(l.Peers) > 0 && len(longer.String()) > linkLength && !(isRelayed(a) && !slices.ContainsFunc(l.Peers, isRelayed)) {
			continue
		}
		l = longer
	}
	l.Secret = secret
	if len(l.String()) > pack.MaxLink {
		l.Name = "" // a hint; the package says it
	}
	return l
}

// forLink is SortAddrs with the first way by a relay in the second place.
func forLink(addrs []string) []string {
	out := SortAddrs(addrs)
	if i := slices.IndexFunc(out, isRelayed); i > 1 {
		a := out[i]
		out = slices.Insert(slices.Delete(out, i, i+1), 1, a)
	}
	return out
}

func isRelayed(a string) bool { return strings.Contains(a, "/p2p-circuit/") }

// SortAddrs puts first what others most likely reach: addresses of the network
// before those of this computer alone, and of each TCP before QUIC, IPv4
// before IPv6.
func SortAddrs(addrs []string) []string {
	rank := func(a string) int {
		n := 0
		if strings.HasPrefix(a, "/ip4/127.") || strings.HasPrefix(a, "/ip6/::1/") {
			n += 4
		}
		if strings.Contains(a, "/udp/") {
			n += 2
		}
		if strings.HasPrefix(a, "/ip6/") {
			n++
		}
		return n
	}
	out := slices.Clone(addrs)
	slices.SortStableFunc(out, func(a, b string) int { return rank(a) - rank(b) })
	return out
}
