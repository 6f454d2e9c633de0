package serve

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// diskFull is below what a database needs to go on, and a package to be
// moved.
const diskFull = 64 << 20 // bytes free

// Health is what /readyz says.
type Health struct {
	Ready bool                `json:"ready"` // every role
	Roles map[Role]RoleHealth `json:"roles"`
}

// RoleHealth is how one role is.
type RoleHealth struct {
	Ready bool   `json:"ready"`
	Why   string `json:"why,omitempty"` // not
}

// health looks at every role now.
func (s *Server) health() Health {
	h := Health{Ready: true, Roles: map[Role]RoleHealth{}}
	for _, r := range s.config.Roles {
		st := RoleHealth{Why: s.trouble(r)}
		st.Ready = st.Why == ""
		h.Ready = h.Ready && st.Ready
		h.Roles[r] = st
	}
	return h
}

// trouble is why role r is not ready; "" where it is.
func (s *Server) trouble(r Role) string {
	switch phase(s.phase.Load()) {
	case starting:
		return "starting"
	case stopping:
		return "stopping"
	}
	if s.webDown.Load() {
		return "HTTP does not listen"
	}
	if r != Tracker && !listening(s.grove.Node) {
		return "the node listens nowhere"
	}
	if r == Depot || r == Tracker {
		if free, err := s.grove.Store.Free(s.grove.Data); err != nil {
			return "the disk of the data folder does not answer"
		} else if free < diskFull {
			return "the disk of the data folder is full"
		}
	}
	if r == Depot && !s.alive() {
		return "the engine does not answer"
	}
	return ""
}

// alive reports whether the engine goes on.
func (s *Server) alive() bool {
	ctx, cancel := context.WithTimeout(context.Background(), asking)
	defer cancel()
	_, err := s.grove.Engine.Next(ctx, 0)
	return err == nil
}

// healthz is whether the process is worth keeping; readyz, whether to send it
// anybody.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) {
	alive := phase(s.phase.Load()) == starting || s.alive()
	answerJSON(w, alive, struct {
		Alive  bool   `json:"alive"`
		Roles  []Role `json:"roles"`
		UpFor  int64  `json:"up_seconds"`
		Called string `json:"version"`
	}{alive, s.config.Roles, int64(time.Since(s.began).Seconds()), s.config.Version})
}

func (s *Server) readyz(w http.ResponseWriter, _ *http.Request) {
	h := s.health()
	answerJSON(w, h.Ready, h)
}

func answerJSON(w http.ResponseWriter, good bool, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !good {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	_ = e.Encode(v) // the client may have gone
}

// newAdmin is the server beside: health, metrics and, where wanted, profiles.
func (s *Server) newAdmin() *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", s.healthz)
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.meters.reg, promhttp.HandlerOpts{}))
	if s.config.Pprof {
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
		mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	}
	return &http.Server{
		Handler: mux, ReadHeaderTimeout: headerTime, IdleTimeout: idleTime,
		ErrorLog: log.New(debugLog{s.log}, "", 0),
	}
}
