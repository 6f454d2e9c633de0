package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"grove/app"
	"grove/app/pack"
)

// Opening a protected key file takes 1 GiB of memory for a moment, which Go
// would keep for minutes. So that work is done by a child process: this
// program again, as `grove internal key` or `grove internal sign`, with a
// keyJob on its stdin and a keyAnswer on its stdout. Passphrases travel there
// only, never in arguments or the environment, which others can read.

const (
	jobNew     = "new"     // make a key, protected by NewPassphrase if there is one
	jobOpen    = "open"    // say which key it is
	jobProtect = "protect" // encrypt again with NewPassphrase
	jobSign    = "sign"
)

const (
	keyPatience = 2 * time.Minute // for the child; a busy small machine takes ten seconds
	maxJob      = 32 << 20        // bytes of a job or an answer; a manifest has at most 4 MiB
)

type keyJob struct {
	Do            string    `json:"do"`
	Key           []byte    `json:"key,omitempty"` // the key file
	Passphrase    string    `json:"passphrase,omitempty"`
	NewPassphrase string    `json:"new_passphrase,omitempty"`
	Manifest      *unsigned `json:"manifest,omitempty"`
}

// unsigned is a manifest whose publisher is not known before the key is open:
// the field here takes the place of the one inside.
type unsigned struct {
	pack.Manifest
	Publisher string `json:"publisher,omitempty"`
}

type keyAnswer struct {
	Key    []byte
	Public pack.PublicKey
	Grove  []byte
}

// reply is what a child says: an answer, or why there is none.
type reply struct {
	Answer  *keyAnswer  `json:"answer,omitempty"`
	Reason  pack.Reason `json:"reason,omitempty"` // "" where the format refused nothing
	Subject string      `json:"subject,omitempty"`
	Error   string      `json:"error,omitempty"`
}

// run does the job on the key that is or will be at path, which only messages
// need: in this process where no passphrase is concerned, else in a child.
func (j keyJob) run(ctx context.Context, path string) (keyAnswer, error) {
	do := j.inChild
	if j.Passphrase == "" && j.NewPassphrase == "" {
		do = func(context.Context) (keyAnswer, error) { return j.do() }
	}
	a, err := do(ctx)
	var refused *pack.Error
	switch {
	case err == nil:
		return a, nil
	case ctx.Err() != nil:
		return keyAnswer{}, ctx.Err()
	case !errors.As(err, &refused), refused.Reason == pack.BadKey, refused.Reason == pack.WrongPass:
		return keyAnswer{}, app.NewProblem(app.KeyLocked, path, err)
	}
	return keyAnswer{}, app.FromPack(err)
}

func (j keyJob) do() (keyAnswer, error) {
	if j.Do == jobNew {
		key, err := pack.NewKey(nil)
		if err != nil {
			return keyAnswer{}, err
		}
		file, err := key.MarshalFile(j.NewPassphrase)
		return keyAnswer{Key: file, Public: key.Public()}, err
	}
	key, err := pack.OpenKeyFile(j.Key, j.Passphrase)
	if err != nil {
		return keyAnswer{}, err
	}
	a := keyAnswer{Public: key.Public()}
	switch {
	case j.Do == jobOpen:
	case j.Do == jobProtect && j.NewPassphrase != "":
		a.Key, err = key.MarshalFile(j.NewPassphrase)
	case j.Do == jobSign && j.Manifest != nil:
		m := j.Manifest.Manifest
		m.Publisher = key.Public()
		a.Grove, err = pack.Sign(m, key)
	default:
		err = fmt.Errorf("no such job: %q", j.Do)
	}
	return a, err
}

// inChild runs the job in a process of its own, for at most keyPatience.
func (j keyJob) inChild(ctx context.Context) (keyAnswer, error) {
	program, err := os.Executable()
	if err != nil {
		return keyAnswer{}, err
	}
	job, err := json.Marshal(j)
	if err != nil {
		return keyAnswer{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, keyPatience)
	defer cancel()
	command := "key"
	if j.Do == jobSign {
		command = "sign"
	}
	c := exec.CommandContext(ctx, program, "internal", command)
	c.Env = childEnv()
	c.Stdin = bytes.NewReader(job)
	c.WaitDelay = time.Second
	out, err := c.Output()
	if err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("it took longer than %v", keyPatience)
		}
		return keyAnswer{}, fmt.Errorf("a passphrase takes 1 GiB of memory for a moment: %w", err)
	}
	return readReply(out)
}

// childEnv is the environment without passphrases.
func childEnv() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return name == envPassphrase || name == envNewPassphrase
	})
}

func readReply(b []byte) (keyAnswer, error) {
	var r reply
	if err := json.Unmarshal(b, &r); err != nil {
		return keyAnswer{}, fmt.Errorf("the answer about the key: %w", err)
	}
	switch {
	case r.Answer != nil:
		return *r.Answer, nil
	case r.Reason != "":
		return keyAnswer{}, &pack.Error{Reason: r.Reason, Subject: r.Subject, Err: errors.New(r.Error)}
	}
	return keyAnswer{}, errors.New(r.Error)
}

// newReply says what became of a job.
func newReply(a keyAnswer, err error) reply {
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

// newKeyJobs are the commands that the program runs as its own child.
func newKeyJobs(t *terminal) []*cobra.Command {
	child := func(use, short string, fits func(keyJob) bool) *cobra.Command {
		return &cobra.Command{
			Use: use, Short: short, Args: cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error {
				var j keyJob
				if err := json.NewDecoder(io.LimitReader(t.in, maxJob)).Decode(&j); err != nil || !fits(j) {
					return app.NewProblem(app.BadInput, "grove internal is for Grove itself", err)
				}
				return json.NewEncoder(t.out).Encode(newReply(j.do()))
			},
		}
	}
	return []*cobra.Command{
		child("key", "Make, open or encrypt a key; the job is on stdin", func(j keyJob) bool { return j.Do != jobSign }),
		child("sign", "Sign a package; the job is on stdin", func(j keyJob) bool { return j.Do == jobSign }),
	}
}
