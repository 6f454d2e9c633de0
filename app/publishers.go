package app

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"grove/app/pack"
)

// Called is what to call the publisher: the name that the user gave, or the
// fingerprint.
func (p Publisher) Called() string { return cmp.Or(p.Name, p.Key.Fingerprint()) }

// publisher is what is known of a key.
func (s *state) publisher(key pack.PublicKey) Publisher {
	p := s.publishers[key]
	p.Key, p.Given = key, s.month.byPublisher[key]
	return p
}

// evPublisher: the store has this of a publisher now.
type evPublisher struct {
	publisher Publisher
	reply     reply
}

func (e evPublisher) apply(s *state, now time.Time) []effect {
	s.publishers[e.publisher.Key] = e.publisher
	return []effect{fxReply{e.reply, nil}}
}

// Publishers are the keys seen so far, by name; those without one come last,
// the newest first.
func (e *Engine) Publishers(ctx context.Context) ([]Publisher, error) {
	all, err := atRecords(ctx, e, func() func() ([]Publisher, error) {
		given := e.state.month.byPublisher
		return func() ([]Publisher, error) {
			all, err := e.cfg.Store.LoadPublishers()
			for i := range all {
				all[i].Given = given[all[i].Key]
			}
			return all, err
		}
	})
	slices.SortFunc(all, func(a, b Publisher) int {
		if (a.Name == "") != (b.Name == "") {
			return cmp.Compare(len(b.Name), len(a.Name))
		}
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)),
			b.FirstSeen.Compare(a.FirstSeen), strings.Compare(a.Key.String(), b.Key.String()))
	})
	return all, err
}

const maxPublisherName = 60 // characters

// SetPublisher gives a publisher that was seen before a name, "" for none, and
// blocks him or ends that. NotFound for any other key.
func (e *Engine) SetPublisher(ctx context.Context, key pack.PublicKey, name string, blocked bool) error {
	name = strings.TrimSpace(name)
	if utf8.RuneCountInString(name) > maxPublisherName || !printable(name) {
		return badInput("A publisher's name has at most %d characters, all of them visible", maxPublisherName)
	}
	return e.changePublisher(ctx, key, func(p *Publisher) { p.Name, p.Blocked = name, blocked })
}

// SetPublisherBudget bounds what is given of a publisher's packages in a
// calendar month, in bytes; 0 is no bound. NotFound for a key that was not seen.
func (e *Engine) SetPublisherBudget(ctx context.Context, key pack.PublicKey, bytes int64) error {
	if err := CheckBudget(bytes); err != nil {
		return err
	}
	return e.changePublisher(ctx, key, func(p *Publisher) { p.Budget = bytes })
}

// CheckBudget refuses what is no budget of a publisher with a BadInput problem.
func CheckBudget(bytes int64) error {
	if bytes < 0 || bytes > maxBudget {
		return badInput("A publisher's budget must be from 0 to %d bytes", int64(maxBudget))
	}
	return nil
}

func (e *Engine) changePublisher(ctx context.Context, key pack.PublicKey, change func(*Publisher)) error {
	_, err := atRecords(ctx, e, func() func() (struct{}, error) {
		return func() (struct{}, error) {
			p, known, err := e.loadPublisher(key)
			if err == nil && !known {
				err = NewProblem(NotFound, key.Fingerprint(), nil)
			}
			if err != nil {
				return struct{}{}, err
			}
			change(&p)
			return struct{}{}, e.savePublisher(p)
		}
	})
	return err
}

// seen runs on the desk, so that nobody else writes between load and save.
func (e *Engine) seen(fx fxSeen) error {
	p, _, err := e.loadPublisher(fx.key)
	if err != nil {
		return err
	}
	if p.FirstSeen.IsZero() {
		p.FirstSeen = fx.at
	}
	p.Packages++
	if fx.created.After(p.Newest) {
		p.Newest = fx.created
	}
	return e.savePublisher(p)
}

func (e *Engine) loadPublisher(key pack.PublicKey) (p Publisher, known bool, err error) {
	all, err := e.cfg.Store.LoadPublishers()
	i := slices.IndexFunc(all, func(p Publisher) bool { return p.Key == key })
	if i < 0 {
		return Publisher{Key: key}, false, err
	}
	return all[i], true, err
}

func (e *Engine) savePublisher(p Publisher) error {
	if err := e.cfg.Store.SavePublisher(p); err != nil {
		return err
	}
	r := newReply()
	e.settle(evPublisher{p, r}, r)
	return nil
}
