package serve

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"grove/app"
	"grove/cmd/internal/boot"
)

// stopGrace is how long requests under way have at the end; systemd's own
// patience in assets/systemd is longer.
const stopGrace = 20 * time.Second

type phase int32

const (
	starting phase = iota
	working
	stopping
)

// Server is a server at work. Safe for concurrent use.
type Server struct {
	config *Config
	log    *slog.Logger
	meters *meters
	began  time.Time

	phase   atomic.Int32 // of phase
	webDown atomic.Bool  // the public listener ended by itself
	refused atomic.Int64 // connections
	cert    *certificate // nil: plain HTTP

	crowd  *crowd
	grove  *boot.Grove
	roles  *roles
	web    *http.Server
	admin  *http.Server // nil: none
	at, by net.Addr     // where the two listen

	serving sync.WaitGroup // the goroutines of both HTTP servers
	failed  chan error     // the first of them that ended by itself
}

// Run starts the server that c says, tells the service manager, and stops it in
// order when ctx ends. logTo gets the log.
func Run(ctx context.Context, c *Config, logTo io.Writer) error {
	s, err := Start(ctx, c, logTo)
	if err != nil {
		return err
	}
	s.tell("READY=1", "STATUS="+c.roleText()+" at "+c.Base.String())
	select {
	case <-ctx.Done():
		err = nil
	case err = <-s.failed:
		s.log.Error("HTTP ended", "err", err)
		err = app.NewProblem(app.Internal, "HTTP ended", err)
	}
	s.tell("STOPPING=1", "STATUS=finishing requests")
	return errors.Join(err, s.Stop())
}

// Start starts everything and returns when all of it listens. ctx bounds the
// start only; Stop ends what was started.
func Start(ctx context.Context, c *Config, logTo io.Writer) (_ *Server, err error) {
	s := &Server{config: c, log: newLog(c, logTo), meters: newMeters(c.Version, runtime.Version()), began: time.Now(), failed: make(chan error, 2)}
	s.log.Info("starting", "version", c.Version, "roles", c.roleText(), "local_only", boot.LocalOnly())
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Stop())
		}
	}()
	if err := s.listenAdmin(); err != nil {
		return nil, err
	}
	public, err := s.listenWeb()
	if err != nil {
		return nil, err
	}
	if s.grove, err = startGrove(ctx, c, s.meters.reg, s.log); err != nil {
		return nil, errors.Join(err, public.Close())
	}
	inner, err := s.openRoles(ctx)
	if err != nil {
		return nil, errors.Join(err, public.Close())
	}
	s.meters.watch(s)
	s.web = newWeb(&front{base: c.Base.Path, inner: inner, meters: s.meters}, s.log)
	if s.cert != nil {
		s.web.TLSConfig = s.cert.config()
	}
	s.serve(s.web, public, &s.webDown)
	s.phase.Store(int32(working))
	s.log.Info("started", "http", s.at, "url", c.Base, "metrics", s.MetricsAddr(), "peer", s.grove.Node.ID(), "data", s.grove.Data)
	s.warn()
	return s, nil
}

// serve runs one HTTP server until it is shut down. down becomes true if it
// ends by itself.
func (s *Server) serve(h *http.Server, l net.Listener, down *atomic.Bool) {
	s.serving.Go(func() {
		serve := h.Serve
		if h.TLSConfig != nil {
			serve = func(l net.Listener) error { return h.ServeTLS(l, "", "") }
		}
		if err := serve(l); !errors.Is(err, http.ErrServerClosed) {
			down.Store(true)
			s.failed <- err
		}
	})
}

// listenWeb listens for the public HTTP server.
func (s *Server) listenWeb() (net.Listener, error) {
	c := s.config
	if c.Cert != "" {
		var err error
		if s.cert, err = openCertificate(c.Cert, c.Key, s.log); err != nil {
			return nil, err
		}
	}
	l, err := listen("--http", c.HTTP)
	if err != nil {
		return nil, err
	}
	s.at = l.Addr()
	if c.Base == nil {
		if c.Base = c.derived(s.at.String()); c.Base == nil {
			c.Base = &url.URL{Scheme: "http", Host: s.at.String(), Path: "/"} // no role signs for it
		}
	}
	s.crowd = newCrowd(l, c.PerAddress, c.Proxies, &s.refused)
	return s.crowd, nil
}

func (s *Server) listenAdmin() error {
	if s.config.Metrics == "" {
		return nil
	}
	l, err := listen("--metrics", s.config.Metrics)
	if err != nil {
		return err
	}
	s.by = l.Addr()
	s.admin = s.newAdmin()
	s.serve(s.admin, l, new(atomic.Bool))
	return nil
}

func listen(flag, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, badInput("%s %s cannot be listened on: %w", flag, address, err)
	}
	return l, nil
}

// Stop ends everything in order: nobody is sent here any more, requests under
// way have their time, then roles, peers and stores close. It is called once.
func (s *Server) Stop() error {
	began := time.Now()
	s.phase.Store(int32(stopping))
	if s.web != nil {
		s.log.Info("stopping", "http_connections", s.crowd.conns())
		s.drain()
	}
	if s.admin != nil {
		ctx, cancel := context.WithTimeout(context.Background(), asking)
		if s.admin.Shutdown(ctx) != nil {
			_ = s.admin.Close() // what it still does touches no store
		}
		cancel()
	}
	s.serving.Wait()
	var errs []error
	if s.roles != nil {
		errs = append(errs, s.roles.close())
	}
	if s.grove != nil {
		errs = append(errs, s.grove.Close())
	}
	err := errors.Join(errs...)
	if err != nil {
		s.log.Error("stopped", "err", err)
	} else {
		s.log.Info("stopped", "took", time.Since(began).Round(time.Millisecond))
	}
	return err
}

// drain lets requests under way end, and cuts them off when their time is over.
func (s *Server) drain() {
	grace := s.config.grace
	if grace == 0 {
		grace = stopGrace
	}
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if err := s.web.Shutdown(ctx); err != nil {
		s.log.Warn("requests cut off", "after", grace, "http_connections", s.crowd.conns())
		_ = s.web.Close() // says no more than Shutdown
	}
}

// warn says what works and is probably not meant.
func (s *Server) warn() {
	c := s.config
	if c.Base.Scheme == "https" && c.Cert == "" && len(c.Proxies) == 0 {
		s.log.Warn("the url is https, there is no certificate and no trusted-proxy: if a proxy is in front, name it, or all clients count as one address")
	}
	if c.Has(Relay) && c.RelayData > 128<<10 {
		s.log.Info("content may pass through this relay", "bytes_each_way", c.RelayData, "for", c.RelayTime)
	}
}

// tell tells the service manager, who may be deaf.
func (s *Server) tell(lines ...string) {
	if err := notify(lines...); err != nil {
		s.log.Warn("the service manager cannot be told", "err", err)
	}
}

// Addr is where HTTP listens, MetricsAddr where health and metrics do; "" is
// nowhere.
func (s *Server) Addr() string { return s.at.String() }

// MetricsAddr is where health and metrics listen; "" is nowhere.
func (s *Server) MetricsAddr() string {
	if s.by == nil {
		return ""
	}
	return s.by.String()
}

func newLog(c *Config, to io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.LogLevel)) // checked; "" is info
	o := &slog.HandlerOptions{Level: level}
	if c.LogJSON {
		return slog.New(slog.NewJSONHandler(to, o))
	}
	return slog.New(slog.NewTextHandler(to, o))
}
