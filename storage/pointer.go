package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"grove/app"
)

// A pointer is a small file in the data folder, named after a transfer, that
// holds the absolute path of its part folder. Part folders lie wherever
// people download to; without the pointers a lost database would lose them.

func (s *Store) writePointer(id uuid.UUID, part string) error {
	name := path.Join(pointers, id.String())
	if err := writeFile(s.root, name, []byte(part)); err != nil {
		return trouble(err, s.path(name))
	}
	return trouble(syncDir(s.root, pointers), s.path(pointers))
}

// pointer returns the part folder of a transfer; fs.ErrNotExist if it has
// none.
func (s *Store) pointer(id uuid.UUID) (string, error) {
	name := path.Join(pointers, id.String())
	b, err := s.root.ReadFile(name)
	if err != nil {
		return "", trouble(err, s.path(name))
	}
	part := string(b)
	if !filepath.IsAbs(part) || filepath.Clean(part) != part || !strings.HasSuffix(part, partSuffix) {
		return "", fmt.Errorf("storage: %s does not name a part folder: %q", s.path(name), part)
	}
	return part, nil
}

func (s *Store) removePointer(id uuid.UUID) error {
	name := path.Join(pointers, id.String())
	if err := s.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return trouble(err, s.path(name))
	}
	return nil
}

// partOf is the part folder of a transfer. The pointer knows it even when the
// user chose another target since.
func (s *Store) partOf(rec app.Record) string {
	if part, err := s.pointer(rec.ID); err == nil {
		return part
	}
	return filepath.Join(rec.Folder, rec.Target) + partSuffix
}
