package keyring

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"grove/app"
	"grove/app/pack"
)

// TestMain is the child's side where a job runs this binary again.
func TestMain(m *testing.M) {
	if handled, err := Answer(os.Args[1:], os.Stdin, os.Stdout); handled {
		if err != nil || os.Getenv(PassphraseVar) != "" { // no child gets one there
			os.Exit(2)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func kindOf(err error) app.ProblemKind {
	if err == nil {
		return ""
	}
	return app.AsProblem(err).Kind
}

func TestCreateOpenSign(t *testing.T) {
	data := t.TempDir()
	path, err := Path(data, "mine")
	if err != nil || path != filepath.Join(data, "keys", "mine.key") {
		t.Fatal(path, err)
	}
	if _, err := Open(path, nil); kindOf(err) != app.NotFound || !errors.Is(err, ErrNone) {
		t.Errorf("before it is made: %v", err)
	}
	public, err := Create(t.Context(), path, "")
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the key: %v, %v", info, err)
	}
	if p, err := ReadPublic(path); err != nil || p != public {
		t.Errorf("the public file: %v, %v", p, err)
	}
	s, err := Open(path, nil)
	if err != nil || s.Protected() {
		t.Fatal(s, err)
	}
	grove, err := s.Sign(t.Context(), manifest())
	if err != nil {
		t.Fatal(err)
	}
	if p, err := pack.Open(grove); err != nil || p.Publisher() != public {
		t.Errorf("signed: %v", err)
	}
	m := manifest()
	m.Name = "a\x1bb"
	if _, err := s.Sign(t.Context(), m); kindOf(err) != app.BadPackage {
		t.Errorf("a bad name was signed: %v", err)
	}
}

// TestSignOrder: the key says whose order it is.
func TestSignOrder(t *testing.T) {
	data := t.TempDir()
	path, err := Path(data, "mine")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Find(data, pack.PublicKey{1}); kindOf(err) != app.NotFound || !errors.Is(err, ErrNone) {
		t.Errorf("before there is any key: %v", err)
	}
	public, err := Create(t.Context(), path, "")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	order := order()
	order.Publisher = pack.PublicKey{1}
	b, err := s.SignOrder(t.Context(), order)
	if err != nil {
		t.Fatal(err)
	}
	if o, err := pack.OpenOrder(b); err != nil || o.Publisher != public || o.Package != order.Package {
		t.Errorf("%+v, %v", o, err)
	}
	order.Depot = "depot"
	if _, err := s.SignOrder(t.Context(), order); kindOf(err) != app.BadPackage {
		t.Errorf("for no depot: %v", err)
	}
	if found, err := Find(data, public); err != nil || found != path {
		t.Errorf("found %q, %v", found, err)
	}
	if _, err := Find(data, pack.PublicKey{1}); kindOf(err) != app.NotFound {
		t.Errorf("another key: %v", err)
	}
}

func order() pack.Order {
	now := time.Now()
	return pack.Order{Do: pack.Keep, Depot: "https://depot.example.org/", Package: pack.ID{1}, Until: now.Add(time.Hour), At: now}
}

func manifest() pack.Manifest {
	m := pack.Manifest{Name: "a.txt", Created: time.Now()}
	b := pack.NewBuild(pack.MinPiece)
	if err := b.Add([]string{"a.txt"}, pack.Hash{1}, make([]byte, 32), 5); err != nil {
		panic(err)
	}
	b.Fill(&m)
	return m
}

func TestNothingIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k.key")
	if _, err := Create(t.Context(), path, ""); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	again := func() error {
		_, err := Create(t.Context(), path, "")
		return err
	}
	if err := again(); kindOf(err) != app.TargetExists || !errors.Is(err, ErrTaken) {
		t.Errorf("a second key: %v", err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("it was replaced: %v", err)
	}
	// A public key alone is somebody's too.
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := again(); kindOf(err) != app.TargetExists {
		t.Errorf("beside a public key: %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("half a key was written")
	}
}

func TestBadKeyFiles(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "k.key")
	for text, kind := range map[string]app.ProblemKind{
		"": app.BadInput, "untrusted comment: x\nAAAA\n": app.BadInput, strings.Repeat("x", maxFile+1): app.BadInput,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path, nil); kindOf(err) != kind {
			t.Errorf("%.20q: %v", text, err)
		}
	}
	if _, err := ReadPublic(path); kindOf(err) != app.NotFound || !errors.Is(err, ErrNoPublic) {
		t.Errorf("no public half: %v", err)
	}
	if err := os.WriteFile(PublicPath(path), []byte("x\ny\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadPublic(path); kindOf(err) != app.BadInput {
		t.Errorf("a bad public half: %v", err)
	}
	for _, name := range []string{"../x", "con", "a/b"} {
		if _, err := Path(folder, name); kindOf(err) != app.BadInput {
			t.Errorf("%q is taken for a name: %v", name, err)
		}
	}
}

// TestProtected goes the whole way of a passphrase through child processes of
// this binary.
func TestProtected(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("takes 1 GiB for a moment, several times")
	}
	t.Setenv(PassphraseVar, "a variable is nobody's answer here")
	path := filepath.Join(t.TempDir(), "k.key")
	public, err := Create(t.Context(), path, "one")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, nil); kindOf(err) != app.KeyLocked {
		t.Errorf("with nobody to ask: %v", err)
	}
	no := errors.New("no")
	if _, err := Open(path, func(string) (string, error) { return "", no }); !errors.Is(err, no) {
		t.Errorf("refused: %v", err)
	}
	with := func(passphrase string) *Signer {
		s, err := Open(path, func(at string) (string, error) {
			if at != path {
				t.Errorf("asked about %s", at)
			}
			return passphrase, nil
		})
		if err != nil || !s.Protected() {
			t.Fatal(s, err)
		}
		return s
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := with("wrong").Protect(t.Context(), "two"); kindOf(err) != app.KeyLocked {
		t.Errorf("a wrong passphrase: %v", err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("a wrong passphrase changed the file: %v", err)
	}
	copied := filepath.Join(t.TempDir(), "copy.key")
	if p, err := with("one").CopyTo(t.Context(), copied); err != nil || p != public {
		t.Errorf("copied: %v, %v", p, err)
	}
	grove, err := with("one").Sign(t.Context(), manifest())
	if err != nil {
		t.Fatal(err)
	}
	if p, err := pack.Open(grove); err != nil || p.Publisher() != public {
		t.Errorf("signed: %v", err)
	}
	b, err := with("one").SignOrder(t.Context(), order())
	if err != nil {
		t.Fatal(err)
	}
	if o, err := pack.OpenOrder(b); err != nil || o.Publisher != public {
		t.Errorf("an order: %v", err)
	}
}

func TestChildGetsNoPassphrase(t *testing.T) {
	t.Setenv(PassphraseVar, "a")
	t.Setenv(NewPassphraseVar, "b")
	t.Setenv("GROVE_OTHER", "c")
	env := strings.Join(Environ(), "\n")
	if strings.Contains(env, "PASSPHRASE") || !strings.Contains(env, "GROVE_OTHER=c") {
		t.Error(env)
	}
}

func TestAnswer(t *testing.T) {
	for _, args := range [][]string{nil, {"internal"}, {"internal", "probe"}, {"internal", "key", "x"}, {"key"}, {"get", "key"}} {
		var out bytes.Buffer
		if handled, err := Answer(args, strings.NewReader(`{"do":"new"}`), &out); handled || err != nil || out.Len() > 0 {
			t.Errorf("%q: %v, %v, %q", args, handled, err, out.String())
		}
	}
	for _, c := range []struct {
		name, in string
		ok       bool
	}{
		{"key", `{"do":"new"}`, true}, {"sign", `{"do":"new"}`, false}, {"key", `{"do":"sign"}`, false},
		{"key", "", false}, {"key", "x", false}, {"key", `{"do":"burn"}`, false}, {"sign", `{"do":"sign"}`, false},
		{"key", `{"do":"order"}`, false}, {"sign", `{"do":"order"}`, false},
	} {
		var out bytes.Buffer
		handled, err := Answer([]string{"internal", c.name}, strings.NewReader(c.in), &out)
		var r reply
		if err == nil {
			err = json.Unmarshal(out.Bytes(), &r)
		}
		if !handled || c.ok != (err == nil && r.Answer != nil) {
			t.Errorf("%s %q: %v, %v, %s", c.name, c.in, handled, err, out.String())
		}
	}
}

// TestReplyKeepsTheReason: what a child refuses is the same refusal here.
func TestReplyKeepsTheReason(t *testing.T) {
	_, err := job{Do: doOpen, Key: []byte("no key")}.do()
	b, jerr := json.Marshal(newReply(answer{}, err))
	if jerr != nil {
		t.Fatal(jerr)
	}
	_, again := readReply(b)
	var refused *pack.Error
	if !errors.As(again, &refused) || refused.Reason != pack.BadKey || again.Error() != err.Error() {
		t.Errorf("%v became %v", err, again)
	}
}
