package tracker

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/libp2p/go-libp2p/core/crypto"
	cryptopb "github.com/libp2p/go-libp2p/core/crypto/pb"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/record"
)

const (
	// maxBody bounds a sealed announce: eight relayed addresses with all else
	// stay under 2 KiB.
	maxBody = 4 << 10

	announceVersion = 1
	announceDomain  = "grove-announce-1"
)

var announceCodec = []byte("/grove/announce/1")

// statement is what is signed of an announce: JSON inside a libp2p record
// envelope. Fields that are not listed are skipped.
type statement struct {
	Version  int      `json:"v"`
	To       string   `json:"to"`   // base of the tracker, as parseBase spells it: no other takes it
	Key      string   `json:"key"`  // CID
	Peer     string   `json:"peer"` // ID of the key that signed
	Addrs    []string `json:"addrs,omitempty"`
	Time     int64    `json:"time"` // Unix seconds; each later announce of a peer and key has a later one
	Complete bool     `json:"complete,omitempty"`
	Gone     bool     `json:"gone,omitempty"`

	key [32]byte // of Key, after open
	id  peer.ID  // of Peer, after open
}

var _ record.Record = (*statement)(nil)

func (*statement) Domain() string                   { return announceDomain }
func (*statement) Codec() []byte                    { return announceCodec }
func (s *statement) MarshalRecord() ([]byte, error) { return json.Marshal(s) }
func (s *statement) UnmarshalRecord(b []byte) error { return json.Unmarshal(b, s) }

// seal signs s, whose Peer is that of key.
func (s *statement) seal(key crypto.PrivKey) ([]byte, error) {
	e, err := record.Seal(s, key)
	if err != nil {
		return nil, err
	}
	return e.Marshal()
}

var (
	errSignature = errors.New("the signature does not fit")
	errNewer     = errors.New("an announce of another version")
)

// open reads a sealed announce and checks its signature and its form, and
// neither its time nor whom it is for. The error is errSignature, errNewer or
// says what is malformed.
func open(b []byte) (*statement, error) {
	s := new(statement)
	e, err := record.ConsumeTypedEnvelope(b, s)
	switch {
	case err != nil && errors.Is(err, record.ErrInvalidSignature):
		return nil, errSignature
	case err != nil:
		return nil, errors.New("not a sealed announce")
	case e.PublicKey.Type() != cryptopb.KeyType_Ed25519:
		return nil, errors.New("not an Ed25519 key")
	case !bytes.Equal(e.PayloadType, announceCodec):
		return nil, errors.New("another kind of record")
	case s.Version != announceVersion:
		return nil, errNewer
	}
	if s.id, err = peer.IDFromPublicKey(e.PublicKey); err != nil || s.id.String() != s.Peer {
		return nil, errors.New("signed by another peer")
	}
	var ok bool
	if s.key, ok = parseCID(s.Key); !ok {
		return nil, errors.New("not a key")
	}
	if len(s.Addrs) > MaxAddrs {
		return nil, fmt.Errorf("more than %d addresses", MaxAddrs)
	}
	return s, nil
}
