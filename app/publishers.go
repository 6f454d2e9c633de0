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
	if p, ok := s.publishers[key]; ok {
		return p
	}
	return Publisher{Key: key}
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
	all, err := atRecords(ctx, e, func() func() ([]Publisher, error) { return e.cfg.Store.LoadPublishers })
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
	_, err := atRecords(ctx, e, func() func() (struct{}, error) {
		return func() (struct{}, error) {
			p, known, err := e.loadPublisher(key)
			if err == nil && !known {
				err = NewProblem(NotFound, key.Fingerprint(), nil)
			}
			if err != nil {
				return struct{}{}, err
			}
			p.Name, p.Blocked = name, blocked
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
