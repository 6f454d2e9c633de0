package lan

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
)

const (
	lookEvery = 15 * time.Second // at interfaces and listen addresses
	askEvery  = time.Minute      // at most, for Ask

	// answerGap is the least time between two answers by one socket. RFC 6762,
	// 6 wants a second, but a quarter of one where somebody waits for it, as
	// here somebody does who wants a file.
	answerGap = 250 * time.Millisecond
)

// rounds are when a question and an announcement go out.
var rounds = []time.Duration{0, time.Second, 3 * time.Second}

// network is what the loop stands on: the system, or a test.
type network interface {
	// segments are the parts of the local network there are now.
	segments() ([]segment, error)
	// open makes a socket for IPv4 or IPv6 on seg, which calls hear, on a
	// goroutine of its own, with what neighbours send until it is closed. Close
	// waits for that goroutine. hear does not keep the packet.
	open(seg segment, six bool, hear func(from netip.Addr, packet []byte)) (socket, error)
}

type socket interface {
	Send(packet []byte) error // to all neighbours
	Close() error
}

// loop decides what is sent. All of it belongs to the goroutine of run.
type loop struct {
	cfg   Config
	net   network
	every time.Duration // lookEvery
	name  string        // see self
	ask   <-chan struct{}
	done  <-chan struct{}
	heard chan heard
	found chan<- peer.AddrInfo

	peers  *peers
	voices []*voice
	looked time.Time // with the wall clock, which goes on while the computer sleeps
	failed []string  // what could not be opened at the last look
}

// voice is a socket and what it is to send. Its first three fields are not
// changed.
type voice struct {
	seg  segment
	six  bool
	quit chan struct{} // closed before the socket is

	socket socket
	me     self
	round  int       // the next of rounds; len(rounds) is none
	began  time.Time // the first of them
	got    bool      // one of them was sent
	owed   time.Time // when an answer goes out; zero is none
	spoke  time.Time // when the last answer went out
}

// heard is what a packet said, as its voice's goroutine read it.
type heard struct {
	voice *voice
	from  netip.Addr
	asked bool
	peers []lively
}

type lively struct {
	info peer.AddrInfo
	life time.Duration // 0 is a goodbye
}

func (l *loop) run() {
	defer l.bye()
	l.look(time.Now())
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-l.done:
			return
		case h := <-l.heard:
			l.hear(h, time.Now())
		case <-l.ask:
			l.everybody(time.Now())
		case <-timer.C:
			now := time.Now()
			if !now.Before(l.looked.Add(l.every)) {
				l.look(now)
			}
			for _, v := range l.voices {
				l.speak(v, now)
			}
		}
		timer.Reset(time.Until(l.next()))
	}
}

// next is when something is to be done without being asked.
func (l *loop) next() time.Time {
	next := l.looked.Add(l.every)
	for _, v := range l.voices {
		for _, at := range []time.Time{v.due(), v.owed} {
			if !at.IsZero() && at.Before(next) {
				next = at
			}
		}
	}
	return next
}

// hear acts on what was heard.
func (l *loop) hear(h heard, now time.Time) {
	if v := h.voice; h.asked && v.owed.IsZero() {
		// Not all who are asked at once answer at once (RFC 6762, 6).
		v.owed = later(now.Add(jitter()), v.spoke.Add(answerGap))
	}
	for _, p := range h.peers {
		if p.life == 0 {
			l.peers.forget(p.info.ID)
		} else if k := l.peers.hear(p.info, h.from, h.voice.seg.index, p.life, now); k != nil {
			l.report(k, now)
		}
	}
}

// report passes k on to the goroutine of Found, if that keeps up.
func (l *loop) report(k *known, now time.Time) {
	select {
	case l.found <- k.info:
		k.reported = now
	default:
	}
}

// everybody does what Ask says.
func (l *loop) everybody(now time.Time) {
	for _, k := range l.peers.remembered(now) {
		l.report(k, now)
	}
	for _, v := range l.voices {
		if now.Sub(v.began) >= askEvery {
			v.begin(now)
		}
	}
}

// speak sends what v has to send by now.
func (l *loop) speak(v *voice, now time.Time) {
	if at := v.due(); !at.IsZero() && !now.Before(at) {
		v.round++
		if err := v.socket.Send(v.me.question()); err == nil {
			v.got = true
		} else {
			l.cfg.Log.Debug("mDNS question not sent", "interface", label(v.seg, v.six), "err", err)
		}
		l.say(v, v.me, true)
		v.spoke, v.owed = now, time.Time{}
	}
	if !v.owed.IsZero() && !now.Before(v.owed) {
		l.say(v, v.me, true)
		v.spoke, v.owed = now, time.Time{}
	}
}

// say announces me, or takes it back. Who listens nowhere says nothing.
func (l *loop) say(v *voice, me self, alive bool) {
	if len(me.addrs) == 0 {
		return
	}
	if err := v.socket.Send(me.answer(alive)); err != nil {
		l.cfg.Log.Debug("mDNS answer not sent", "interface", label(v.seg, v.six), "err", err)
	}
}

// begin has v ask and announce again, from the first round on.
func (v *voice) begin(now time.Time) {
	v.round, v.began, v.got = 0, now.Add(jitter()), false
}

// due is when the next round is; zero is none.
func (v *voice) due() time.Time {
	if v.round == len(rounds) {
		return time.Time{}
	}
	return v.began.Add(rounds[v.round])
}

// jitter keeps computers apart that start or answer at the same moment.
func jitter() time.Duration {
	return 20*time.Millisecond + time.Duration(rand.Int64N(int64(100*time.Millisecond)))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// hush closes v's socket and waits for its goroutine.
func (l *loop) hush(v *voice) {
	close(v.quit)
	if err := v.socket.Close(); err != nil {
		l.cfg.Log.Debug("closing an mDNS socket", "err", err)
	}
}

// bye takes back what was announced, and closes everything. Nothing is sent
// after it.
func (l *loop) bye() {
	for _, v := range l.voices {
		l.say(v, v.me, false)
		l.hush(v)
	}
	l.voices = nil
}
