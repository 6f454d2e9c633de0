package storage

import (
	"encoding/json"
	"errors"

	bolt "go.etcd.io/bbolt"

	"grove/app"
)

var settingsKey = []byte("settings")

// LoadSettings returns what SaveSettings saved last. Fields that it did not
// know have their defaults, as has everything where nothing was saved. It
// fails where the saved value does not read back.
func (s *Store) LoadSettings() (app.Settings, error) {
	set := app.DefaultSettings()
	err := s.view(func(tx *bolt.Tx) error {
		bucket := tx.Bucket(settingsBucket)
		if bucket == nil {
			return nil
		}
		v := bucket.Get(settingsKey)
		if v == nil {
			return nil
		}
		b, err := unseal(settingsKey, v)
		if err == nil {
			err = json.Unmarshal(b, &set)
		}
		if err != nil {
			err = errors.Join(errValue, err)
			s.setNotice(err)
			return app.NewProblem(app.StoreDamaged, s.dir, err)
		}
		return nil
	})
	if err != nil {
		return app.DefaultSettings(), err
	}
	return set, nil
}

// SaveSettings replaces the settings. Nothing else has them, so a new copy of
// the database goes with it.
func (s *Store) SaveSettings(set app.Settings) error {
	b, err := json.Marshal(set)
	if err != nil {
		return err
	}
	err = s.update(func(tx *bolt.Tx) error {
		bucket, err := tx.CreateBucketIfNotExists(settingsBucket)
		if err != nil {
			return err
		}
		return bucket.Put(settingsKey, seal(settingsKey, b))
	})
	if err != nil {
		return err
	}
	_ = s.backup() // the settings are saved; Close tries again
	return nil
}
