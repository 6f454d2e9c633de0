package p2p

import (
	"errors"
	"fmt"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/protocol"

	"grove/p2p/internal/wire"
)

// The protocols of a Grove node. The number is the version; docs/PROTOCOL.md
// describes it.
const (
	ControlProtocol protocol.ID = "/grove/control/1"
	DataProtocol    protocol.ID = "/grove/data/1"

	// helloVersion is the highest version of the handshake spoken here.
	helloVersion = 1
)

var (
	// errRefused: the peer does not share this package, or does not say so.
	errRefused = errors.New("refused: the peer does not share this package")
	// errProtocol: the peer is no Grove, or another version of it.
	errProtocol = errors.New("no common protocol")
	// errBroken is wrapped by every error that means the peer broke the
	// protocol; such a peer is not met again.
	errBroken = errors.New("the peer broke the protocol")
)

// control is a control stream as both handshakes use it.
type control struct {
	stream network.Stream
	r      *wire.Reader
	buf    []byte
}

func newControl(st network.Stream) *control {
	return &control{stream: st, r: wire.NewReader(st, wire.MaxHandshake)}
}

func (c *control) send(all ...*wire.Control) (err error) {
	c.buf = c.buf[:0]
	for _, m := range all {
		if c.buf, err = wire.Append(c.buf, m); err != nil {
			return err
		}
	}
	_, err = c.stream.Write(c.buf)
	return err
}

// broken marks errors of the format as the peer's fault.
func broken(err error) error {
	if errors.Is(err, wire.ErrFrame) {
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	return err
}

// handshakeDialer proves to the other side that this node knows k, and learns
// whether the other side does. errRefused if it says no.
func handshakeDialer(c *control, k knowledge) error {
	deadline := time.Now().Add(handshakeTimeout)
	if err := c.stream.SetDeadline(deadline); err != nil {
		return err
	}
	conn := c.stream.Conn()
	m := meeting{dialer: conn.LocalPeer(), listener: conn.RemotePeer(), dialerNonce: newNonce()}
	if err := c.send(&wire.Control{Message: &wire.Control_Hello{Hello: &wire.Hello{
		Version: helloVersion, Tag: k.tag[:], Nonce: m.dialerNonce}}}); err != nil {
		return err
	}
	answer, err := c.r.Next()
	if err != nil {
		return broken(err)
	}
	if u := answer.GetUnsupported(); u != nil {
		return fmt.Errorf("the peer speaks version %d at most", u.Highest)
	}
	m.listenerNonce = answer.GetChallenge().GetNonce()
	if len(m.listenerNonce) != nonceSize {
		return fmt.Errorf("%w: no challenge", errBroken)
	}
	if err := c.send(&wire.Control{Message: &wire.Control_Proof{Proof: &wire.Proof{Mac: m.proof(k.key, roleDialer)}}}); err != nil {
		return err
	}
	if answer, err = c.r.Next(); err != nil {
		return broken(err)
	}
	if answer.GetRefused() != nil {
		return errRefused
	}
	if !m.verify(k.key, roleListener, answer.GetAccept().GetMac()) {
		return fmt.Errorf("%w: it accepted without knowing the package", errBroken)
	}
	c.r.SetLimit(wire.MaxFrame)
	return c.stream.SetDeadline(time.Time{})
}

// handshakeListener answers a dialer. find returns what this node knows under
// a tag, if it shares it. accept runs between the decision and the answer that
// tells it, so that the session exists when the dialer first uses it.
func handshakeListener(c *control, find func(tag) (knowledge, bool), accept func(tag) error) error {
	if err := c.stream.SetDeadline(time.Now().Add(handshakeTimeout)); err != nil {
		return err
	}
	hello, err := c.r.Next()
	if err != nil {
		return broken(err)
	}
	h := hello.GetHello()
	if h == nil || h.Version == 0 {
		return fmt.Errorf("%w: no hello", errBroken)
	}
	if h.Version != helloVersion {
		_ = c.send(&wire.Control{Message: &wire.Control_Unsupported{Unsupported: &wire.Unsupported{Highest: helloVersion}}})
		return fmt.Errorf("hello of version %d", h.Version)
	}
	if len(h.Tag) != len(tag{}) || len(h.Nonce) != nonceSize {
		return fmt.Errorf("%w: hello with a tag of %d and a nonce of %d bytes", errBroken, len(h.Tag), len(h.Nonce))
	}
	conn := c.stream.Conn()
	m := meeting{dialer: conn.RemotePeer(), listener: conn.LocalPeer(), dialerNonce: h.Nonce, listenerNonce: newNonce()}
	if err := c.send(&wire.Control{Message: &wire.Control_Challenge{Challenge: &wire.Challenge{Nonce: m.listenerNonce}}}); err != nil {
		return err
	}
	answer, err := c.r.Next()
	if err != nil {
		return broken(err)
	}
	p := answer.GetProof()
	if p == nil || len(p.Mac) != macSize {
		return fmt.Errorf("%w: no proof", errBroken)
	}
	// The same work whether the tag is known or not; a key nobody has takes
	// the place of the one we lack.
	t := tag(h.Tag)
	k, known := find(t)
	if !known {
		copy(k.key[:], newNonce())
	}
	proved := m.verify(k.key, roleDialer, p.Mac)
	mac := m.proof(k.key, roleListener)
	if !known || !proved {
		return errors.Join(c.refuse(), errRefused)
	}
	if err := accept(t); err != nil {
		return errors.Join(c.refuse(), err)
	}
	if err := c.send(&wire.Control{Message: &wire.Control_Accept{Accept: &wire.Accept{Mac: mac}}}); err != nil {
		return err
	}
	c.r.SetLimit(wire.MaxFrame)
	return c.stream.SetDeadline(time.Time{})
}

// refuse gives the one answer to everybody who is not let in.
func (c *control) refuse() error {
	if err := c.send(&wire.Control{Message: &wire.Control_Refused{Refused: &wire.Refused{}}}); err != nil {
		return err
	}
	return c.stream.CloseWrite()
}
