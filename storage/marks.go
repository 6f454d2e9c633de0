package storage

import (
	"encoding/binary"

	bolt "go.etcd.io/bbolt"
)

// SaveMarks saves how much may have been given of each account.
func (s *Store) SaveMarks(marks map[string]int64) error {
	if len(marks) == 0 {
		return nil
	}
	return s.update(func(tx *bolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists(marksBucket)
		if err != nil {
			return err
		}
		for name, n := range marks {
			k := []byte(name)
			if err := b.Put(k, seal(k, binary.BigEndian.AppendUint64(nil, uint64(n)))); err != nil {
				return err
			}
		}
		return nil
	})
}

// LoadMarks returns what was saved. A mark that does not read back counts as
// never having been saved.
func (s *Store) LoadMarks() (map[string]int64, error) {
	marks := map[string]int64{}
	err := s.view(func(tx *bolt.Tx) error {
		b := tx.Bucket(marksBucket)
		if b == nil {
			return nil
		}
		return b.ForEach(func(k, v []byte) error {
			n, err := unseal(k, v)
			if err != nil || len(n) != 8 {
				s.setNotice(errValue)
				return nil
			}
			marks[string(k)] = int64(binary.BigEndian.Uint64(n))
			return nil
		})
	})
	return marks, err
}
