package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"grove/app"
	"grove/cmd/internal/local"
)

// follower watches transfers until they have ended.
type follower struct {
	engine *app.Engine
	ids    []uuid.UUID
	show   shower
	// patience is how long nothing may come from anybody before it gives up;
	// 0 is for ever.
	patience time.Duration
	verbose  bool
	// each is told of every transfer's end once, as it happens; nil: nobody.
	each func(app.View)

	missed int // people who found no way in, as far as it was said
	// interference is what was said of it last.
	interference app.Interference

	told map[uuid.UUID]bool          // whose end each was told of
	kept map[uuid.UUID]app.NotGiving // why each is not given, as far as it was said
	seen map[string]string           // what was said of sources, by transfer and source
}

// ended: nothing more happens to it without the user.
func ended(v app.View) bool {
	switch v.State {
	case app.Done, app.Seeding, app.Failed, app.Paused:
		return true
	}
	return false
}

// run shows the transfers until all have ended and returns their last views,
// in the order of ids. The error is Stopped when ctx ended, and what kept the
// transfers waiting when patience ran out.
func (f *follower) run(ctx context.Context) ([]app.View, error) {
	return f.until(ctx, func(views []app.View) bool {
		return !slices.ContainsFunc(views, func(v app.View) bool { return !ended(v) })
	})
}

// serve shows transfers that are shared until ctx ends, which is no error, or
// none of them is shared any more.
func (f *follower) serve(ctx context.Context) ([]app.View, error) {
	views, err := f.until(ctx, func(views []app.View) bool {
		return !slices.ContainsFunc(views, func(v app.View) bool { return !ended(v) || v.State == app.Seeding })
	})
	if ctx.Err() != nil {
		err = nil
	}
	return views, err
}

func (f *follower) until(ctx context.Context, over func([]app.View) bool) ([]app.View, error) {
	defer f.show.end()
	var views []app.View
	var since uint64
	wait := waiting{limit: f.patience}
	for {
		snap, err := f.engine.Next(ctx, since)
		if err != nil {
			return f.stopped(ctx, err, views)
		}
		since, views = snap.Version, f.pick(snap)
		if f.verbose {
			f.tellSources(views)
		}
		f.tellMissed(views)
		f.tellKept(views)
		f.tellInterference(views)
		f.show.show(snap.At, views)
		for _, v := range views {
			if ended(v) && !f.told[v.ID] && f.each != nil {
				f.told[v.ID] = true
				f.each(v)
			}
		}
		if over(views) {
			return views, nil
		}
		if p := wait.over(snap.At, views); p != nil {
			return views, p
		}
		// Pieces arrive by the thousand, and every one makes a snapshot. Looking
		// a few times a second is enough, but the end must not be missed.
		pause := time.NewTimer(lookAgain(views))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
		}
	}
}

// lookAgain is how soon the next look is worth it: half of the time that is
// left at the present rate, within limits.
func lookAgain(views []app.View) time.Duration {
	wait := liveEvery / 2
	for _, v := range views {
		if rate := v.Rates.Down(); v.State == app.Downloading && rate > 0 {
			wait = min(wait, time.Duration(float64(v.Size-v.Have)/rate/2*float64(time.Second)))
		} else if v.State != app.Downloading && v.State != app.Seeding {
			wait = min(wait, 20*time.Millisecond)
		}
	}
	return max(wait, 2*time.Millisecond)
}

// pick returns the views of the transfers that are followed.
func (f *follower) pick(s *app.Snapshot) []app.View {
	views := make([]app.View, 0, len(f.ids))
	for _, id := range f.ids {
		if v := s.Transfer(id); v != nil {
			views = append(views, *v)
		}
	}
	return views
}

// tellMissed says when somebody with a link found no way in to this computer.
func (f *follower) tellMissed(views []app.View) {
	most := 0
	for _, v := range views {
		most = max(most, v.Serving.Missed)
	}
	if most > f.missed {
		f.show.say(missedText(most))
	}
	f.missed = most
}

// tellKept says why a transfer is not given to others, and when it is again.
func (f *follower) tellKept(views []app.View) {
	for _, v := range views {
		before := f.kept[v.ID]
		if f.kept[v.ID] = v.NotGiving; v.NotGiving == before {
			continue
		}
		if why := keptText(v.NotGiving); why != "" {
			f.show.say(foreign(v.Name) + ": " + why)
		} else if keptText(before) != "" && givable(v) {
			f.show.say(foreign(v.Name) + ": given to others again.")
		}
	}
}

// tellInterference says what is done to connections on the way, once.
func (f *follower) tellInterference(views []app.View) {
	for _, v := range views {
		if v.Interference != f.interference && v.Interference != app.Undisturbed {
			f.interference = v.Interference
			f.show.say(v.Interference.Sentence())
		}
	}
}

func givable(v app.View) bool { return v.State == app.Downloading || v.State == app.Seeding }

