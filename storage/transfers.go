package storage

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/google/uuid"
	bolt "go.etcd.io/bbolt"

	"grove/app"
)

// LoadTransfers returns the saved records in the order of the list. A record
// that does not read back is taken from its sidecar, or dropped if that is lost
// too; one of an earlier version learns from it what it does not say.
func (s *Store) LoadTransfers() ([]app.Record, error) {
	var records []app.Record
	var damaged [][]byte
	err := s.view(func(tx *bolt.Tx) error {
		return tx.Bucket(transfersBucket).ForEach(func(k, v []byte) error {
			rec, err := decodeRecord(k, v)
			if err != nil {
				damaged = append(damaged, bytes.Clone(k))
				return nil
			}
			records = append(records, rec)
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	for _, k := range damaged {
		s.setNotice(fmt.Errorf("transfer %x: %w", k, errValue))
		id, _ := uuid.FromBytes(k) // the nil ID, which has no sidecar, for a key that is none
		rec, lost := s.recall(id)
		err := s.update(func(tx *bolt.Tx) error {
			if lost != nil {
				return tx.Bucket(transfersBucket).Delete(k)
			}
			return putRecord(tx, rec)
		})
		if err != nil {
			return nil, err
		}
		if lost == nil {
			records = append(records, rec)
		}
	}
	for i := range records {
		if records[i].Files == 0 {
			if err := s.describe(&records[i]); err != nil {
				return nil, err
			}
		}
	}
	slices.SortFunc(records, func(a, b app.Record) int { return a.Compare(&b) })
	return records, nil
}

// describe completes a record of an earlier version, which does not say what
// its package is, from its sidecar. One whose disk is away is left as it is.
func (s *Store) describe(rec *app.Record) error {
	c, err := s.sidecarOf(*rec)
	if err != nil {
		return nil
	}
	p, err := c.readPackage()
	c.close()
	if err != nil || p.ID != rec.Package {
		return nil
	}
	names, err := fileNames(p, *rec)
	if err != nil {
		return nil
	}
	have := selectedPieces(p, names)
	if rec.Path == "" {
		m, err := s.loadBitmap(rec.ID, p.Layout.Pieces())
		if err != nil {
			m.have = app.NewBitmap(p.Layout.Pieces()) // the transfer checks what is there
		}
		have = intersect(have, m.have)
	}
	// In one transaction, because a transfer that runs saves its record too.
	return s.update(func(tx *bolt.Tx) error {
		now, err := decodeRecord(rec.ID[:], tx.Bucket(transfersBucket).Get(rec.ID[:]))
		if err == nil {
			*rec = now
		}
		if err != nil || rec.Files != 0 {
			return nil
		}
		rec.Describe(p)
		rec.Have = 0
		have.Each(func(i int) bool { rec.Have += p.Layout.Span(i).Length; return true })
		return putRecord(tx, *rec)
	})
}

func decodeRecord(k, v []byte) (app.Record, error) {
	var rec app.Record
	b, err := unseal(k, v)
	if err != nil {
		return rec, err
	}
	if err := json.Unmarshal(b, &rec); err != nil {
		return rec, fmt.Errorf("%w: %w", errValue, err)
	}
	if !bytes.Equal(rec.ID[:], k) {
		return rec, fmt.Errorf("%w: another transfer's", errValue)
	}
	return rec, nil
}

func putRecord(tx *bolt.Tx, rec app.Record) error {
	b, err := json.Marshal(rec)
	if err != nil {
		return err
	}
	return tx.Bucket(transfersBucket).Put(rec.ID[:], seal(rec.ID[:], b))
}

// SaveTransfer saves rec, and in the sidecar as well if anything but Counts
// and Have changed. The sidecar's copy is a safety net: it follows with the next save
// when it cannot be written now.
func (s *Store) SaveTransfer(rec app.Record) error {
	if err := s.update(func(tx *bolt.Tx) error { return putRecord(tx, rec) }); err != nil {
		return err
	}
	if !s.besideIsCurrent(rec) {
		_ = s.saveBeside(rec) // see above
	}
	return nil
}

// besideIsCurrent reports whether the sidecar has rec already, but for what
// changes all the time.
func (s *Store) besideIsCurrent(rec app.Record) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.beside[rec.ID] == digest(rec)
}

func (s *Store) saveBeside(rec app.Record) error {
	c, err := s.sidecarOf(rec)
	if err != nil {
		return err
	}
	defer c.close()
	return s.writeRecord(c, rec)
}

func (s *Store) writeRecord(c sidecar, rec app.Record) error {
	s.recording.Lock()
	defer s.recording.Unlock()
	if err := c.writeRecord(rec); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.beside[rec.ID] = digest(rec)
	return nil
}

// digest tells records apart that differ in more than Counts and Have.
func digest(rec app.Record) [32]byte {
	rec.Counts, rec.Have = app.Counts{}, 0
	b, err := json.Marshal(rec)
	if err != nil {
		return [32]byte{} // equal to none that was saved
	}
	return sha256.Sum256(b)
}

// DeleteTransfer forgets a transfer, its bitmap and its log. It is no error
// if there is none. Files on disk are Remove's business, but for what would
// bring the transfer back after the database was lost.
func (s *Store) DeleteTransfer(id uuid.UUID) error {
	if err := errors.Join(s.removePointer(id), s.removePackage(id)); err != nil {
		return err
	}
	err := s.update(func(tx *bolt.Tx) error {
		if err := tx.Bucket(transfersBucket).Delete(id[:]); err != nil {
			return err
		}
		if err := tx.Bucket(bitmapsBucket).Delete(id[:]); err != nil {
			return err
		}
		if marks := tx.Bucket(marksBucket); marks != nil {
			if err := marks.Delete([]byte(app.AccountOf(id))); err != nil {
				return err
			}
		}
		logs := tx.Bucket(logsBucket)
		if logs.Bucket(id[:]) == nil {
			return nil
		}
		return logs.DeleteBucket(id[:])
	})
	s.mu.Lock()
	delete(s.beside, id)
	s.mu.Unlock()
	return err
}

// AppendLog adds entries to the end of a transfer's log.
func (s *Store) AppendLog(id uuid.UUID, entries ...app.LogEntry) error {
	if len(entries) == 0 {
		return nil
	}
	return s.update(func(tx *bolt.Tx) error {
		log, err := tx.Bucket(logsBucket).CreateBucketIfNotExists(id[:])
		if err != nil {
			return err
		}
		for _, e := range entries {
			seq, err := log.NextSequence()
			if err != nil {
				return err
			}
			b, err := json.Marshal(e)
			if err != nil {
				return err
			}
			k := binary.BigEndian.AppendUint64(nil, seq)
			if err := log.Put(k, seal(logKey(id, k), b)); err != nil {
				return err
			}
		}
		return nil
	})
}

// LoadLog returns a transfer's log in the order it was written, nil if there
// is none. Entries that do not read back are left out.
func (s *Store) LoadLog(id uuid.UUID) ([]app.LogEntry, error) {
	var entries []app.LogEntry
	err := s.view(func(tx *bolt.Tx) error {
		log := tx.Bucket(logsBucket).Bucket(id[:])
		if log == nil {
			return nil
		}
		return log.ForEach(func(k, v []byte) error {
			var e app.LogEntry
			b, err := unseal(logKey(id, k), v)
			if err == nil && json.Unmarshal(b, &e) == nil {
				entries = append(entries, e)
			}
			return nil
		})
	})
	return entries, err
}

func logKey(id uuid.UUID, k []byte) []byte { return append(id[:len(id):len(id)], k...) }

// removePackage deletes the sidecars of a transfer in the data folder.
func (s *Store) removePackage(id uuid.UUID) error {
	found, err := fs.Glob(s.root.FS(), packages+"/*/"+id.String())
	if err != nil {
		return err
	}
	for _, name := range found {
		if err := s.root.RemoveAll(name); err != nil {
			return trouble(err, s.path(name))
		}
		// It stays where another transfer has the same package.
		_ = s.root.Remove(path.Dir(name))
	}
	return nil
}
