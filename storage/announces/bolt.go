package announces

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// openBolt opens a bolt file. The freelist is in the file: without it, bolt
// looks at every page in a goroutine of its own, where a damaged one ends the
// program.
func openBolt(path string) (*bolt.DB, error) {
	var db *bolt.DB
	err := guard(func() (err error) {
		db, err = bolt.Open(path, 0o600, &bolt.Options{Timeout: lockTimeout, NoSync: true, FreelistType: bolt.FreelistMapType})
		return err
	})
	return db, err
}

// errDamaged is what bolt met that its own errors have no word for.
var errDamaged = errors.New("the file is damaged")

// guard runs f, in which bolt may meet damaged pages: a panic or a memory
// fault becomes an error.
func guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", errDamaged, r)
		}
	}()
	return f()
}

// isBolt reports whether err is about what is in a file, and not about the
// disk or the folder.
func isBolt(err error) bool {
	return errors.Is(err, errDamaged) || errors.Is(err, berrors.ErrInvalid) || errors.Is(err, berrors.ErrChecksum) ||
		errors.Is(err, berrors.ErrVersionMismatch)
}

// encode puts an entry together: its end in Unix nanoseconds, the length of
// the key, the key, the value.
func encode(e Entry) []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 10+len(e.Key)+len(e.Value)), uint64(e.Until.UnixNano()))
	b = binary.BigEndian.AppendUint16(b, uint16(len(e.Key)))
	return append(append(b, e.Key...), e.Value...)
}

func decode(b []byte) (Entry, error) {
	if len(b) < 10 || len(b)-10 < int(binary.BigEndian.Uint16(b[8:])) {
		return Entry{}, errDamaged
	}
	until := time.Unix(0, int64(binary.BigEndian.Uint64(b)))
	n := 10 + int(binary.BigEndian.Uint16(b[8:]))
	return Entry{until, b[10:n:n], b[n:]}, nil
}
