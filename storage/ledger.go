package storage

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"grove/app"
)

// AddLedger adds rows to what is known of the same day and package.
func (s *Store) AddLedger(rows ...app.LedgerRow) error {
	if len(rows) == 0 {
		return nil
	}
	return s.update(func(tx *bolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists(ledgerBucket)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := s.addRow(b, row); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) addRow(b *bolt.Bucket, row app.LedgerRow) error {
	if _, err := time.Parse(time.DateOnly, row.Day); err != nil {
		return app.NewProblem(app.Internal, "storage was asked for what cannot be", err)
	}
	k := ledgerKey(row)
	if v := b.Get(k); v != nil {
		if old, err := decodeRow(k, v); err != nil {
			s.setNotice(err) // what it was is lost
		} else {
			row = row.Plus(old)
		}
	}
	v, err := json.Marshal(row)
	if err != nil {
		return err
	}
	return b.Put(k, seal(k, v))
}

// LoadLedger returns the rows of the days from first to last, both included.
// Rows that do not read back are left out.
func (s *Store) LoadLedger(first, last string) ([]app.LedgerRow, error) {
	var rows []app.LedgerRow
	err := s.view(func(tx *bolt.Tx) error {
		b := tx.Bucket(ledgerBucket)
		if b == nil {
			return nil
		}
		c := b.Cursor()
		for k, v := c.Seek([]byte(first)); k != nil && string(k[:min(len(k), len(last))]) <= last; k, v = c.Next() {
			row, err := decodeRow(k, v)
			if err != nil {
				s.setNotice(err)
				continue
			}
			rows = append(rows, row)
		}
		return nil
	})
	slices.SortFunc(rows, func(a, b app.LedgerRow) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Name, b.Name), bytes.Compare(a.Package[:], b.Package[:]))
	})
	return rows, err
}

// ledgerKey: the rows of one day lie together.
func ledgerKey(row app.LedgerRow) []byte { return append([]byte(row.Day), row.Package[:]...) }

func decodeRow(k, v []byte) (row app.LedgerRow, err error) {
	b, err := unseal(k, v)
	if err != nil {
		return row, err
	}
	if err := json.Unmarshal(b, &row); err != nil {
		return row, fmt.Errorf("%w: %w", errValue, err)
	}
	return row, nil
}
