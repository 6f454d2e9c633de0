package keyring

import (
	"context"
	"errors"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/files"
)

// Ask asks the user for the passphrase that opens the key at path.
type Ask func(path string) (string, error)

// Signer is a key file with the passphrase that may open it.
type Signer struct {
	path       string
	file       []byte
	passphrase string
}

// Open reads the key file at path and asks for the passphrase if it needs
// one; with nobody to ask, a nil ask, that is KeyLocked. Whether it is the
// right one is not known yet.
func Open(path string, ask Ask) (*Signer, error) {
	file, protected, err := Read(path)
	if err != nil {
		return nil, err
	}
	s := &Signer{path: path, file: file}
	switch {
	case !protected:
		return s, nil
	case ask == nil:
		return nil, app.NewProblem(app.KeyLocked, path, errors.New("it needs a passphrase"))
	}
	if s.passphrase, err = ask(path); err != nil {
		return nil, err
	}
	return s, nil
}

// Protected reports whether a passphrase protects the key.
func (s *Signer) Protected() bool { return s.passphrase != "" }

// Sign makes .grove bytes of m with the key, whose public half becomes
// m.Publisher. Problems: KeyLocked, and what the format refuses.
func (s *Signer) Sign(ctx context.Context, m pack.Manifest) ([]byte, error) {
	a, err := job{Do: doSign, Key: s.file, Passphrase: s.passphrase, Manifest: &unsigned{Manifest: m}}.run(ctx, s.path)
	return a.Grove, err
}

// SignOrder makes order bytes of o with the key, whose public half becomes
// o.Publisher. Problems: KeyLocked, and what the format refuses.
func (s *Signer) SignOrder(ctx context.Context, o pack.Order) ([]byte, error) {
	o.Publisher = pack.PublicKey{} // the key knows
	a, err := job{Do: doOrder, Key: s.file, Passphrase: s.passphrase, Order: &o}.run(ctx, s.path)
	return a.Order, err
}

// SignMap makes map bytes of m with the key, whose public half becomes
// m.Publisher. Problems: KeyLocked, and what the format refuses.
func (s *Signer) SignMap(ctx context.Context, m pack.Map) ([]byte, error) {
	m.Publisher = pack.PublicKey{} // the key knows
	a, err := job{Do: doMap, Key: s.file, Passphrase: s.passphrase, Map: &m}.run(ctx, s.path)
	return a.Map, err
}

// Public opens the key to see which it is. KeyLocked if it does not open.
func (s *Signer) Public(ctx context.Context) (pack.PublicKey, error) {
	a, err := job{Do: doOpen, Key: s.file, Passphrase: s.passphrase}.run(ctx, s.path)
	return a.Public, err
}

// CopyTo stores the key at path as it is. It is opened first, so that what is
// kept is known to be a key, and known to whoever copies it.
func (s *Signer) CopyTo(ctx context.Context, path string) (pack.PublicKey, error) {
	public, err := s.Public(ctx)
	if err != nil {
		return public, err
	}
	return public, Store(path, s.file, public)
}

// Protect encrypts the key with passphrase, which is not empty, and replaces
// the key file in one step when the new one is safely on disk.
func (s *Signer) Protect(ctx context.Context, passphrase string) error {
	a, err := job{Do: doProtect, Key: s.file, Passphrase: s.passphrase, NewPassphrase: passphrase}.run(ctx, s.path)
	if err != nil {
		return err
	}
	return files.Replace(s.path, a.Key, secretPerm)
}
