package wire

import (
	"fmt"

	"grove/app"
)

// MaxRuns is how many runs fit in a frame with room to spare: 6 bytes each at
// most. A set with more is sent as a whole Have.
const MaxRuns = 8_000

// AppendRuns appends the pieces of set as pairs (gap, count) to dst. ok is
// false when there are more than MaxRuns.
func AppendRuns(dst []uint32, set app.Bitmap) (runs []uint32, ok bool) {
	first, last, end := -1, -1, 0
	flush := func() {
		if first >= 0 {
			dst = append(dst, uint32(first-end), uint32(last-first+1))
			end = last + 1
		}
	}
	set.Each(func(i int) bool {
		if i != last+1 || first < 0 {
			flush()
			first = i
		}
		last = i
		return true
	})
	flush()
	return dst, len(dst) <= 2*MaxRuns
}

// EachRun calls f for each run [first, end) in runs. It fails, possibly after
// some calls, when runs is not what AppendRuns makes for pieces pieces.
func EachRun(runs []uint32, pieces int, f func(first, end int)) error {
	if len(runs)%2 != 0 || len(runs) > 2*MaxRuns {
		return fmt.Errorf("%w: %d numbers in runs", ErrFrame, len(runs))
	}
	at := uint64(0)
	for i := 0; i < len(runs); i += 2 {
		first := at + uint64(runs[i])
		end := first + uint64(runs[i+1])
		if runs[i+1] == 0 || end > uint64(pieces) || i > 0 && runs[i] == 0 {
			return fmt.Errorf("%w: run %d+%d of %d pieces", ErrFrame, first, runs[i+1], pieces)
		}
		f(int(first), int(end))
		at = end
	}
	return nil
}
