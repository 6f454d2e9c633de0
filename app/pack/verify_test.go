package pack

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// verifyScript is every command of docs/VERIFY.md, in order.
func verifyScript(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/VERIFY.md")
	if err != nil {
		t.Fatal(err)
	}
	script := "set -e\n"
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		script += block[1]
	}
	if strings.Count(script, "\n") < 10 {
		t.Fatalf("the page has too few commands:\n%s", script)
	}
	return script
}

// verifyFolder holds what the page asks for, of a package with awkward names.
func verifyFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	files := map[string]int{"film.mkv": 2*MinPiece + 5, "extra/über $HOME & {more}, [1].txt": 1234, "extra/empty.txt": 0,
		"extra/exact.bin": MinPiece, "-x 'y'": 7}
	b := NewBuild(MinPiece)
	for _, name := range []string{"film.mkv", "extra/über $HOME & {more}, [1].txt", "extra/empty.txt", "extra/exact.bin", "-x 'y'"} {
		bytes := content(name, files[name])
		at := filepath.Join(dir, "download", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Dir(at), filepath.Base(at), bytes)
		whole, pieces, size, err := HashFile(strings.NewReader(string(bytes)), MinPiece)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Add(strings.Split(name, "/"), whole, pieces, size); err != nil {
			t.Fatal(err)
		}
	}
	key := fixedKey(t, 1)
	m := Manifest{Publisher: key.Public(), Created: fixedTime, Name: `A "film", {"path":["x"],"hashes":"00","piece":1`,
		About: `"hashes":"` + Hash{}.String() + `"`}
	b.Fill(&m)
	write(t, dir, "film.grove", mustSign(t, m, key))
	write(t, dir, "film.hashes", b.List())
	write(t, dir, "publisher.pub", []byte(key.Public().FileText()))
	return dir
}

func TestVerifyPage(t *testing.T) {
	minisignProgram(t)
	for _, program := range []string{"sh", "basenc", "sha256sum", "split", "od"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(err)
		}
	}
	script := verifyScript(t)
	out := run(t, verifyFolder(t), script, "sh")
	for _, want := range []string{"Signature and comment signature verified", "film.mkv: OK", "film.hashes: OK"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	// The page must also find what is wrong.
	for name, spoil := range map[string]func(dir string){
		"other file": func(dir string) {
			b := read(t, dir, "download/film.mkv")
			b[MinPiece] ^= 1
			write(t, dir, "download/film.mkv", b)
		},
		"missing file": func(dir string) {
			if err := os.Remove(filepath.Join(dir, "download", "extra", "empty.txt")); err != nil {
				t.Fatal(err)
			}
		},
		"other description": func(dir string) {
			write(t, dir, "film.grove", []byte(strings.Replace(string(read(t, dir, "film.grove")), "2026", "2027", 1)))
		},
		"other hash list": func(dir string) {
			b := read(t, dir, "film.hashes")
			b[0] ^= 1
			write(t, dir, "film.hashes", b)
		},
		"other publisher": func(dir string) {
			write(t, dir, "publisher.pub", []byte(fixedKey(t, 2).Public().FileText()))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := verifyFolder(t)
			spoil(dir)
			c := exec.Command("sh")
			c.Dir, c.Stdin = dir, strings.NewReader(script)
			if out, err := c.CombinedOutput(); err == nil {
				t.Errorf("not noticed:\n%s", out)
			}
		})
	}
}

// TestFormatPage holds the vectors that docs/FORMAT.md cites to those that
// there are.
func TestFormatPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	all := loadVectors(t)
	cited := regexp.MustCompile("`((?:package|link|path|key|keyfile|hashes|poster)-[a-z0-9*-]+)`").FindAllStringSubmatch(string(page), -1)
	if len(cited) < 20 {
		t.Errorf("only %d vectors are cited", len(cited))
	}
	for _, c := range cited {
		found := false
		for name := range all {
			ok, err := filepath.Match(c[1], name)
			if err != nil {
				t.Fatal(err)
			}
			found = found || ok
		}
		if !found {
			t.Errorf("there is no vector %s", c[1])
		}
	}
	for _, r := range Reasons() {
		if !strings.Contains(string(page), "`"+string(r)+"`") {
			t.Errorf("reason %s is not on the page", r)
		}
	}
}
