package keyring

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"grove/app"
	"grove/app/pack"
)

// Opening a protected key file takes 1 GiB of memory for a moment, which Go
// would keep for minutes. So that work is done by a child process, with a job
// on its stdin and a reply on its stdout. Passphrases travel there only, never
// in arguments or the environment, which others can read.

const (
	doNew     = "new"     // make a key, protected by NewPassphrase if there is one
	doOpen    = "open"    // say which key it is
	doProtect = "protect" // encrypt again with NewPassphrase
	doSign    = "sign"
	doOrder   = "order" // sign an order
	doMap     = "map"   // sign a network map
)

// signs reports whether do is work for "internal sign".
func signs(do string) bool { return do == doSign || do == doOrder || do == doMap }

// Variables in the environment that hold passphrases. No child gets them.
const (
	PassphraseVar    = "GROVE_PASSPHRASE"
	NewPassphraseVar = "GROVE_NEW_PASSPHRASE" // for a key that has one already
)

const patience = 2 * time.Minute // for the child; a busy small machine takes ten seconds

type job struct {
	Do            string    `json:"do"`
	Key           []byte    `json:"key,omitempty"` // the key file
	Passphrase    string    `json:"passphrase,omitempty"`
	NewPassphrase string    `json:"new_passphrase,omitempty"`
	Manifest      *unsigned `json:"manifest,omitempty"`

	// Order is an order whose publisher is the key's, whatever it says.
	Order *pack.Order `json:"order,omitempty"`
	// Map is the same of a network map.
	Map *pack.Map `json:"map,omitempty"`
}

// unsigned is a manifest whose publisher is not known before the key is open:
// the field here takes the place of the one inside.
type unsigned struct {
	pack.Manifest
	Publisher string `json:"publisher,omitempty"`
}

type answer struct {
	Key    []byte
	Public pack.PublicKey
	Grove  []byte
	Order  []byte
	Map    []byte
}

// run does the job on the key that is or will be at path, which only messages
// need: in this process where no passphrase is concerned, else in a child.
func (j job) run(ctx context.Context, path string) (answer, error) {
	do := j.inChild
	if j.Passphrase == "" && j.NewPassphrase == "" {
		do = func(context.Context) (answer, error) { return j.do() }
	}
	a, err := do(ctx)
	var refused *pack.Error
	switch {
	case err == nil:
		return a, nil
	case ctx.Err() != nil:
		return answer{}, ctx.Err()
	case !errors.As(err, &refused), refused.Reason == pack.BadKey, refused.Reason == pack.WrongPass:
		return answer{}, app.NewProblem(app.KeyLocked, path, err)
	}
	return answer{}, app.FromPack(err)
}

func (j job) do() (answer, error) {
	if j.Do == doNew {
		key, err := pack.NewKey(nil)
		if err != nil {
			return answer{}, err
		}
		file, err := key.MarshalFile(j.NewPassphrase)
		return answer{Key: file, Public: key.Public()}, err
	}
	key, err := pack.OpenKeyFile(j.Key, j.Passphrase)
	if err != nil {
		return answer{}, err
	}
	a := answer{Public: key.Public()}
	switch {
	case j.Do == doOpen:
	case j.Do == doProtect && j.NewPassphrase != "":
		a.Key, err = key.MarshalFile(j.NewPassphrase)
	case j.Do == doSign && j.Manifest != nil:
		m := j.Manifest.Manifest
		m.Publisher = key.Public()
		a.Grove, err = pack.Sign(m, key)
	case j.Do == doOrder && j.Order != nil:
		o := *j.Order
		o.Publisher = key.Public()
		a.Order, err = pack.SignOrder(o, key)
	case j.Do == doMap && j.Map != nil:
		m := *j.Map
		m.Publisher = key.Public()
		a.Map, err = pack.SignMap(m, key)
	default:
		err = fmt.Errorf("no such job: %q", j.Do)
	}
	return a, err
}

// inChild runs the job in a process of its own, for at most patience.
func (j job) inChild(ctx context.Context) (answer, error) {
	program, err := os.Executable()
	if err != nil {
		return answer{}, err
	}
	text, err := json.Marshal(j)
	if err != nil {
		return answer{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	command := "key"
	if signs(j.Do) {
		command = "sign"
	}
	c := exec.CommandContext(ctx, program, internal, command)
	c.Env = Environ()
	c.Stdin = bytes.NewReader(text)
	c.WaitDelay = time.Second
	out, err := c.Output()
	if err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("it took longer than %v", patience)
		}
		return answer{}, fmt.Errorf("a passphrase takes 1 GiB of memory for a moment: %w", err)
	}
	return readReply(out)
}

// Environ is the environment without passphrases: what any child may have.
func Environ() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return name == PassphraseVar || name == NewPassphraseVar
	})
}
