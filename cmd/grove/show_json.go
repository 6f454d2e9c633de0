package main

import (
	"encoding/json"
	"io"
	"time"

	"grove/app"
	"grove/cmd/internal/local"
)

// The objects of --json, one a line. Names are in snake_case, sizes are bytes,
// times RFC 3339, durations seconds. Fields are added, never renamed.

// event is one line about a transfer.
type event struct {
	stamp
	local.Transfer
}

// jsonShower writes events to stdout; what is said to people goes where it
// always goes.
type jsonShower struct {
	quietShower
	out  io.Writer
	last map[string]jsonTold
}

type jsonTold struct {
	seen jsonSeen
	next time.Time
}

// jsonSeen is what is told at once where it changes.
type jsonSeen struct {
	state   app.State
	problem app.ProblemKind
	kept    app.NotGiving
	way     app.Interference
}

const jsonEvery = time.Second

func (j *jsonShower) show(now time.Time, views []app.View) {
	for _, v := range views {
		id, seen := v.ID.String(), jsonSeen{state: v.State, kept: v.NotGiving, way: v.Interference}
		if v.Problem != nil {
			seen.problem = v.Problem.Kind
		}
		if last := j.last[id]; last.seen == seen && now.Before(last.next) {
			continue
		}
		j.last[id] = jsonTold{seen, now.Add(jsonEvery)}
		j.write(event{newStamp("progress"), local.TransferOf(v)})
	}
}

func (j *jsonShower) write(v any) {
	e := json.NewEncoder(j.out)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // whoever reads it may go away; the download goes on
}
