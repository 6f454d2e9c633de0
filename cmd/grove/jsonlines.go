package main

import (
	"encoding/json"
	"time"
)

// stamp begins every line of --json.
type stamp struct {
	Schema int       `json:"schema"`
	Time   time.Time `json:"time"`
	Event  string    `json:"event"`
}

func newStamp(event string) stamp {
	return stamp{Schema: 1, Time: time.Now().UTC().Truncate(time.Millisecond), Event: event}
}

// printJSON writes v, which begins with a stamp, as one line on stdout.
func (t *terminal) printJSON(v any) error {
	e := json.NewEncoder(t.out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
