package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// A stored value is a version byte, the CRC-32C of version, key and payload
// (little endian), and the payload. The key is in the sum so that a value
// that came to lie under another key is noticed.
const (
	valueVersion = 1
	valueHead    = 5
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	errValue   = errors.New("damaged value")
)

func seal(key, payload []byte) []byte {
	v := make([]byte, valueHead, valueHead+len(payload))
	v[0] = valueVersion
	v = append(v, payload...)
	binary.LittleEndian.PutUint32(v[1:], valueSum(v, key))
	return v
}

// unseal returns the payload, which lies in v.
func unseal(key, v []byte) ([]byte, error) {
	switch {
	case len(v) < valueHead:
		return nil, fmt.Errorf("%w: %d bytes", errValue, len(v))
	case v[0] != valueVersion:
		return nil, fmt.Errorf("%w: version %d", errValue, v[0])
	case binary.LittleEndian.Uint32(v[1:]) != valueSum(v, key):
		return nil, fmt.Errorf("%w: checksum", errValue)
	}
	return v[valueHead:], nil
}

func valueSum(v, key []byte) uint32 {
	sum := crc32.Update(0, castagnoli, v[:1])
	sum = crc32.Update(sum, castagnoli, key)
	return crc32.Update(sum, castagnoli, v[valueHead:])
}
