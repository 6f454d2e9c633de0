package storage

import (
	"encoding/json"

	bolt "go.etcd.io/bbolt"

	"grove/app"
)

// LoadPublishers returns every publisher that was saved.
func (s *Store) LoadPublishers() ([]app.Publisher, error) {
	var all []app.Publisher
	err := s.view(func(tx *bolt.Tx) error {
		return tx.Bucket(publishersBucket).ForEach(func(k, v []byte) error {
			var p app.Publisher
			b, err := unseal(k, v)
			if err == nil {
				err = json.Unmarshal(b, &p)
			}
			if err != nil || string(p.Key[:]) != string(k) {
				s.setNotice(errValue)
				return nil
			}
			all = append(all, p)
			return nil
		})
	})
	return all, err
}

// SavePublisher saves p under its key. No sidecar has what the user pinned,
// so a new copy of the database goes with it.
func (s *Store) SavePublisher(p app.Publisher) error {
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	err = s.update(func(tx *bolt.Tx) error {
		return tx.Bucket(publishersBucket).Put(p.Key[:], seal(p.Key[:], b))
	})
	if err != nil {
		return err
	}
	_ = s.backup() // the publisher is saved; Close tries again
	return nil
}
