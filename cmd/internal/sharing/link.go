package sharing

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/boot"
)

// linkLength is how long a link may become, without its secret, before
// addresses are left out of it: chats and QR codes take that much well.
const linkLength = 300

// Link is the link of the transfer id, at the addresses that g has now.
// NotFound where the engine has no such transfer; BadInput, or why there is no
// node, where g reaches no other people.
func Link(ctx context.Context, g *boot.Grove, id uuid.UUID) (string, error) {
	if err := reaches(g); err != nil {
		return "", err
	}
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
	return linkAt(l, g.Node.Addrs()).String(), nil
}

// reaches is nil if g has a node.
func reaches(g *boot.Grove) error {
	switch {
	case g.Node != nil:
		return nil
	case g.Alone != nil:
		return g.Alone
	}
	return app.NewProblem(app.BadInput, "The settings keep Grove from reaching other people, so nothing can be shared", nil)
}

// linkAt is l with the best of addrs.
func linkAt(l pack.Link, addrs []string) pack.Link {
	secret := l.Secret
	l.Secret = nil
	for _, a := range SortAddrs(addrs) {
		longer := l
		longer.Peers = append(slices.Clone(l.Peers), a)
		if len(l.Peers) > 0 && len(longer.String()) > linkLength {
			break
		}
		l = longer
	}
	l.Secret = secret
	return l
}

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
