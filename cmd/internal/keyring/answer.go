package keyring

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"grove/app"
	"grove/app/pack"
)

const (
	internal = "internal" // the first argument of a child
	maxJob   = 32 << 20   // bytes of a job or a reply; a manifest has at most 4 MiB
)

// Answer is the child's side. Where args, which follow the program's name,
// are "internal key" or "internal sign", it does the job on in and writes what
// became of it to out; handled is false, and nothing was done, for anything
// else. BadInput for what is no job.
func Answer(args []string, in io.Reader, out io.Writer) (handled bool, err error) {
	if len(args) != 2 || args[0] != internal || args[1] != "key" && args[1] != "sign" {
		return false, nil
	}
	var j job
	if err := json.NewDecoder(io.LimitReader(in, maxJob)).Decode(&j); err != nil || signs(j.Do) != (args[1] == "sign") {
		return true, app.NewProblem(app.BadInput, "What is internal is for Grove itself", err)
	}
	return true, json.NewEncoder(out).Encode(newReply(j.do()))
}

// reply is what a child says: an answer, or why there is none.
type reply struct {
	Answer  *answer     `json:"answer,omitempty"`
	Reason  pack.Reason `json:"reason,omitempty"` // "" where the format refused nothing
	Subject string      `json:"subject,omitempty"`
	Error   string      `json:"error,omitempty"`
}

// newReply says what became of a job.
func newReply(a answer, err error) reply {
	if err == nil {
		return reply{Answer: &a}
	}
	var refused *pack.Error
	if errors.As(err, &refused) {
		r := reply{Reason: refused.Reason, Subject: refused.Subject}
		if refused.Err != nil {
			r.Error = refused.Err.Error()
		}
		return r
	}
	return reply{Error: err.Error()}
}

func readReply(b []byte) (answer, error) {
	var r reply
	if err := json.Unmarshal(b, &r); err != nil {
		return answer{}, fmt.Errorf("the answer about the key: %w", err)
	}
	switch {
	case r.Answer != nil:
		return *r.Answer, nil
	case r.Reason != "":
		return answer{}, &pack.Error{Reason: r.Reason, Subject: r.Subject, Err: errors.New(r.Error)}
	}
	return answer{}, errors.New(r.Error)
}
