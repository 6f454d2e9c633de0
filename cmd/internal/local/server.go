// Package local is the local API: what a Grove that runs tells, and is told,
// over a unix socket in its data folder, in HTTP and JSON. docs/API.md is its
// description. Only who may open the data folder reaches it, and nothing of it
// is ever on a network.
//
// A Server has one goroutine that accepts, and one for each connection; Close
// waits for all of them.
package local

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"time"

	"grove/app"
)

// eventEvery is the least time between two lines of events.
const eventEvery = 250 * time.Millisecond

// Server answers for one engine.
type Server struct {
	engine  *app.Engine
	saved   app.Store
	program *Program
	peers   bool
	line    func() Line
	path    string // of the socket
	http    *http.Server
	ctx     context.Context // of every request
	stop    context.CancelFunc
	running sync.WaitGroup // Serve, and connections
}

// Serve answers in the data folder, which the caller holds locked, for an
// engine that runs and its store; peers says whether it has a swarm, and line
// what is known of the line now. The error is why there is no socket.
func Serve(data string, e *app.Engine, saved app.Store, peers bool, line func() Line) (*Server, error) {
	l, err := listen(data)
	if err != nil {
		return nil, err
	}
	s := &Server{engine: e, saved: saved, program: thisProgram(), peers: peers, line: line, path: filepath.Join(data, socketName)}
	s.ctx, s.stop = context.WithCancel(context.Background())
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/status", s.status)
	mux.HandleFunc("GET /v1/events", s.events)
	mux.HandleFunc("GET /v1/transfers", s.transfers)
	mux.HandleFunc("GET /v1/ledger", s.ledger)
	mux.HandleFunc("GET /v1/publishers", s.publishers)
	mux.HandleFunc("POST /v1/give", s.give)
	mux.HandleFunc("/", notFound)
	s.http = &http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second, MaxHeaderBytes: 64 << 10,
		BaseContext: func(net.Listener) context.Context { return s.ctx },
		ConnState:   s.count,
		ErrorLog:    log.New(io.Discard, "", 0), // whoever asks wrongly is told so
	}
	s.running.Go(func() { _ = s.http.Serve(l) }) // ends with Close
	return s, nil
}

// count counts the goroutines of connections. A new one is reported before
// Serve returns, so Close misses none; one that comes while it closes is closed
// here.
func (s *Server) count(c net.Conn, now http.ConnState) {
	switch now {
	case http.StateNew:
		s.running.Add(1)
		if s.ctx.Err() != nil {
			_ = c.Close() // who asks sees that nobody answers
		}
	case http.StateClosed, http.StateHijacked:
		s.running.Done()
	}
}

// Close ends every connection, takes the socket away and waits. It is called
// while the data folder is still locked; on nil it does nothing.
func (s *Server) Close() error {
	if s == nil {
		return nil
	}
	s.stop()
	err := s.http.Close()
	s.running.Wait()
	return errors.Join(err, os.Remove(s.path))
}

func (s *Server) status(w http.ResponseWriter, r *http.Request) {
	snap, err := s.engine.Next(r.Context(), 0)
	if err != nil {
		refuse(w, err)
		return
	}
	answer(w, http.StatusOK, statusOf(snap, s.program, s.peers, s.line()))
}

func (s *Server) transfers(w http.ResponseWriter, r *http.Request) {
	saved, err := s.saved.LoadTransfers()
	if err != nil {
		refuse(w, err)
		return
	}
	snap, err := s.engine.Next(r.Context(), 0)
	if err != nil {
		refuse(w, err)
		return
	}
	answer(w, http.StatusOK, listOf(saved, snap))
}

func (s *Server) ledger(w http.ResponseWriter, r *http.Request) {
	span, err := spanOf(r.URL.Query())
	if err == nil {
		err = span.Check(time.Now())
	}
	if err != nil {
		refuse(w, err)
		return
	}
	snap, err := s.engine.Next(r.Context(), 0)
	if err != nil {
		refuse(w, err)
		return
	}
	b, err := bookOf(s.saved, span, snap.Month)
	if err != nil {
		refuse(w, err)
		return
	}
	answer(w, http.StatusOK, b)
}

// events writes a line of status at once, and one whenever it has changed, until
// either side ends.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/x-ndjson")
	flush := http.NewResponseController(w)
	pause := time.NewTicker(eventEvery)
	defer pause.Stop()
	var since uint64
	var told Status
	for {
		snap, err := s.engine.Next(r.Context(), since)
		if err != nil {
			return
		}
		since = snap.Version
		now := statusOf(snap, s.program, s.peers, s.line())
		if !now.same(&told) {
			if encode(w, now) != nil || flush.Flush() != nil {
				return
			}
			told = *now
		}
		select {
		case <-pause.C:
		case <-r.Context().Done():
			return
		}
	}
}

// same reports whether only the moment differs.
func (s *Status) same(o *Status) bool {
	a, b := *s, *o
	a.Time, b.Time, a.Version, b.Version = time.Time{}, time.Time{}, 0, 0
	return reflect.DeepEqual(a, b)
}

func notFound(w http.ResponseWriter, r *http.Request) {
	refuse(w, app.NewProblem(app.NotFound, r.Method+" "+r.URL.Path, nil))
}

// refusal is the body of an answer that is none.
type refusal struct {
	Stamp
	Problem *Problem `json:"problem"`
}

func refuse(w http.ResponseWriter, err error) {
	p, code := app.AsProblem(err), http.StatusInternalServerError
	switch p.Kind {
	case app.BadInput:
		code = http.StatusBadRequest
	case app.NotFound:
		code = http.StatusNotFound
	case app.Stopped:
		code = http.StatusServiceUnavailable
	}
	answer(w, code, refusal{NewStamp("problem"), ProblemOf(p)})
}

func answer(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = encode(w, v) // whoever asked may be gone
}

func encode(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
