package main

import (
	"encoding/json"
	"io"
	"time"

	"grove/app"
)

// The objects of --json, one a line. Names are in snake_case, sizes are bytes,
// times RFC 3339, durations seconds. Fields are added, never renamed.

// transferJSON is a transfer in the events offer, progress, complete, sharing,
// failed and summary.
type transferJSON struct {
	Transfer string       `json:"transfer"`
	Package  string       `json:"package,omitempty"`
	Name     string       `json:"name"`
	State    app.State    `json:"state"`
	Size     int64        `json:"size"`
	Have     int64        `json:"have"`
	Bytes    app.Counts   `json:"bytes"`
	Rates    ratesJSON    `json:"rates"`
	Left     *float64     `json:"left_seconds,omitempty"`
	Elapsed  float64      `json:"elapsed_seconds"`
	People   int          `json:"people"`
	Missed   int          `json:"missed,omitempty"` // people who found no way in, in the last ten minutes
	Sources  []sourceJSON `json:"sources,omitempty"`
	Problem  *problemJSON `json:"problem,omitempty"`
	// Interference is what something on the way does to connections with people.
	Interference *interferenceJSON `json:"interference,omitempty"`
	Folder       string            `json:"folder,omitempty"`
	Path         string            `json:"path,omitempty"`
}

type ratesJSON struct {
	Peers  float64 `json:"peers"`
	Origin float64 `json:"origin"`
	Given  float64 `json:"given"`
}

type sourceJSON struct {
	Kind   string  `json:"kind"` // peer, origin or mirror
	ID     string  `json:"id"`
	Bytes  int64   `json:"bytes"` // verified, in this run
	Wasted int64   `json:"wasted"`
	Rate   float64 `json:"rate"`
	// Problem says why it is not used now.
	Problem *problemJSON `json:"problem,omitempty"`
}

type problemJSON struct {
	Kind   app.ProblemKind `json:"kind"`
	Text   string          `json:"text"`
	Advice string          `json:"advice"`
	Exit   int             `json:"exit_code"`
}

type interferenceJSON struct {
	Kind app.Interference `json:"kind"`
	Text string           `json:"text"`
}

func interferenceOf(i app.Interference) *interferenceJSON {
	if i == app.Undisturbed {
		return nil
	}
	return &interferenceJSON{i, i.Sentence()}
}

func problemOf(p *app.Problem) *problemJSON {
	if p == nil {
		return nil
	}
	return &problemJSON{Kind: p.Kind, Text: clean(p.Error()), Advice: p.Meaning().Advice, Exit: p.Meaning().Exit}
}

func transferOf(v app.View) transferJSON {
	j := transferJSON{
		Transfer: v.ID.String(), Package: v.Package.String(), Name: v.Name, State: v.State,
		Size: v.Size, Have: v.Have, Bytes: v.Counts, Rates: ratesJSON(v.Rates), Elapsed: v.Elapsed.Seconds(),
		People: v.Serving.Peers, Missed: v.Serving.Missed, Problem: problemOf(v.Problem),
		Interference: interferenceOf(v.Interference), Folder: v.Folder, Path: v.Path,
	}
	if v.Left >= 0 {
		left := v.Left.Seconds()
		j.Left = &left
	}
	people := 0
	for _, s := range v.Sources {
		if s.Kind == app.KindPeer && s.Connected {
			people++
		}
		j.Sources = append(j.Sources, sourceJSON{Kind: kindText(s.Kind), ID: s.ID, Bytes: s.Bytes, Wasted: s.Wasted, Rate: s.Rate, Problem: problemOf(s.Problem)})
	}
	j.People = max(j.People, people)
	return j
}

func kindText(k app.Kind) string {
	switch k {
	case app.KindPeer:
		return "peer"
	case app.KindOrigin:
		return "origin"
	}
	return "mirror"
}

// event is one line about a transfer.
type event struct {
	stamp
	transferJSON
}

// jsonShower writes events to stdout; what is said to people goes where it
// always goes.
type jsonShower struct {
	quietShower
	out  io.Writer
	last map[string]jsonSeen
}

type jsonSeen struct {
	state   app.State
	problem app.ProblemKind
	way     app.Interference
	next    time.Time
}

const jsonEvery = time.Second

func (j *jsonShower) show(now time.Time, views []app.View) {
	for _, v := range views {
		id, seen := v.ID.String(), jsonSeen{state: v.State, way: v.Interference}
		if v.Problem != nil {
			seen.problem = v.Problem.Kind
		}
		last := j.last[id]
		if last.state == seen.state && last.problem == seen.problem && last.way == seen.way && now.Before(last.next) {
			continue
		}
		seen.next = now.Add(jsonEvery)
		j.last[id] = seen
		j.write(event{newStamp("progress"), transferOf(v)})
	}
}

func (j *jsonShower) write(v any) {
	e := json.NewEncoder(j.out)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // whoever reads it may go away; the download goes on
}
