package main

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
)

// TestDocsAreCurrent: the reference in docs is what the command table makes.
func TestDocsAreCurrent(t *testing.T) {
	pages, err := reference(newRoot(silent()))
	if err != nil {
		t.Fatal(err)
	}
	const docs = "../../docs"
	const cure = "; go generate ./cmd/grove writes it anew"
	for name, want := range pages {
		got, err := os.ReadFile(filepath.Join(docs, filepath.FromSlash(name)))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("docs/%s is not current (%v)%s", name, err, cure)
		}
	}
	for _, name := range filesIn(t, filepath.Join(docs, "man")) {
		if pages["man/"+name] == nil {
			t.Errorf("docs/man/%s is of a command that is gone", name)
		}
	}
}

// TestReferenceIsComplete: every command says what it does, and nothing hidden
// is in the reference.
func TestReferenceIsComplete(t *testing.T) {
	pages, err := reference(newRoot(silent()))
	if err != nil {
		t.Fatal(err)
	}
	cli := string(pages["CLI.md"])
	for _, c := range newRoot(silent()).Commands() {
		if c.Short == "" {
			t.Errorf("%s has no description", c.Name())
		}
		if strings.Contains(cli, "## grove "+c.Name()+"\n") == c.Hidden {
			t.Errorf("%s, hidden %v, in the reference: %v", c.Name(), c.Hidden, !c.Hidden)
		}
	}
	for name, page := range pages {
		if strings.HasPrefix(name, "man/") && !bytes.Contains(page, []byte(`"1" "" "Grove"`)) {
			t.Errorf("%s has a date, or another head: %.60s", name, page)
		}
		home, _ := os.UserHomeDir()
		if home != "" && home != "/" && bytes.Contains(page, []byte(home)) {
			t.Errorf("%s has a path of this machine", name)
		}
	}
}

func TestCompletion(t *testing.T) {
	data := t.TempDir()
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if o := groveAt(data, "completion", shell).want(t, 0); !strings.Contains(o.out, "grove") {
			t.Errorf("%s: %q", shell, o.out)
		}
	}
	groveAt(data, "completion", "tcsh").want(t, 2, "tcsh")
	groveAt(data, "completion").want(t, 2)
}

func TestVersion(t *testing.T) {
	o := groveAt(t.TempDir(), "version").want(t, 0)
	info, ok := debug.ReadBuildInfo()
	if !ok || !strings.Contains(o.out, info.GoVersion) || !strings.Contains(o.out, "libp2p  v") {
		t.Errorf("%s", o.out)
	}
	line := jsonLines(t, groveAt(t.TempDir(), "version", "--json").want(t, 0).out)[0]
	if line["go"] != info.GoVersion || line["libp2p"] == "" {
		t.Errorf("%v", line)
	}
}
