package p2p

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/libp2p/go-libp2p/core/crypto"

	"grove/app"
)

// maxKeyFile is far above the 68 bytes of an Ed25519 key.
const maxKeyFile = 4 << 10

// deviceKey reads the key in file, or makes one there. The file is private to
// the user; one that others could read is made private again.
func deviceKey(file string) (crypto.PrivKey, error) {
	b, err := readKey(file)
	if errors.Is(err, fs.ErrNotExist) {
		if err := writeKey(file); err != nil {
			return nil, app.NewProblem(app.ReadOnly, file, err)
		}
		b, err = readKey(file) // of whoever was first
	}
	if err != nil {
		return nil, app.NewProblem(app.DiskFault, file, err)
	}
	key, err := crypto.UnmarshalPrivateKey(b)
	if err != nil {
		return nil, app.NewProblem(app.DiskFault, file, fmt.Errorf("device key: %w", err))
	}
	return key, nil
}

func readKey(file string) ([]byte, error) {
	info, err := os.Lstat(file)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxKeyFile {
		return nil, errors.New("not a key file")
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		if err := os.Chmod(file, 0o600); err != nil {
			return nil, err
		}
	}
	return os.ReadFile(file)
}

// writeKey makes a new key and puts it at file in one step, unless there is
// one by then.
func writeKey(file string) (err error) {
	key, _, err := crypto.GenerateEd25519Key(rand.Reader)
	if err != nil {
		return err
	}
	b, err := crypto.MarshalPrivateKey(key)
	if err != nil {
		return err
	}
	folder := filepath.Dir(file)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(folder, ".device-key-*") // 0600
	if err != nil {
		return err
	}
	defer func() {
		if e := os.Remove(tmp.Name()); e != nil && err == nil && !errors.Is(e, fs.ErrNotExist) {
			err = e
		}
	}()
	_, err = tmp.Write(b)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err != nil {
		return err
	}
	err = os.Link(tmp.Name(), file) // fails if file exists, which rename does not
	if err != nil && !errors.Is(err, fs.ErrExist) {
		// A file system without hard links. The data folder has one user.
		err = os.Rename(tmp.Name(), file)
	}
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}