// keptText is why nothing is given, for people; "" where the command said so
// itself, or nothing keeps it.
func keptText(why app.NotGiving) string {
	when := map[app.NotGiving]struct{ when, setting string }{
		app.GivingBattery:    {"while this computer runs on battery", "on_battery"},
		app.GivingMetered:    {"while the line is metered", "on_metered"},
		app.GivingVPN:        {"while everything goes through a VPN", "on_vpn"},
		app.GivingFullScreen: {"while a program fills the screen", "on_full_screen"},
	}[why]
	switch {
	case why == app.GivingOverspent:
		return "not given to others until next month; the budget is used up."
	case when.when == "":
		return ""
	}
	return fmt.Sprintf("not given to others %s (--give-always, or grove config set giving.%s on).", when.when, when.setting)
}

func missedText(n int) string {
	return fmt.Sprintf("%s could not get through to this computer: the networks in between allow no direct connection. It helps to open a port in the router, to share with --keep-at, or when somebody else gets it first.",
		count(n, "person", "people"))
}

// tellSources says who came and went, for --verbose.
func (f *follower) tellSources(views []app.View) {
	for _, v := range views {
		for _, s := range v.Sources {
			state := "is here"
			switch {
			case s.Problem != nil:
				state = clean(s.Problem.Error())
			case !s.Connected:
				state = "went away"
			case s.Stalled:
				state = "has stopped sending"
			}
			if key := v.ID.String() + s.ID; f.seen[key] != state {
				f.seen[key] = state
				f.show.say(fmt.Sprintf("%s %s: %s", local.KindText(s.Kind), clean(s.ID), state))
			}
		}
	}
}

// stopped is the end that ctx brought, or the engine. The views are taken once
// more, because those at hand may be a moment old.
func (f *follower) stopped(ctx context.Context, err error, views []app.View) ([]app.View, error) {
	if ctx.Err() == nil {
		return views, err
	}
	if snap, err := f.engine.Next(context.WithoutCancel(ctx), 0); err == nil {
		views = f.pick(snap)
	}
	name := "The transfer"
	if len(views) > 0 {
		name = foreign(together(views).Name)
	}
	return views, app.NewProblem(app.Stopped, name, nil)
}

// waiting decides when patience has run out: nothing has come from anybody for
// limit, and the engine agrees that nobody answers.
type waiting struct {
	limit time.Duration
	since time.Time
	bytes int64
	rate  float64
}

// engineNotice is how long the engine waits before it calls it NoSource. With
// less patience than that it cannot be asked.
const engineNotice = 10 * time.Second

// over returns what to give up with, or nil.
func (w *waiting) over(now time.Time, views []app.View) error {
	var bytes int64
	var rate float64
	var stuck []app.View
	for _, v := range views {
		bytes += v.Counts.Peers + v.Counts.Origin + v.Counts.Wasted
		rate += v.Rates.Down()
		switch {
		case v.State == app.Downloading:
			stuck = append(stuck, v)
		case !ended(v): // checking and queueing take as long as they take
			w.since = now
		}
	}
	// A rate only rises when bytes arrive, which is seen before the piece is
	// complete that they belong to.
	if w.since.IsZero() || bytes != w.bytes || rate > w.rate {
		w.since = now
	}
	w.bytes, w.rate = bytes, rate
	if len(stuck) == 0 || w.limit == 0 || now.Sub(w.since) < min(w.limit, engineNotice) {
		return nil
	}
	agreed := !slices.ContainsFunc(stuck, func(v app.View) bool {
		return v.Problem == nil || v.Problem.Kind != app.NoSource && v.Problem.Kind != app.NoPath && v.Problem.Kind != app.NoInterface
	})
	if now.Sub(w.since) >= w.limit && (agreed || w.limit < engineNotice) {
		return gaveUp(stuck)
	}
	if !slices.ContainsFunc(stuck, func(v app.View) bool { return !onlyLiars(v) }) {
		return gaveUp(stuck) // waiting would not make their bytes right
	}
	return nil
}

// onlyLiars: everybody who is there sent wrong bytes.
func onlyLiars(v app.View) bool {
	for _, s := range v.Sources {
		if s.Problem == nil || s.Problem.Kind != app.WrongBytes {
			return false
		}
	}
	return len(v.Sources) > 0
}

// gaveUp names what kept transfers waiting: wrong bytes if anybody sent them,
// because then somebody has to act; else that nobody answers, and the first
// reason a source gave.
func gaveUp(views []app.View) error {
	var why error
	for _, v := range views {
		if v.Problem != nil && (v.Problem.Kind == app.NoPath || v.Problem.Kind == app.NoInterface) {
			return v.Problem
		}
		for _, s := range v.Sources {
			if s.Problem == nil {
				continue
			}
			if s.Problem.Kind == app.WrongBytes || s.Problem.Kind == app.Refused {
				return s.Problem
			}
			if why == nil {
				why = s.Problem
			}
		}
	}
	return app.NewProblem(app.NoSource, foreign(views[0].Name), why)
}

// firstFailure is the problem of the first transfer that failed, or nil.
func firstFailure(views []app.View) error {
	for _, v := range views {
		if v.State == app.Failed && v.Problem != nil {
			return v.Problem
		}
	}
	return nil
}
