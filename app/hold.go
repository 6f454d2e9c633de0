package app

import "time"

// pause stops what runs; held says that PauseAll does it.
func (t *transfer) pause(now time.Time, held bool) []effect {
	switch t.rec.State {
	case Queued, Checking, Downloading, Seeding:
		t.rec.Held = held
		t.enter(Paused)
		return append(t.close(), fxSave{t.rec}, t.log(now, "paused", ""))
	case Paused:
		if t.rec.Held && !held { // somebody wants this one to stay
			t.rec.Held = false
			return []effect{fxSave{t.rec}}
		}
	}
	return nil
}

// resume starts what was stopped, and shares what is done.
func (t *transfer) resume(now time.Time) []effect {
	switch t.rec.State {
	case Done:
		t.rec.Seed, t.rec.NoShare = true, false
		fallthrough
	case Paused, Failed:
		t.rec.Held, t.problem = false, nil
		t.enter(Queued)
		return []effect{fxSave{t.rec}, t.log(now, "resumed", "")}
	}
	return nil
}

// evPauseAll stops everything that runs and marks it.
type evPauseAll struct{ reply reply }

func (e evPauseAll) apply(s *state, now time.Time) []effect {
	var fx []effect
	for _, t := range s.list {
		fx = append(fx, t.pause(now, true)...)
	}
	return append(fx, fxReply{e.reply, nil})
}

// evResumeAll starts what evPauseAll stopped and nobody touched since.
type evResumeAll struct{ reply reply }

func (e evResumeAll) apply(s *state, now time.Time) []effect {
	var fx []effect
	for _, t := range s.list {
		if t.rec.Held {
			fx = append(fx, t.resume(now)...)
		}
	}
	return append(fx, fxReply{e.reply, nil})
}

// held is how many evResumeAll would start.
func (s *state) held() int {
	n := 0
	for _, t := range s.list {
		if t.rec.Held {
			n++
		}
	}
	return n
}
