// Package keyring keeps the keys that sign packages. A key is two files in
// minisign's format in the folder keys of the data folder: NAME.key, for this
// user only, and NAME.pub. None is ever replaced by another.
//
// Where a passphrase is concerned the work is done by a child process, which
// is the program itself: Answer is the child's side, and every program that
// opens keys calls it first.
package keyring

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/files"
)

const (
	maxFile    = 4 << 10 // bytes of a key file
	secretPerm = 0o600
)

// Causes of problems with keys, for programs that know more to say about
// them.
var (
	ErrNone     = errors.New("there is no such key")
	ErrNoPublic = errors.New("the public half of the key is missing")
	ErrTaken    = errors.New("a key is never replaced")
)

// Path is where the key called name is, or would be, in the data folder data.
// BadInput for what cannot be a name.
func Path(data, name string) (string, error) {
	if err := pack.CheckPath([]string{name + ".key"}); err != nil {
		return "", app.NewProblem(app.BadInput, strconv.Quote(name)+" cannot be the name of a key", err)
	}
	return filepath.Join(data, "keys", name+".key"), nil
}

// PublicPath is the public key file beside the key file at path.
func PublicPath(path string) string { return strings.TrimSuffix(path, ".key") + ".pub" }

// Read reads a key file and says whether a passphrase protects it. Without
// one there the problem is NotFound with ErrNone.
func Read(path string) (file []byte, protected bool, err error) {
	if file, err = read(path, ErrNone); err != nil {
		return nil, false, err
	}
	if protected, err = pack.KeyFileProtected(file); err != nil {
		return nil, false, app.NewProblem(app.BadInput, path+" is not a secret key file of minisign", err)
	}
	return file, protected, nil
}

// ReadPublic reads the public key file beside the key file at path. Without
// one there the problem is NotFound with ErrNoPublic.
func ReadPublic(path string) (pack.PublicKey, error) {
	path = PublicPath(path)
	b, err := read(path, ErrNoPublic)
	if err != nil {
		return pack.PublicKey{}, err
	}
	_, line, _ := strings.Cut(strings.ReplaceAll(string(b), "\r\n", "\n"), "\n")
	public, err := pack.ParsePublicKey(strings.TrimSuffix(line, "\n"))
	if err != nil {
		return public, app.NewProblem(app.BadInput, path+" is not a public key file of minisign", err)
	}
	return public, nil
}

// Find returns the path of the key in the data folder data whose public half
// is public, by the public key files. NotFound with ErrNone where none is.
func Find(data string, public pack.PublicKey) (string, error) {
	folder := filepath.Join(data, "keys")
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", files.ReadProblem(folder, err)
	}
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".pub")
		if !ok {
			continue
		}
		path := filepath.Join(folder, name+".key")
		if k, err := ReadPublic(path); err == nil && k == public {
			return path, nil
		}
	}
	return "", app.NewProblem(app.NotFound, "the secret half of the key "+public.Fingerprint(), ErrNone)
}

// read reads a key file of either kind; missing is the cause where none is.
func read(path string, missing error) ([]byte, error) {
	b, err := files.Read(path, maxFile)
	if p := (*app.Problem)(nil); errors.As(err, &p) && p.Kind == app.NotFound {
		p.Err = missing
	}
	return b, err
}

// Create makes a new key at path, protected unless passphrase is empty, and
// its public key file. Problems: those of MayStore and of writing.
func Create(ctx context.Context, path, passphrase string) (pack.PublicKey, error) {
	if err := MayStore(path); err != nil {
		return pack.PublicKey{}, err
	}
	a, err := job{Do: doNew, NewPassphrase: passphrase}.run(ctx, path)
	if err != nil {
		return pack.PublicKey{}, err
	}
	return a.Public, Store(path, a.Key, a.Public)
}

// MayStore reports whether a key may be written to path: neither of its files
// is there. TargetExists with ErrTaken otherwise.
func MayStore(path string) error {
	for _, p := range []string{path, PublicPath(path)} {
		if _, err := os.Lstat(p); err == nil {
			return app.NewProblem(app.TargetExists, p, ErrTaken)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return files.ReadProblem(p, err)
		}
	}
	return nil
}

// Store writes both files of a key, over nothing. The secret one comes first:
// a public key file without it would promise what cannot be kept.
func Store(path string, file []byte, public pack.PublicKey) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return files.WriteProblem(filepath.Dir(path), err)
	}
	if err := files.Place(path, file, secretPerm); err != nil {
		return err
	}
	return files.Place(PublicPath(path), []byte(public.FileText()), 0o644)
}
