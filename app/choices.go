package app

import (
	"context"
	"slices"
	"time"
)

// evBegin is what the store knew when the engine began.
type evBegin struct {
	settings   Settings
	publishers []Publisher
	given      int64 // bytes, in the month of now
}

func (e evBegin) apply(s *state, now time.Time) []effect {
	s.settings = e.settings
	for _, p := range e.publishers {
		s.publishers[p.Key] = p
	}
	s.book.turn(now)
	s.book.given += e.given
	return s.setLimits(now)
}

// begin reads what the state begins with. What cannot be read is begun anew.
func (e *Engine) begin(now time.Time) evBegin {
	var b evBegin
	var err error
	b.settings, err = LoadSettings(e.cfg.Store)
	e.failed("the settings cannot be used; the defaults hold", err)
	b.publishers, err = e.cfg.Store.LoadPublishers()
	e.failed("the publishers cannot be read", err)
	m, err := LoadMonth(e.cfg.Store, now, 0)
	e.failed("the ledger cannot be read; the month's budget begins anew", err)
	b.given = m.Given
	return b
}

// evSettings: these are saved and hold from now on.
type evSettings struct {
	settings Settings
	reply    reply
}

func (e evSettings) apply(s *state, now time.Time) []effect {
	s.settings = e.settings
	return append(append(s.setLimits(now), s.requeue(now)...), fxReply{e.reply, nil})
}

// SetSettings saves s and applies it at once, but for Network, which holds
// from the next start. It fails with BadInput as Settings.Check does.
func (e *Engine) SetSettings(ctx context.Context, s Settings) error {
	if err := s.Check(); err != nil {
		return err
	}
	s.Timetable = slices.Clone(s.Timetable)
	_, err := atRecords(ctx, e, func() func() (struct{}, error) {
		return func() (struct{}, error) {
			if err := e.cfg.Store.SaveSettings(s); err != nil {
				return struct{}{}, err
			}
			r := newReply()
			e.settle(evSettings{s, r}, r)
			return struct{}{}, nil
		}
	})
	return err
}

// Ledger returns the rows of the days from first to last (2006-01-02), both
// included, by day and then by name, up to this moment.
func (e *Engine) Ledger(ctx context.Context, first, last string) ([]LedgerRow, error) {
	return atRecords(ctx, e, func() func() ([]LedgerRow, error) {
		// What the desk was given before, it has saved when it comes to this.
		fresh := e.state.book.between(first, last)
		return func() ([]LedgerRow, error) {
			rows, err := e.cfg.Store.LoadLedger(first, last)
			if err != nil {
				return nil, err
			}
			all := newBook()
			for _, r := range slices.Concat(rows, fresh) {
				all.put(r)
			}
			return all.between(first, last), nil
		}
	})
}
