package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	bolt "go.etcd.io/bbolt"

	"github.com/google/uuid"
	"grove/app"
)

// savedBitmap is a bitmap with the number of the checkpoint that wrote it.
// It is kept in the database and in the sidecar; the higher number counts.
//
// Its form, in both places: "GBM1", pieces (4 bytes), number (8 bytes),
// CRC-32C of those and of the bits (4 bytes), all little endian, then the
// bits as app.Bitmap.Bytes gives them.
type savedBitmap struct {
	number uint64
	have   app.Bitmap
}

const (
	bitmapMagic = "GBM1"
	bitmapHead  = 20
	slotAlign   = 4 << 10 // a torn write of one slot leaves the other alone
)

func (m savedBitmap) encode() []byte {
	bits := m.have.Bytes()
	b := make([]byte, bitmapHead, bitmapHead+len(bits))
	copy(b, bitmapMagic)
	binary.LittleEndian.PutUint32(b[4:], uint32(m.have.Len()))
	binary.LittleEndian.PutUint64(b[8:], m.number)
	b = append(b, bits...)
	binary.LittleEndian.PutUint32(b[16:], bitmapSum(b))
	return b
}

func bitmapSum(b []byte) uint32 {
	return crc32.Update(crc32.Update(0, castagnoli, b[:16]), castagnoli, b[bitmapHead:])
}

var errBitmap = errors.New("damaged bitmap")

// decodeBitmap reads a bitmap over pieces pieces.
func decodeBitmap(b []byte, pieces int) (savedBitmap, error) {
	if len(b) != bitmapHead+(pieces+7)/8 || string(b[:4]) != bitmapMagic ||
		binary.LittleEndian.Uint32(b[4:]) != uint32(pieces) ||
		binary.LittleEndian.Uint32(b[16:]) != bitmapSum(b) {
		return savedBitmap{}, errBitmap
	}
	have, err := app.ParseBitmap(pieces, b[bitmapHead:])
	if err != nil {
		return savedBitmap{}, fmt.Errorf("%w: %w", errBitmap, err)
	}
	return savedBitmap{number: binary.LittleEndian.Uint64(b[8:]), have: have}, nil
}

// bitmapSlots is the file "bitmap" of a sidecar: two slots that are written
// in turn, so that one is whole at any moment. It is not synced: a bitmap
// that comes to disk late or never claims less, not more.
type bitmapSlots struct {
	f      *os.File
	pieces int
}

func openSlots(c sidecar, pieces int) (bitmapSlots, error) {
	if _, err := plain(c.root, bitmapFile); err != nil && !errors.Is(err, os.ErrNotExist) {
		return bitmapSlots{}, trouble(err, c.where(bitmapFile))
	}
	f, err := c.root.OpenFile(bitmapFile, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return bitmapSlots{}, trouble(err, c.where(bitmapFile))
	}
	s := bitmapSlots{f: f, pieces: pieces}
	// Both slots have their room from the start, so that a disk that fills up
	// stops no checkpoint.
	info, err := f.Stat()
	if size := 2 * s.offset(1); err == nil && info.Size() < size {
		err = preallocate(f, size)
	}
	if err != nil {
		return bitmapSlots{}, errors.Join(trouble(err, c.where(bitmapFile)), f.Close())
	}
	return s, nil
}

func (s bitmapSlots) length() int { return bitmapHead + (s.pieces+7)/8 }

func (s bitmapSlots) offset(number uint64) int64 {
	slot := int64(s.length()+slotAlign-1) / slotAlign * slotAlign
	return int64(number%2) * slot
}

func (s bitmapSlots) write(m savedBitmap) error {
	_, err := s.f.WriteAt(m.encode(), s.offset(m.number))
	return trouble(err, s.f.Name())
}

// read returns the newer of the slots that can be read.
func (s bitmapSlots) read() (savedBitmap, error) {
	var best savedBitmap
	err := errBitmap
	for slot := range uint64(2) {
		b := make([]byte, s.length())
		if _, rerr := s.f.ReadAt(b, s.offset(slot)); rerr != nil && !errors.Is(rerr, io.EOF) {
			return savedBitmap{}, trouble(rerr, s.f.Name())
		}
		m, derr := decodeBitmap(b, s.pieces)
		if derr == nil && (err != nil || m.number > best.number) {
			best, err = m, nil
		}
	}
	return best, err
}

func putBitmap(tx *bolt.Tx, id uuid.UUID, m savedBitmap) error {
	return tx.Bucket(bitmapsBucket).Put(id[:], seal(id[:], m.encode()))
}

func (s *Store) loadBitmap(id uuid.UUID, pieces int) (m savedBitmap, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		b, err := unseal(id[:], tx.Bucket(bitmapsBucket).Get(id[:]))
		if err != nil {
			return err
		}
		m, err = decodeBitmap(b, pieces)
		return err
	})
	return m, err
}

// newest returns the newer of the bitmaps in the database and the sidecar. If
// neither can be read it is an empty one, and ok is false.
func (s *Store) newest(id uuid.UUID, slots bitmapSlots) (m savedBitmap, ok bool) {
	kept, err := s.loadBitmap(id, slots.pieces)
	beside, berr := slots.read()
	switch {
	case err != nil && berr != nil:
		return savedBitmap{have: app.NewBitmap(slots.pieces)}, false
	case err != nil || berr == nil && beside.number > kept.number:
		return beside, true
	}
	return kept, true
}
