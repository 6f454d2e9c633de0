package serve

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"path/filepath"
	"time"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/files"
	"grove/cmd/internal/shelf"
	"grove/p2p/depot"
	"grove/p2p/tracker"
	"grove/storage/announces"
)

// What the roles keep, in the data folder.
const (
	depotFolder   = "depot"
	trackerFolder = "tracker"
)

// roles are what a server does beside its node, and the handlers of it.
type roles struct {
	mux  *http.ServeMux
	open []io.Closer // in the order they were opened
}

// close ends all of them, the last first.
func (r *roles) close() error {
	var errs []error
	for i := len(r.open) - 1; i >= 0; i-- {
		errs = append(errs, r.open[i].Close())
	}
	return errors.Join(errs...)
}

// openRoles opens what the config asks for, and returns a handler for
// everything below the base.
func (s *Server) openRoles(ctx context.Context) (http.Handler, error) {
	s.roles = &roles{mux: http.NewServeMux()}
	mux := s.roles.mux
	mux.Handle("/{$}", landing(s.pageText()))
	mux.Handle("/grove/v1/about", depot.AboutHandler(s.about))
	if s.config.Has(Tracker) {
		if err := s.openTracker(); err != nil {
			return nil, err
		}
	}
	if s.config.Has(Depot) {
		if err := s.openDepot(ctx); err != nil {
			return nil, err
		}
	}
	return mux, nil
}

// about is what this server says of itself.
func (s *Server) about() depot.About {
	c := s.config
	a := depot.About{Depot: c.Has(Depot), Tracker: c.Has(Tracker), Relay: c.Has(Relay), Name: c.Base.Hostname(), Peers: s.grove.Node.Addrs()}
	if a.Relay {
		a.Relays = a.Peers
	}
	return a
}

// openTracker opens a tracker whose book lies in the data folder.
func (s *Server) openTracker() error {
	c := s.config
	folder := filepath.Join(s.grove.Data, trackerFolder)
	book, err := announces.Open(folder, time.Now())
	if err != nil {
		return files.WriteProblem(folder, err)
	}
	s.roles.open = append(s.roles.open, book)
	t, err := tracker.NewServer(tracker.ServerConfig{
		Bases: []string{c.Base.String()}, Reach: s.grove.Reach, TrustedProxies: c.Proxies,
		Book: book, Log: s.log, Registry: s.meters.reg,
	})
	if err != nil {
		return err
	}
	s.roles.open = append(s.roles.open, t)
	s.roles.mux.Handle("/routing/v1/", t)
	s.roles.mux.Handle("/grove/v1/announce", t)
	return nil
}

// openDepot opens a depot whose copies lie in the data folder.
func (s *Server) openDepot(ctx context.Context) error {
	c := s.config
	folder := filepath.Join(s.grove.Data, depotFolder)
	quota, err := s.quota(folder)
	if err != nil {
		return err
	}
	shelf, err := shelf.Open(ctx, s.grove, shelf.Config{
		Folder: folder, Base: c.Base.String(), Allow: c.allowed, Quota: quota, KeepMost: c.Keep, Log: s.log,
	})
	if err != nil {
		return err
	}
	s.roles.open = append(s.roles.open, shelf)
	h, err := depot.NewHandler(depot.HandlerConfig{Base: c.Base.String(), Shelf: shelf, Log: s.log})
	if err != nil {
		return app.NewProblem(app.BadInput, "--url "+c.Base.String()+" cannot be the address of a depot", err)
	}
	s.roles.mux.Handle("/grove/v1/packages", h)
	s.roles.mux.Handle("/d/", h)
	m := s.meters
	m.gauge("grove_depot_packages", "Packages that are kept or on their way.", func() float64 { return float64(shelf.Stats().Packages) })
	m.gauge("grove_depot_complete", "Packages of which everything is here.", func() float64 { return float64(shelf.Stats().Complete) })
	m.gauge("grove_depot_bytes", "Bytes of packages that are here.", func() float64 { return float64(shelf.Stats().Have) })
	m.gauge("grove_depot_ordered_bytes", "Bytes of all packages, as they count against the quota.", func() float64 { return float64(shelf.Stats().Size) })
	m.gauge("grove_depot_quota_bytes", "Bytes that packages may have together; 0 is what the disk holds.", func() float64 { return float64(quota) })
	return nil
}

// allowed says whose packages are kept.
func (c *Config) allowed(key pack.PublicKey) (quota int64, ok bool) {
	for _, a := range c.Allow {
		if a.Key == key {
			return a.Quota, true
		}
	}
	return 0, false
}

// quota is the room for all packages, in bytes; 0 is what the disk holds. With
// auto it is nine tenths of what is free or held by packages already, so that
// it is the same after a restart.
func (s *Server) quota(folder string) (int64, error) {
	if s.config.Quota != QuotaAuto {
		return s.config.Quota, nil
	}
	free, err := s.grove.Store.Free(s.grove.Data)
	if err != nil {
		return 0, err
	}
	held := int64(0)
	err = filepath.WalkDir(folder, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			held += info.Size()
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, files.ReadProblem(folder, err)
	}
	quota := (free + held) / 10 * 9
	s.log.Info("room for packages", "bytes", quota)
	return max(quota, 1), nil
}
