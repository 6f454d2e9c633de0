package p2p

import (
	"bytes"
	"crypto/rand"
	"io"
	"testing"

	"github.com/libp2p/go-libp2p/core/network"
	"google.golang.org/protobuf/proto"

	"grove/app/apptest"
	"grove/app/pack"
	"grove/p2p/internal/wire"
)

// answerTo does a dialer's part of the handshake by hand and returns the bytes
// of the last answer; mac makes the proof.
func answerTo(r *raw, t tag, mac func(meeting) []byte) []byte {
	r.t.Helper()
	c := r.open()
	defer c.stream.Close()
	m := meeting{dialer: r.id, listener: r.conn.RemotePeer(), dialerNonce: newNonce()}
	r.say(c, &wire.Control{Message: &wire.Control_Hello{Hello: &wire.Hello{Version: 1, Tag: t[:], Nonce: m.dialerNonce}}})
	m.listenerNonce = r.hear(c).GetChallenge().GetNonce()
	if len(m.listenerNonce) != nonceSize {
		r.t.Fatalf("a challenge with a nonce of %d bytes", len(m.listenerNonce))
	}
	r.say(c, &wire.Control{Message: &wire.Control_Proof{Proof: &wire.Proof{Mac: mac(m)}}})
	last := r.hear(c)
	if _, err := c.r.Next(); last.GetAccept() == nil && err != io.EOF {
		r.t.Errorf("after the refusal came %v; want the end of the stream", err)
	}
	b, err := proto.Marshal(last)
	if err != nil {
		r.t.Fatal(err)
	}
	return b
}

// TestRefusal: unknown, wrong proof, wrong secret, a proof for the other role,
// and a share that was stopped get the same bytes.
func TestRefusal(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	n := newNode(t)
	private := made.Share()
	private.Secret = bytes.Repeat([]byte{7}, 32)
	serve(t, n, made.Share())
	serve(t, n, private)
	known, secret := knowledgeOf(made.Package.ID, nil), knowledgeOf(made.Package.ID, private.Secret)
	stopped := apptest.Package(t, apptest.Options{Seed: 2})
	v := serve(t, n, stopped.Share())
	v.Stop()
	r := newRaw(t).dial(n)

	honest := func(k knowledge) func(meeting) []byte {
		return func(m meeting) []byte { return m.proof(k.key, roleDialer) }
	}
	var want *wire.Control = &wire.Control{Message: &wire.Control_Refused{Refused: &wire.Refused{}}}
	refused, err := proto.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name string
		tag  tag
		mac  func(meeting) []byte
	}{
		{"unknown tag", tag{1}, honest(known)},
		{"random proof", known.tag, func(meeting) []byte { return newNonce() }},
		{"proof without the secret", secret.tag, honest(known)},
		{"proof with the secret for the public tag", known.tag, honest(secret)},
		{"proof of the listener", known.tag, func(m meeting) []byte { return m.proof(known.key, roleListener) }},
		{"proof of another meeting", known.tag, func(m meeting) []byte { m.dialerNonce = newNonce(); return m.proof(known.key, roleDialer) }},
		{"proof of another dialer", known.tag, func(m meeting) []byte { m.dialer = n.id; return m.proof(known.key, roleDialer) }},
		{"stopped", knowledgeOf(stopped.Package.ID, nil).tag, honest(knowledgeOf(stopped.Package.ID, nil))},
	} {
		if got := answerTo(r, row.tag, row.mac); !bytes.Equal(got, refused) {
			t.Errorf("%s: the answer is %x; want the refusal %x", row.name, got, refused)
		}
	}
	for _, k := range []knowledge{known, secret} {
		if got := answerTo(r, k.tag, honest(k)); bytes.Equal(got, refused) {
			t.Error("the right proof was refused")
		}
	}
	if n.gate.bans.has(r.id) {
		t.Error("the peer was banned for a wrong proof, which tells it that the tag is known")
	}
}

