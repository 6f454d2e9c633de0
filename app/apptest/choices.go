package apptest

import (
	"cmp"
	"maps"
	"slices"

	"grove/app"
)

// SetChoicesFault makes everything about the ledger and the settings fail with
// err, until nil.
func (s *Store) SetChoicesFault(err error) { s.mu.Lock(); defer s.mu.Unlock(); s.choices = err }

// Added is how often AddLedger took rows.
func (s *Store) Added() int { s.mu.Lock(); defer s.mu.Unlock(); return s.added }

// AddLedger implements app.Ledger.
func (s *Store) AddLedger(rows ...app.LedgerRow) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.choices != nil {
		return s.choices
	}
	for _, r := range rows {
		k := rowKey{r.Day, r.Package}
		s.rows[k] = r.Plus(s.rows[k])
	}
	s.added++
	return nil
}

// LoadLedger implements app.Ledger.
func (s *Store) LoadLedger(first, last string) ([]app.LedgerRow, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.choices != nil {
		return nil, s.choices
	}
	var out []app.LedgerRow
	for _, r := range s.rows {
		if r.Day >= first && r.Day <= last {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b app.LedgerRow) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Name, b.Name))
	})
	return out, nil
}

// SaveMarks implements app.Ledger.
func (s *Store) SaveMarks(marks map[string]int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.choices == nil {
		maps.Copy(s.marks, marks)
	}
	return s.choices
}

// LoadMarks implements app.Ledger.
func (s *Store) LoadMarks() (map[string]int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.marks), s.choices
}

// LoadSettings implements app.Choices.
func (s *Store) LoadSettings() (app.Settings, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settings, s.choices
}

// SaveSettings implements app.Choices.
func (s *Store) SaveSettings(set app.Settings) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.choices == nil {
		s.settings = set
	}
	return s.choices
}
