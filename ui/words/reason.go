package words

import "grove/app"

// Reason is the one sentence of a row: what goes on, or why v is slow or
// stopped and what happens next. place is its place in line while it is
// Queued, 1 for the next; 0 where that is not known.
func (w *Words) Reason(v *app.View, place int) string {
	switch v.State {
	case app.Resolving:
		return w.T("reason.resolving")
	case app.Offered:
		return w.T("reason.offered")
	case app.Queued:
		return w.queued(place)
	case app.Checking:
		return w.checking(v.Checked)
	case app.Downloading:
		return w.downloading(v)
	case app.Seeding:
		return w.seeding(v)
	case app.Done:
		if v.Shared {
			return w.T("reason.unshared")
		}
		return w.T("reason.done")
	case app.Paused:
		if v.Held {
			return w.T("reason.paused_all")
		}
		return w.T("reason.paused")
	case app.Failed:
		return w.failed(v.Problem)
	}
	return ""
}

func (w *Words) queued(place int) string {
	switch {
	case place < 1:
		return w.T("reason.waiting")
	case place == 1:
		return w.T("reason.next")
	case place == 2:
		return w.T("reason.second")
	}
	return w.T("reason.place", "place", w.Count(int64(place)))
}

func (w *Words) checking(part float64) string {
	if part >= 0.01 && part <= 1 {
		return w.T("reason.checking_at", "percent", w.percent(int(part*100)))
	}
	return w.T("reason.checking")
}

func (w *Words) failed(p *app.Problem) string {
	switch {
	case p == nil:
		p = app.NewProblem(app.Internal, "", nil)
	case p.Kind == app.NoSpace:
		return w.T("reason.no_room")
	}
	return w.sentence(p)
}

func (w *Words) downloading(v *app.View) string {
	c := crowdOf(v.Sources)
	switch {
	case v.Problem != nil && v.Problem.Kind == app.NoSource:
		return w.T("reason.no_source")
	case v.Problem != nil && v.Problem.Kind == app.NoPath:
		return w.T("reason.no_path")
	case v.Problem != nil:
		return w.sentence(v.Problem)
	case v.Size > 0 && v.Have >= v.Size:
		return w.T("reason.placing")
	case v.Interference != app.Undisturbed:
		return w.Interference(v.Interference)
	case c.people+c.servers == 0 && c.trouble != nil:
		return w.T("reason.trouble", "sentence", w.sentence(c.trouble))
	case c.people+c.servers == 0:
		return w.T("reason.looking")
	case c.stalled == c.people+c.servers:
		return w.T("reason.stalled")
	}
	who := w.who(c)
	// Near the limit is at it: a rate never stands still.
	if v.Limit > 0 && v.Rates.Down() >= 0.85*float64(v.Limit) {
		return w.T("reason.held", "who", who, "rate", w.Rate(float64(v.Limit)))
	}
	if v.Yields {
		return w.T("reason.yields", "who", who)
	}
	return who
}

// Interference says what is done to connections on the way, and what Grove does;
// "" for nothing.
func (w *Words) Interference(i app.Interference) string {
	switch i {
	case app.Resets:
		return w.T("reason.resets")
	case app.CutOff:
		return w.T("reason.cut_off")
	case app.SlowTCP:
		return w.T("reason.slow_tcp")
	}
	return ""
}

func (w *Words) who(c crowd) string {
	switch {
	case c.people == 0:
		return w.T("reason.origin")
	case c.servers == 0:
		return w.N("reason.people", c.people)
	}
	return w.N("reason.people_origin", c.people)
}

func (w *Words) seeding(v *app.View) string {
	switch v.NotGiving {
	case app.GivingOff:
		return w.T("reason.giving_off")
	case app.GivingOverspent:
		return w.T("reason.giving_budget")
	case app.GivingPublisher:
		return w.T("reason.giving_publisher")
	case app.GivingCut:
		return w.T("reason.giving_cut")
	case app.GivingBattery:
		return w.T("reason.giving_battery")
	case app.GivingMetered:
		return w.T("reason.giving_metered")
	case app.GivingVPN:
		return w.T("reason.giving_vpn")
	case app.GivingFullScreen:
		return w.T("reason.giving_full_screen")
	}
	complete := max(v.Serving.Complete, 0)
	n := v.Serving.Peers - complete
	if n <= 0 && complete == 0 {
		// Others who got in are better news; of a download there are other sources.
		if v.Shared && v.Serving.Missed > 0 {
			return w.N("reason.missed", v.Serving.Missed)
		}
		return w.T("reason.shared")
	}
	if n <= 0 {
		return w.N("reason.safe", complete)
	}
	fetching := w.N("reason.fetching", n)
	switch {
	case complete > 0:
		return w.N("reason.and_safe", complete, "fetching", fetching)
	case v.Shared: // made here, so perhaps only here
		return w.T("reason.alone", "fetching", fetching)
	}
	return fetching
}

// crowd is who gives a download something now.
type crowd struct {
	people, servers int          // connected and used
	stalled         int          // of those, without a byte for a while
	trouble         *app.Problem // of one that is not used, or nil
}

func crowdOf(sources []app.SourceView) (c crowd) {
	for _, s := range sources {
		switch {
		case s.Problem != nil:
			c.trouble = s.Problem
			continue
		case !s.Connected:
			continue
		case s.Kind == app.KindPeer:
			c.people++
		default:
			c.servers++
		}
		if s.Stalled {
			c.stalled++
		}
	}
	return c
}
