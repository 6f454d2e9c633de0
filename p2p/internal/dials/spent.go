package dials

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// ErrSpent is what errors.Is finds in the error of a dial that was not made,
// because nobody there answered the dials of the last hour. It is no sign that
// nobody is there: the address may be tried again at SpentError.Next, or at
// once after somebody there was reached by another dial.
var ErrSpent = errors.New("dialled often enough for now")

// SpentError is ErrSpent with the particulars.
type SpentError struct {
	Addr   netip.Addr
	Within netip.Prefix // Addr alone or a network around it, whose dials are spent; invalid: everybody's
	Dials  int          // that nobody in Within answered within the hour
	Next   time.Time    // when the next dial is possible

	lane lane
}

func (e *SpentError) Error() string {
	next := "the next dial is possible at " + e.Next.Format(time.TimeOnly)
	switch {
	case !e.Within.IsValid():
		return fmt.Sprintf("%s was not dialled: %d other addresses did not answer within the hour; %s", e.Addr, maxAddresses, next)
	case e.Within.IsSingleIP():
		return fmt.Sprintf("%s did not answer %d dials %s within the hour; %s", e.Addr, e.Dials, e.lane, next)
	default:
		return fmt.Sprintf("%s was not dialled: nobody in its network %s answered %d dials %s within the hour; %s", e.Addr, e.Within, e.Dials, e.lane, next)
	}
}

// Is makes every SpentError an ErrSpent.
func (e *SpentError) Is(target error) bool { return target == ErrSpent }