// TestReplay: a proof that was heard once is of no use.
func TestReplay(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	n := newNode(t)
	serve(t, n, made.Share())
	k := knowledgeOf(made.Package.ID, nil)
	r := newRaw(t).dial(n)
	c := r.open()
	nonce := newNonce()
	hello := &wire.Control{Message: &wire.Control_Hello{Hello: &wire.Hello{Version: 1, Tag: k.tag[:], Nonce: nonce}}}
	r.say(c, hello)
	m := meeting{dialer: r.id, listener: n.id, dialerNonce: nonce, listenerNonce: r.hear(c).GetChallenge().GetNonce()}
	p := &wire.Control{Message: &wire.Control_Proof{Proof: &wire.Proof{Mac: m.proof(k.key, roleDialer)}}}
	r.say(c, p)
	if r.hear(c).GetAccept() == nil {
		t.Fatal("the first proof was refused")
	}
	c = r.open()
	r.say(c, hello)
	r.hear(c)
	r.say(c, p)
	if r.hear(c).GetRefused() == nil {
		t.Error("the same proof was accepted twice")
	}
}

// TestRandomTags: who guesses learns one thing only, and always the same.
func TestRandomTags(t *testing.T) {
	tries := 10_000
	if testing.Short() {
		tries = 500
	}
	made := apptest.Package(t, apptest.Options{})
	n := newNode(t)
	v := serve(t, n, made.Share())
	r := newRaw(t).dial(n)
	shapes := map[string]int{}
	for range tries {
		var guess tag
		_, _ = rand.Read(guess[:])
		shapes[string(answerTo(r, guess, func(meeting) []byte { return newNonce() }))]++
	}
	if len(shapes) != 1 {
		t.Errorf("%d tags got %d shapes of answer: %v; want one", tries, len(shapes), shapes)
	}
	if g := v.Stats().Given; g != 0 {
		t.Errorf("%d bytes were given", g)
	}
}

// TestFutureVersion: a version it does not know is told the highest it does.
func TestFutureVersion(t *testing.T) {
	n := newNode(t)
	r := newRaw(t).dial(n)
	c := r.open()
	r.say(c, &wire.Control{Message: &wire.Control_Hello{Hello: &wire.Hello{Version: 9, Tag: newNonce(), Nonce: newNonce()}}})
	if h := r.hear(c).GetUnsupported().GetHighest(); h != helloVersion {
		t.Errorf("it says its highest version is %d; want %d", h, helloVersion)
	}
}

// TestKnowledge: the values of docs/PROTOCOL.md, so that another
// implementation can check its own.
func TestKnowledge(t *testing.T) {
	var id pack.ID
	for i := range id {
		id[i] = byte(i)
	}
	public, private := knowledgeOf(id, nil), knowledgeOf(id, bytes.Repeat([]byte{9}, 32))
	m := meeting{dialer: "dialer", listener: "listener!", dialerNonce: bytes.Repeat([]byte{1}, 32), listenerNonce: bytes.Repeat([]byte{2}, 32)}
	for _, v := range []struct {
		name string
		got  []byte
		want string
	}{
		{"tag", public.tag[:], vectorTag},
		{"key", public.key[:], vectorKey},
		{"private tag", private.tag[:], vectorPrivateTag},
		{"private key", private.key[:], vectorPrivateKey},
		{"dialer's proof", m.proof(public.key, roleDialer), vectorDialer},
		{"listener's proof", m.proof(public.key, roleListener), vectorListener},
	} {
		if got := pack.Hash(v.got).String(); got != v.want {
			t.Errorf("%s is %s; want %s", v.name, got, v.want)
		}
	}
}

// TestLyingListener: a listener that accepts without knowing is banned.
func TestLyingListener(t *testing.T) {
	r := newRaw(t)
	r.parts.host.SetStreamHandler(ControlProtocol, func(st network.Stream) {
		c := newControl(st)
		for _, m := range []*wire.Control{
			{Message: &wire.Control_Challenge{Challenge: &wire.Challenge{Nonce: newNonce()}}},
			{Message: &wire.Control_Accept{Accept: &wire.Accept{Mac: newNonce()}}},
		} {
			if _, err := c.r.Next(); err != nil {
				return
			}
			_ = c.send(m)
		}
	})
	n := newNode(t)
	_, _ = find(t, n, apptest.Package(t, apptest.Options{}), r.addr())
	if !r.over() || !n.gate.bans.has(r.id) {
		t.Error("a peer that accepts what it does not know was not banned")
	}
}
