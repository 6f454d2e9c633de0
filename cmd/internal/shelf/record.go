package shelf

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/files"
	"grove/p2p/depot"
)

// record is what is saved of an order: orders/<package ID>.json.
type record struct {
	Order    pack.Order `json:"order"`    // the newest one that was acted on
	Transfer uuid.UUID  `json:"transfer"` // of the engine's
	Place    string     `json:"place"`
	Private  bool       `json:"private,omitempty"`
	Size     int64      `json:"size"`  // bytes
	Until    time.Time  `json:"until"` // agreed
	// Ended: there is no copy any more, or it is being deleted. The order is
	// remembered until it, and any that it overrode, are too old to be used
	// again.
	Ended bool `json:"ended,omitempty"`
}

const (
	ordersFolder = "orders"
	maxRecord    = 16 << 10 // bytes
)

func (s *Shelf) orders() string { return filepath.Join(s.conf.Folder, ordersFolder) }

func (s *Shelf) recordPath(id pack.ID) string { return filepath.Join(s.orders(), id.String()+".json") }

// folder is where the files of a copy lie.
func (s *Shelf) folder(id pack.ID) string { return filepath.Join(s.conf.Folder, id.String()) }

func (s *Shelf) save(r record) error {
	b, err := json.Marshal(r)
	if err != nil {
		return app.NewProblem(app.Internal, "the record of an order", err)
	}
	return files.Replace(s.recordPath(r.Order.Package), append(b, '\n'), 0o600)
}

// load reads the records. One that cannot be read is as good as none: its copy
// goes, and the publisher's next order brings it back.
func (s *Shelf) load() error {
	entries, err := os.ReadDir(s.orders())
	if err != nil {
		return files.ReadProblem(s.orders(), err)
	}
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".json")
		id, err := pack.ParseID(name)
		if !ok || err != nil {
			continue
		}
		var r record
		b, err := files.Read(s.recordPath(id), maxRecord)
		if err == nil {
			err = json.Unmarshal(b, &r)
		}
		if err != nil || r.Order.Package != id {
			s.log.Warn("a record of the depot cannot be read", "package", id, "err", err)
			continue
		}
		s.copies[id] = &kept{record: r}
	}
	return nil
}

// tidy deletes what no record holds: transfers into this folder, and folders
// that are named after a package.
func (s *Shelf) tidy(ctx context.Context) error {
	all, err := s.g.Store.LoadTransfers()
	if err != nil {
		return err
	}
	there := map[pack.ID]bool{}
	for _, rec := range all {
		if filepath.Dir(rec.Folder) != filepath.Clean(s.conf.Folder) {
			continue // somebody else's
		}
		if k := s.copies[rec.Package]; k != nil && !k.Ended && k.Transfer == rec.ID {
			there[rec.Package] = true
			continue
		}
		s.log.Info("a transfer that nobody ordered is deleted", "package", rec.Package)
		rec.State = app.Paused
		if err := s.g.Engine.Restore(ctx, rec); err != nil {
			return err
		}
		if err := s.remove(ctx, rec.ID); err != nil {
			return err
		}
	}
	for id, k := range s.copies {
		if k.Ended || there[id] {
			continue
		}
		s.log.Warn("a copy is gone from the list of transfers; it has to be ordered again", "package", id)
		delete(s.copies, id)
		if err := os.Remove(s.recordPath(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return files.WriteProblem(s.recordPath(id), err)
		}
	}
	entries, err := os.ReadDir(s.conf.Folder)
	if err != nil {
		return files.ReadProblem(s.conf.Folder, err)
	}
	for _, e := range entries {
		if id, err := pack.ParseID(e.Name()); err == nil && !there[id] {
			if err := s.clear(id); err != nil {
				return err
			}
		}
	}
	return nil
}

// remove takes a transfer off the engine's list, where it is on it.
func (s *Shelf) remove(ctx context.Context, id uuid.UUID) error {
	snap, err := s.g.Engine.Next(ctx, 0)
	if err != nil || snap.Transfer(id) == nil {
		return err
	}
	return s.g.Engine.Remove(ctx, id)
}

// clear deletes the files of a copy. No link in it leads outside.
func (s *Shelf) clear(id pack.ID) error {
	root, err := os.OpenRoot(s.conf.Folder)
	if err != nil {
		return files.ReadProblem(s.conf.Folder, err)
	}
	defer root.Close()
	if err := root.RemoveAll(id.String()); err != nil {
		return files.WriteProblem(s.folder(id), err)
	}
	return nil
}

// forgotten reports whether an order that is over may be forgotten: neither it
// nor one before it would be taken any more.
func (r record) forgotten(now time.Time) bool {
	return r.Ended && now.After(r.Order.At.Add(2*depot.Window))
}
