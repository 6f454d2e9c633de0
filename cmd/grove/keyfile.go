package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"grove/app"
	"grove/app/pack"
)

// A publisher key is two files in the folder keys of the data folder, in
// minisign's format: <name>.key, for this user only, and <name>.pub.

const (
	maxKeyFile = 4 << 10 // bytes
	secretPerm = 0o600
)

// defaultKey is the name of the key that is used where none is named.
const defaultKey = "publisher"

// keyPath is where the key called name is, or would be.
func keyPath(t *terminal, name string) (string, error) {
	if err := pack.CheckPath([]string{name + ".key"}); err != nil {
		return "", app.NewProblem(app.BadInput, strconv.Quote(name)+" cannot be the name of a key", err)
	}
	data, err := dataFolder(t)
	if err != nil {
		return "", err
	}
	return filepath.Join(data, "keys", name+".key"), nil
}

// pubPath is the public key file beside a key file.
func pubPath(key string) string { return key[:len(key)-len(".key")] + ".pub" }

// signer is a key file with the passphrase that may open it.
type signer struct {
	path       string
	file       []byte
	passphrase string
}

// openSigner reads the key file and asks for the passphrase if it needs one.
// Whether that is the right one is not known yet.
func openSigner(t *terminal, path string) (*signer, error) {
	file, protected, err := readKeyFile(path)
	if err != nil {
		return nil, err
	}
	s := &signer{path: path, file: file}
	if protected {
		s.passphrase, err = t.passphrase(path)
	}
	return s, err
}

// sign signs m with the key, whose public half becomes m.Publisher. Problems:
// KeyLocked, and what the format refuses.
func (s *signer) sign(ctx context.Context, m pack.Manifest) ([]byte, error) {
	a, err := keyJob{Do: jobSign, Key: s.file, Passphrase: s.passphrase, Manifest: &unsigned{Manifest: m}}.run(ctx, s.path)
	return a.Grove, err
}

// public opens the key to see which it is.
func (s *signer) public(ctx context.Context) (pack.PublicKey, error) {
	a, err := keyJob{Do: jobOpen, Key: s.file, Passphrase: s.passphrase}.run(ctx, s.path)
	return a.Public, err
}

// readKeyFile reads a key file and says whether a passphrase protects it.
func readKeyFile(path string) (file []byte, protected bool, err error) {
	file, err = readSmall(path, maxKeyFile)
	if err != nil {
		var p *app.Problem
		if errors.As(err, &p) && p.Kind == app.NotFound {
			p.Err = errors.New("there is no such key; grove keys new makes one")
		}
		return nil, false, err
	}
	protected, err = pack.KeyFileProtected(file)
	if err != nil {
		return nil, false, app.NewProblem(app.BadInput, path+" is not a secret key file of minisign", err)
	}
	return file, protected, nil
}

// createKey makes a new key at path, protected unless passphrase is empty,
// and its public key file. It replaces nothing: TargetExists.
func createKey(ctx context.Context, path, passphrase string) (pack.PublicKey, error) {
	if err := mayStore(path); err != nil {
		return pack.PublicKey{}, err
	}
	a, err := keyJob{Do: jobNew, NewPassphrase: passphrase}.run(ctx, path)
	if err != nil {
		return pack.PublicKey{}, err
	}
	return a.Public, storeKey(path, a.Key, a.Public)
}

// mayStore reports whether a key may be written to path, which only happens
// where neither of its files is there.
func mayStore(path string) error {
	for _, p := range []string{path, pubPath(path)} {
		if _, err := os.Lstat(p); err == nil {
			return app.NewProblem(app.TargetExists, p, errors.New("a key is never replaced; --name gives this one another name"))
		} else if !errors.Is(err, fs.ErrNotExist) {
			return readProblem(p, err)
		}
	}
	return nil
}

// storeKey writes both files. The secret one comes first: a public key file
// without it would promise what cannot be kept.
func storeKey(path string, file []byte, public pack.PublicKey) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return writeProblem(filepath.Dir(path), err)
	}
	if err := placeFile(path, file, secretPerm); err != nil {
		return err
	}
	return placeFile(pubPath(path), []byte(public.FileText()), 0o644)
}
