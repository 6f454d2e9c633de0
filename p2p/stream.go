package p2p

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/protocol"
)

// eagerStream is a stream opened here. Its protocol is named with the first
// write and the echo that confirms it is taken off the first reads, so no
// round trip is spent on asking, and a read that a deadline interrupted in the
// middle of the echo goes on where it was. Reads come from one goroutine at a
// time, and so do writes.
type eagerStream struct {
	network.Stream
	hello []byte // not yet written
	echo  []byte // not yet read
}

// openStream opens a stream of proto on conn.
func openStream(ctx context.Context, conn network.Conn, proto protocol.ID) (network.Stream, error) {
	if conn.Stat().Limited {
		ctx = network.WithAllowLimitedConn(ctx, "the relay lets enough through") // mayCarry has seen to it
	}
	st, err := conn.NewStream(ctx)
	if err != nil {
		return nil, err
	}
	if err := st.SetProtocol(proto); err != nil {
		_ = st.Reset()
		return nil, err
	}
	var hello []byte
	for _, line := range []string{"/multistream/1.0.0", string(proto)} {
		hello = binary.AppendUvarint(hello, uint64(len(line)+1))
		hello = append(hello, line...)
		hello = append(hello, '\n')
	}
	return &eagerStream{Stream: st, hello: hello, echo: hello}, nil
}

func (s *eagerStream) Write(p []byte) (int, error) {
	if s.hello == nil {
		return s.Stream.Write(p)
	}
	n, err := s.Stream.Write(append(bytes.Clone(s.hello), p...))
	n = max(0, n-len(s.hello))
	if err == nil {
		s.hello = nil
	}
	return n, err
}

func (s *eagerStream) Read(p []byte) (int, error) {
	for len(s.echo) > 0 {
		got := make([]byte, len(s.echo))
		n, err := s.Stream.Read(got)
		if !bytes.Equal(got[:n], s.echo[:n]) {
			return 0, fmt.Errorf("%w: it does not speak %s", errProtocol, s.Protocol())
		}
		s.echo = s.echo[n:]
		if err != nil && len(s.echo) > 0 {
			return 0, err
		}
	}
	return s.Stream.Read(p)
}
