package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"grove/app"
	"grove/cmd/internal/boot"
	"grove/p2p"
)

// playGiver is a Grove that goes on with what is in the data folder args[0].
func playGiver(ctx context.Context, args []string) (err error) {
	g, err := boot.Start(ctx, boot.Options{Data: args[0]})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	if err := g.Restore(ctx); err != nil {
		return err
	}
	fmt.Println("ready")
	<-ctx.Done()
	return nil
}

const (
	takers     = 12
	takerRuns  = 4 // that each asks for at once
	countEvery = 20 * time.Millisecond
)

// playTakers are peers that ask for the package in the .grove file args[0] at
// the addresses args[1:], again and again, and throw it away. They print how
// many bytes came in all.
func playTakers(ctx context.Context, args []string) error {
	p, hashes, err := readPackage(args[0])
	if err != nil {
		return err
	}
	want := app.Want{Package: p, Hashes: hashes, Peers: args[1:]}
	fmt.Println("ready")
	var got atomic.Int64
	var all sync.WaitGroup
	for range takers {
		all.Go(func() {
			for ctx.Err() == nil {
				if err := takeOnce(ctx, want, &got); err != nil {
					fmt.Println("taker:", err)
				}
			}
		})
	}
	for tick := time.NewTicker(countEvery); ctx.Err() == nil; {
		<-tick.C
		fmt.Println("got", got.Load())
	}
	all.Wait()
	return nil
}

// takeOnce takes what it can until the giver is gone, or does not answer.
func takeOnce(ctx context.Context, want app.Want, got *atomic.Int64) (err error) {
	n, err := p2p.New(p2p.Config{Listen: []string{}}) // a new one, which nobody has seen
	if err != nil {
		return err
	}
	var seen int64
	count := func() {
		taken := n.Stats().Taken // drained runs as well
		got.Add(taken - seen)
		seen = taken
	}
	ctx, cancel := context.WithCancel(ctx)
	var runs sync.WaitGroup
	defer func() {
		cancel()
		err = n.Close()
		runs.Wait()
		count()
	}()
	giver := &onlyGiver{found: make(chan app.Source, 1), gone: make(chan struct{}, 8)}
	runs.Go(func() { _ = n.Find(ctx, want, giver) }) // its end is ours
	for tick := time.NewTicker(countEvery); ; count() {
		select {
		case s := <-giver.found:
			for range takerRuns {
				runs.Go(func() { takeRuns(ctx, want.Package.Layout.Pieces(), s) })
			}
		case <-giver.gone:
			return nil
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// takeRuns asks for random runs, one after the other, and reads them.
func takeRuns(ctx context.Context, pieces int, s app.Source) {
	for ctx.Err() == nil {
		first := rand.IntN(pieces)
		r, err := s.Open(ctx, app.Run{First: first, Count: 1 + rand.IntN(min(8, pieces-first))})
		if err == nil {
			_, err = io.Copy(io.Discard, r)
			_ = r.Close()
		}
		if err != nil { // he gives nothing now
			select {
			case <-ctx.Done():
			case <-time.After(10 * time.Millisecond):
			}
		}
	}
}

// onlyGiver is an app.Sink for one source.
type onlyGiver struct {
	found chan app.Source
	gone  chan struct{}
}

func (o *onlyGiver) Found(s app.Source)   { o.found <- s }
func (o *onlyGiver) Changed(app.Source)   {}
func (o *onlyGiver) Gone(string, error)   { o.over() }
func (o *onlyGiver) Missed(string, error) { o.over() }

func (o *onlyGiver) over() {
	select {
	case o.gone <- struct{}{}:
	default:
	}
}
