package local

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"grove/app"
	"grove/app/pack"
)

// UsualGive is what others call app.GiveUsual, which is empty.
const UsualGive = "default"

// Publishers are the keys seen so far.
type Publishers struct {
	Stamp
	Publishers []Publisher `json:"publishers"`
}

// Publisher is a key that was seen, and what may be given of its packages.
type Publisher struct {
	Key         pack.PublicKey `json:"key"`
	Fingerprint string         `json:"fingerprint"`
	Name        string         `json:"name,omitempty"`
	Budget      int64          `json:"budget"` // bytes a calendar month; 0 is no bound of its own
	Given       int64          `json:"given"`  // of these, in this month
}

// Measure says how much is given of one transfer, or else of a publisher's
// packages.
type Measure struct {
	Transfer  uuid.UUID      `json:"transfer,omitzero"`
	Give      string         `json:"give,omitempty"` // more, less, none, always or default
	Publisher pack.PublicKey `json:"publisher,omitzero"`
	Budget    *int64         `json:"budget,omitempty"` // bytes a calendar month; 0 is no bound of its own
}

// GiveOf is the measure that word means; what is none of them SetGive refuses.
func GiveOf(word string) app.Give {
	if word == UsualGive {
		return app.GiveUsual
	}
	return app.Give(word)
}

// check refuses with a BadInput problem what is neither the one nor the other.
func (m Measure) check() error {
	ofTransfer, ofPublisher := m.Transfer != (uuid.UUID{}) && m.Give != "", m.Publisher != (pack.PublicKey{}) && m.Budget != nil
	if ofTransfer == ofPublisher {
		return app.NewProblem(app.BadInput, "Either transfer and give, or publisher and budget are needed", nil)
	}
	return nil
}

// SaveGive changes how much is given of a transfer that no engine has.
func SaveGive(s app.Transfers, id uuid.UUID, g app.Give) error {
	all, err := s.LoadTransfers()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(r app.Record) bool { return r.ID == id })
	if i < 0 {
		return app.NewProblem(app.NotFound, "the transfer "+id.String(), nil)
	}
	rec := all[i]
	if err := rec.SetGive(g); err != nil {
		return err
	}
	switch { // what a program that starts goes by
	case rec.State == app.Done && rec.Seed:
		rec.State = app.Seeding
	case rec.State == app.Seeding && rec.NoShare:
		rec.State = app.Done
	}
	return s.SaveTransfer(rec)
}

func (s *Server) publishers(w http.ResponseWriter, r *http.Request) {
	all, err := s.engine.Publishers(r.Context())
	if err != nil {
		refuse(w, err)
		return
	}
	l := Publishers{NewStamp("publishers"), make([]Publisher, len(all))}
	for i, p := range all {
		l.Publishers[i] = Publisher{p.Key, p.Key.Fingerprint(), p.Name, p.Budget, p.Given}
	}
	answer(w, http.StatusOK, l)
}

// mostAsked is the most bytes that a question may have.
const mostAsked = 64 << 10

func (s *Server) give(w http.ResponseWriter, r *http.Request) {
	var m Measure
	in := json.NewDecoder(io.LimitReader(r.Body, mostAsked))
	in.DisallowUnknownFields()
	err := in.Decode(&m)
	if err != nil {
		err = app.NewProblem(app.BadInput, "The body is not JSON as in docs/API.md", err)
	} else if err = m.check(); err == nil {
		err = s.take(r, m)
	}
	if err != nil {
		refuse(w, err)
		return
	}
	answer(w, http.StatusOK, NewStamp("give"))
}

// take does what a measure that was checked says.
func (s *Server) take(r *http.Request, m Measure) error {
	if m.Budget != nil {
		return s.engine.SetPublisherBudget(r.Context(), m.Publisher, *m.Budget)
	}
	snap, err := s.engine.Next(r.Context(), 0)
	switch {
	case err != nil:
		return err
	case snap.Transfer(m.Transfer) == nil:
		return SaveGive(s.saved, m.Transfer, GiveOf(m.Give))
	}
	return s.engine.SetGive(r.Context(), m.Transfer, GiveOf(m.Give))
}
