package pack

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// seed gives the fuzzer all vectors of the given kinds.
func seed(f *testing.F, kinds ...string) {
	f.Helper()
	for _, v := range loadVectors(f) {
		for _, k := range kinds {
			if v.kind == k {
				f.Add(v.body)
			}
		}
	}
}

// wantRefusal holds for any error of this package.
func wantRefusal(t *testing.T, err error) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Reason.text() == string(e.Reason) {
		t.Fatalf("%v is no refusal from the list", err)
	}
	if bad := checkCharacters(err.Error(), ""); bad != nil {
		t.Fatalf("%q is not safe to show: %v", err, bad)
	}
}

func FuzzOpen(f *testing.F) {
	seed(f, "package")
	key := fixedKey(f, 1)
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, grove := range [][]byte{b, signBytes(key, afterSignature(b), 3)} {
			p, err := Open(grove)
			if err != nil {
				wantRefusal(t, err)
				continue
			}
			lines, body, err := splitSignature(grove)
			if err != nil {
				t.Fatal(err)
			}
			if err := verify(p.Publisher(), lines, body); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(p.Manifest.encode(nil), body) {
				t.Fatal("encoded again, it differs")
			}
		}
	})
}

// FuzzManifest is FuzzOpen behind the signature, and so a hundred times
// faster.
func FuzzManifest(f *testing.F) {
	for _, v := range loadVectors(f) {
		if v.kind == "package" {
			f.Add(afterSignature(v.body))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := decodeManifest(b)
		if err != nil {
			wantRefusal(t, err)
			return
		}
		if !bytes.Equal(m.encode(nil), b) {
			t.Fatal("encoded again, it differs")
		}
		if err := m.check(); err != nil {
			wantRefusal(t, err)
			return
		}
		sizes := make([]int64, len(m.Files))
		for i, file := range m.Files {
			sizes[i] = file.Size
			if err := CheckPath(file.Path); err != nil {
				t.Fatal(err)
			}
		}
		if l := NewLayout(m.Piece, sizes); l.Pieces() > MaxPieces || l.Size() > MaxSize || l.Size() < 0 || len(m.Files) > MaxFiles {
			t.Fatal("outside the limits")
		}
	})
}

func afterSignature(b []byte) []byte {
	if i := bytes.IndexByte(b, '{'); i >= 0 {
		return b[i:]
	}
	return b
}

func FuzzLink(f *testing.F) {
	seed(f, "link")
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := ParseLink(string(b))
		if err != nil {
			wantRefusal(t, err)
			return
		}
		for _, s := range []string{l.String(), l.Page("https://example.org/")} {
			if len(s) > MaxLink { // encoding grows what came unencoded
				continue
			}
			again, err := ParseLink(s)
			if err != nil {
				t.Fatalf("%s: %v", s, err)
			}
			if d := cmp.Diff(l, again); d != "" {
				t.Fatalf("%s:\n%s", s, d)
			}
		}
	})
}

func FuzzPath(f *testing.F) {
	seed(f, "path")
	f.Fuzz(func(t *testing.T, b []byte) {
		path := vector{body: b}.path()
		if err := CheckPath(path); err != nil {
			wantRefusal(t, err)
			return
		}
		name := strings.Join(path, "/")
		if !filepath.IsLocal(filepath.FromSlash(name)) || filepath.ToSlash(filepath.Clean(filepath.FromSlash(name))) != name {
			t.Fatalf("%q is accepted, but not local", name)
		}
		// The oracle is the file system: the file appears where the path says.
		root := t.TempDir()
		r, err := os.OpenRoot(root)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}()
		if err := r.MkdirAll(filepath.Dir(filepath.FromSlash(name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := r.WriteFile(filepath.FromSlash(name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		found := ""
		err = filepath.WalkDir(root, func(at string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				found, err = filepath.Rel(root, at)
			}
			return err
		})
		if err != nil || filepath.ToSlash(found) != name {
			t.Fatalf("%q became %q, %v", name, found, err)
		}
	})
}

func FuzzHashes(f *testing.F) {
	seed(f, "hashes")
	m, build := fixedManifest(f)
	p, err := Open(mustSign(f, m, fixedKey(f, 1)))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := p.CheckHashes(b)
		if err != nil {
			wantRefusal(t, err)
			return
		}
		if !bytes.Equal(list, build.List()) {
			t.Fatal("another hash list is accepted")
		}
	})
}

func FuzzKey(f *testing.F) {
	seed(f, "key", "keyfile")
	f.Fuzz(func(t *testing.T, b []byte) {
		if k, err := ParsePublicKey(string(b)); err != nil {
			wantRefusal(t, err)
		} else if s := string(b); s != k.String() && s != k.linkText() {
			t.Fatalf("%q is no spelling of %s", s, k)
		}
		protected, err := KeyFileProtected(b)
		if err != nil {
			wantRefusal(t, err)
			return
		}
		if protected { // opening takes a second; the rest was read
			return
		}
		k, err := OpenKeyFile(b, "")
		if err != nil {
			wantRefusal(t, err)
			return
		}
		if err := k.Public().check(); err != nil {
			t.Fatal(err)
		}
		file, err := k.MarshalFile("")
		if err != nil {
			t.Fatal(err)
		}
		if again, err := OpenKeyFile(file, ""); err != nil || again.Public() != k.Public() {
			t.Fatalf("%v", err)
		}
	})
}
