package serve

import (
	"context"
	"errors"
	"log/slog"
	"reflect"

	"github.com/prometheus/client_golang/prometheus"

	"grove/app"
	"grove/cmd/internal/boot"
	"grove/p2p"
)

// startGrove starts store, node and engine as this server needs them.
func startGrove(ctx context.Context, c *Config, reg prometheus.Registerer, log *slog.Logger) (*boot.Grove, error) {
	if err := prepare(ctx, c, log); err != nil {
		return nil, err
	}
	table := c.table()
	g, err := boot.Start(ctx, boot.Options{Data: c.Data, Listen: c.Listen, Server: c.server(reg), DHT: &table, Log: log, UserAgent: "grove/" + c.Version})
	if err != nil {
		return nil, err
	}
	var why error
	switch alone := g.Alone(); {
	case alone != nil:
		why = alone
	case g.Node == nil:
		why = errors.New("the network settings of the data folder keep Grove from reaching other people")
	default:
		return g, nil
	}
	return nil, errors.Join(app.NewProblem(app.BadInput, "A server needs other people", why), g.Close())
}

// server is the node that c asks for.
func (c *Config) server(reg prometheus.Registerer) *p2p.Server {
	n := &p2p.Server{Conns: c.Conns, Addrs: c.Announce, Registry: reg}
	if c.Has(Relay) {
		n.Relay = &p2p.RelayLimit{Data: c.RelayData, Duration: c.RelayTime}
	}
	return n
}

// prepare makes the settings of the data folder those of a server, before the
// node reads them: it asks no router to forward a port, and has to do with a
// hash table only in that role.
func prepare(ctx context.Context, c *Config, log *slog.Logger) (err error) {
	s, err := boot.OpenStore(ctx, c.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if p := s.Notice(); p != nil {
		log.Warn("the database was not as it was left", "problem", p.Sentence())
	}
	was, err := app.LoadSettings(s)
	if err != nil {
		log.Warn("the settings of the data folder cannot be used; it has new ones", "err", err)
	}
	set := was
	set.Network.Peers, set.Network.Mapping = true, false
	set.Network.Finders.DHT = c.Has(DHT)
	if reflect.DeepEqual(set, was) {
		return nil
	}
	return s.SaveSettings(set)
}

// listening reports whether others can reach the node at all.
func listening(n *p2p.Node) bool { return len(n.Report().Listen) > 0 }
