package local

import (
	"time"

	"grove/app"
	"grove/cmd/internal/spell"
)

// Transfer is a transfer as others are told of it: here, and on the lines of
// --json. Names are in snake_case, sizes are bytes, rates bytes a second, times
// RFC 3339, durations seconds. Fields are added, never renamed.
type Transfer struct {
	Transfer string     `json:"transfer"`
	Package  string     `json:"package,omitempty"`
	Name     string     `json:"name"`
	State    app.State  `json:"state"`
	Size     int64      `json:"size"`
	Have     int64      `json:"have"`
	Bytes    app.Counts `json:"bytes"`
	Rates    Rates      `json:"rates"`
	Left     *float64   `json:"left_seconds,omitempty"`
	Elapsed  float64    `json:"elapsed_seconds"`
	People   int        `json:"people"`
	// Fetching is how many computers are connected that do not have all of it.
	Fetching int `json:"fetching"`
	Missed   int `json:"missed,omitempty"` // people who found no way in, in the last ten minutes
	// NotGiving says in a word why it is not given to others while it is open.
	NotGiving app.NotGiving `json:"not_giving,omitempty"`
	// Interference is what something on the way does to connections with people.
	Interference *Interference `json:"interference,omitempty"`
	Policy       app.Policy    `json:"policy,omitempty"` // its own; left out: that of the settings
	Give         app.Give      `json:"give,omitempty"`   // more, less, none or always
	Sources      []Source      `json:"sources,omitempty"`
	Problem      *Problem      `json:"problem,omitempty"`
	Folder       string        `json:"folder,omitempty"`
	Target       string        `json:"target,omitempty"`
	Path         string        `json:"path,omitempty"`
	Created      time.Time     `json:"created,omitzero"`
	Finished     time.Time     `json:"finished,omitzero"`
}

// Rates are those of a transfer.
type Rates struct {
	Peers  float64 `json:"peers"`
	Origin float64 `json:"origin"`
	Given  float64 `json:"given"`
}

// Source is somebody whom a transfer gets pieces from.
type Source struct {
	Kind   string  `json:"kind"` // peer, origin or mirror
	ID     string  `json:"id"`
	Bytes  int64   `json:"bytes"` // verified, in this run
	Wasted int64   `json:"wasted"`
	Rate   float64 `json:"rate"`
	// Problem says why it is not used now.
	Problem *Problem `json:"problem,omitempty"`
}

// Problem is an app.Problem with what it means; of what is only saved, the kind
// alone.
type Problem struct {
	Kind   app.ProblemKind `json:"kind"`
	Text   string          `json:"text"`
	Advice string          `json:"advice"`
	Exit   int             `json:"exit_code"`
}

// ProblemOf is nil for nil.
func ProblemOf(p *app.Problem) *Problem {
	if p == nil {
		return nil
	}
	return &Problem{Kind: p.Kind, Text: spell.Clean(p.Error()), Advice: p.Meaning().Advice, Exit: p.Meaning().Exit}
}

// Interference is an app.Interference with its sentence.
type Interference struct {
	Kind app.Interference `json:"kind"`
	Text string           `json:"text"`
}

func interferenceOf(i app.Interference) *Interference {
	if i == app.Undisturbed {
		return nil
	}
	return &Interference{i, i.Sentence()}
}

// TransferOf says what a view says.
func TransferOf(v app.View) Transfer {
	t := Transfer{
		Transfer: v.ID.String(), Package: v.Package.String(), Name: v.Name, State: v.State,
		Size: v.Size, Have: v.Have, Bytes: v.Counts, Rates: Rates(v.Rates), Elapsed: v.Elapsed.Seconds(),
		People: v.Serving.Peers, Fetching: max(v.Serving.Peers-v.Serving.Complete, 0), Missed: v.Serving.Missed,
		NotGiving: v.NotGiving, Interference: interferenceOf(v.Interference), Policy: v.Policy, Give: v.Give, Problem: ProblemOf(v.Problem),
		Folder: v.Folder, Target: v.Target, Path: v.Path, Created: v.Created, Finished: v.Finished,
	}
	if v.Left >= 0 {
		left := v.Left.Seconds()
		t.Left = &left
	}
	people := 0
	for _, s := range v.Sources {
		if s.Kind == app.KindPeer && s.Connected {
			people++
		}
		t.Sources = append(t.Sources, Source{Kind: KindText(s.Kind), ID: s.ID, Bytes: s.Bytes, Wasted: s.Wasted, Rate: s.Rate, Problem: ProblemOf(s.Problem)})
	}
	t.People = max(t.People, people)
	return t
}

// transferOf says what a record says.
func transferOf(r app.Record) Transfer {
	t := Transfer{
		Transfer: r.ID.String(), Package: r.Package.String(), Name: r.Name, State: r.State, Size: r.Size, Have: r.Have,
		Bytes: r.Counts, Policy: r.Policy, Give: r.Gives(), Folder: r.Folder, Target: r.Target, Path: r.Path, Created: r.Created, Finished: r.Finished,
	}
	if r.Problem != "" {
		t.Problem = &Problem{Kind: app.ProblemKind(r.Problem)}
	}
	return t
}

// KindText is a source's kind in one word.
func KindText(k app.Kind) string {
	switch k {
	case app.KindPeer:
		return "peer"
	case app.KindOrigin:
		return "origin"
	}
	return "mirror"
}
