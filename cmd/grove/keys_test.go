package main

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"grove/app/pack"
)

func TestKeysNewShowExport(t *testing.T) {
	data := t.TempDir()
	made := groveAt(data, "keys", "new", "--no-passphrase").want(t, 0,
		"Keep a copy of this file somewhere safe", filepath.Join(data, "keys", "publisher.key"), "no passphrase")
	public, err := pack.ParsePublicKey(strings.TrimSpace(made.out))
	if err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(data, "keys", "publisher.key")
	if info, err := os.Stat(key); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", info, err)
	}
	shown := groveAt(data, "keys", "show").want(t, 0)
	for _, w := range []string{public.String(), public.Fingerprint(), key, "none"} {
		if !strings.Contains(shown.out, w) {
			t.Errorf("show lacks %q:\n%s", w, shown.out)
		}
	}
	line := jsonLines(t, groveAt(data, "keys", "show", "--json").want(t, 0).out)[0]
	if line["public_key"] != public.String() || line["protected"] != false {
		t.Errorf("%v", line)
	}

	to := filepath.Join(t.TempDir(), "copy")
	groveAt(data, "keys", "export", to).want(t, 0, "no passphrase")
	if !bytes.Equal(getFile(t, filepath.Join(to, "publisher.key")), getFile(t, key)) {
		t.Error("the exported key differs")
	}
	if got := string(getFile(t, filepath.Join(to, "publisher.pub"))); got != public.FileText() {
		t.Errorf("publisher.pub holds %q", got)
	}
	other := t.TempDir()
	imported := groveAt(other, "keys", "import", filepath.Join(to, "publisher.key"), "--name", "mine").want(t, 0)
	if imported.out != made.out {
		t.Errorf("imported %q, made %q", imported.out, made.out)
	}
	if got := filesIn(t, filepath.Join(other, "keys")); !slices.Equal(got, []string{"mine.key", "mine.pub"}) {
		t.Errorf("%v", got)
	}
}

func TestKeysAreNeverReplaced(t *testing.T) {
	data := withKey(t)
	key := filepath.Join(data, "keys", "publisher.key")
	before := getFile(t, key)
	exported := t.TempDir()
	groveAt(data, "keys", "export", exported).want(t, 0)
	groveAt(data, "keys", "new", "--no-passphrase").want(t, 13, "publisher.key", "--name gives")
	groveAt(data, "keys", "import", filepath.Join(exported, "publisher.key")).want(t, 13, "publisher.key", "--name gives")
	groveAt(data, "keys", "export", exported).want(t, 13, "publisher.key")
	if !bytes.Equal(getFile(t, key), before) {
		t.Fatal("the key was replaced")
	}
	// A public key alone is somebody's too.
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	groveAt(data, "keys", "new", "--no-passphrase").want(t, 13, "publisher.pub")
	if got := filesIn(t, filepath.Dir(key)); len(got) != 1 {
		t.Errorf("half a key was written: %v", got)
	}
}

func TestKeysBadInput(t *testing.T) {
	data := t.TempDir()
	junk := putFile(t, []byte("untrusted comment: x\nAAAA\n"), t.TempDir(), "junk.key")
	large := putFile(t, make([]byte, 1<<20), t.TempDir(), "large.key")
	for _, c := range []struct {
		args []string
		code int
		word string
	}{
		{[]string{"show"}, 3, "grove keys new makes one"},
		{[]string{"export", t.TempDir()}, 3, "grove keys new makes one"},
		{[]string{"protect"}, 3, "grove keys new makes one"},
		{[]string{"import", filepath.Join(data, "nothing.key")}, 3, "nothing.key"},
		{[]string{"import", junk}, 2, "not a secret key file of minisign"},
		{[]string{"import", large}, 2, "larger than 4096 bytes"},
		{[]string{"new", "--no-passphrase", "--name", "../x"}, 2, "cannot be the name of a key"},
		{[]string{"new", "--no-passphrase", "--name", "con"}, 2, "device name"},
		{[]string{"new"}, 2, "GROVE_PASSPHRASE"},
		{[]string{"new", "secret"}, 2, "secret"},
		{[]string{"export"}, 2, "arg"},
	} {
		groveAt(data, append([]string{"keys"}, c.args...)...).want(t, c.code, c.word)
	}
	if _, err := os.Stat(filepath.Join(data, "keys")); err == nil {
		t.Error("a failed command left a folder of keys")
	}
}

// TestProtectedKey locks a key here and has minisign sign with it.
func TestProtectedKey(t *testing.T) {
	costly(t)
	program(t, "minisign")
	data := withKey(t)
	t.Setenv("GROVE_PASSPHRASE", "correct horse")
	groveAt(data, "keys", "protect").want(t, 0, "locked with the new passphrase")
	keys := filepath.Join(data, "keys")
	if got := filesIn(t, keys); !slices.Equal(got, []string{"publisher.key", "publisher.pub"}) {
		t.Errorf("left over: %v", got)
	}
	if s := groveAt(data, "keys", "show").want(t, 0).out; !strings.Contains(s, "passphrase   yes") {
		t.Errorf("show: %s", s)
	}
	putFile(t, []byte("text"), keys, "message")
	shell(t, keys, "minisign -S -s publisher.key -m message && minisign -V -p publisher.pub -m message", "correct horse\n")

	key := filepath.Join(keys, "publisher.key")
	before := getFile(t, key)
	t.Setenv("GROVE_PASSPHRASE", "wrong")
	t.Setenv("GROVE_NEW_PASSPHRASE", "new")
	groveAt(data, "keys", "protect").want(t, 33, "could not be opened", "does not open the key")
	if !bytes.Equal(getFile(t, key), before) {
		t.Fatal("a wrong passphrase changed the key file")
	}
}

func TestInternalKeyRefusesNonsense(t *testing.T) {
	for _, in := range []string{"", "x", `{"do":"sign"}`, `{"do":"burn"}`} {
		var out, errs bytes.Buffer
		code := run([]string{"internal", "key"}, strings.NewReader(in), &out, &errs)
		if code == 0 && !strings.Contains(out.String(), `"error"`) {
			t.Errorf("%q: %d %s %s", in, code, out.String(), errs.String())
		}
	}
}
