package words

// Policy says what the publisher asks of the origin, and what holds instead
// where the user chose otherwise. Both are floors: bytes a second below which
// the origin tops up, 0 for as fast as the line allows.
func (w *Words) Policy(asked, holds int64) string {
	s := w.T("policy.asks_fast")
	if asked > 0 {
		s = w.T("policy.asks_floor", "rate", w.Rate(float64(asked)))
	}
	switch {
	case holds == asked:
		return s
	case holds > 0:
		return s + " " + w.T("policy.chose_floor", "rate", w.Rate(float64(holds)))
	}
	return s + " " + w.T("policy.chose_fast")
}
