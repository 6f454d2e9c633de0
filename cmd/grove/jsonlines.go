package main

import (
	"encoding/json"

	"grove/cmd/internal/local"
)

// stamp begins every line of --json.
type stamp = local.Stamp

func newStamp(event string) stamp { return local.NewStamp(event) }

// printJSON writes v, which begins with a stamp, as one line on stdout.
func (t *terminal) printJSON(v any) error {
	e := json.NewEncoder(t.out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
