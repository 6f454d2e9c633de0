package lan

import (
	"net/netip"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
)

// look finds out what has changed, and sees to it that there is a voice for
// each segment and family, which says what is so now.
func (l *loop) look(now time.Time) {
	// A timer stands still while the computer sleeps. Who came and went
	// meanwhile is not known.
	slept := !l.looked.IsZero() && now.Round(0).Sub(l.looked.Round(0)) > 2*l.every
	l.looked = now
	segs, err := l.net.segments()
	if err != nil {
		l.cfg.Log.Debug("the network interfaces cannot be listed", "err", err)
		return // as they were
	}
	l.voices = slices.DeleteFunc(l.voices, func(v *voice) bool {
		gone := !slices.ContainsFunc(segs, v.seg.equal)
		if gone {
			l.peers.leave(v.seg.index)
			l.hush(v)
		}
		return gone
	})
	listen := l.cfg.Addrs()
	var failed []string
	for _, seg := range segs {
		me := self{l.name, l.cfg.ID, announced(listen, seg)}
		for _, six := range []bool{false, true} {
			if !seg.speaks(six) {
				continue
			}
			if err := l.attend(seg, six, me, slept, now); err != nil {
				failed = append(failed, label(seg, six))
				l.complain(seg, six, err)
			}
		}
	}
	l.failed = failed
}

// attend sees to it that there is a voice, that it says me, and that it begins
// again if there is a reason: it says something else than before, or nobody
// may have heard it. The error is that of a socket.
func (l *loop) attend(seg segment, six bool, me self, slept bool, now time.Time) error {
	i := slices.IndexFunc(l.voices, func(v *voice) bool { return v.six == six && v.seg.equal(seg) })
	if i < 0 {
		v, err := l.open(seg, six)
		if err != nil {
			return err
		}
		v.me = me
		v.begin(now)
		l.voices = append(l.voices, v)
		return nil
	}
	v := l.voices[i]
	if len(me.addrs) == 0 {
		l.say(v, v.me, false) // goodbye
	}
	if !v.me.equal(me) || slept || v.round == len(rounds) && !v.got {
		v.me = me
		v.begin(now)
	}
	return nil
}

func label(seg segment, six bool) string {
	if six {
		return seg.name + " IPv6"
	}
	return seg.name + " IPv4"
}

// complain logs once what fails at every look.
func (l *loop) complain(seg segment, six bool, err error) {
	if what := label(seg, six); !slices.Contains(l.failed, what) {
		l.cfg.Log.Warn("no mDNS on the local network", "interface", what, "err", err)
	}
}

func (l *loop) open(seg segment, six bool) (*voice, error) {
	v := &voice{seg: seg, six: six, quit: make(chan struct{})}
	var err error
	v.socket, err = l.net.open(seg, six, func(from netip.Addr, packet []byte) {
		h, ok := understand(v, from, packet, l.name, l.cfg.ID)
		if !ok {
			return
		}
		select {
		case l.heard <- h:
		case <-v.quit:
		}
	})
	if err != nil {
		return nil, err
	}
	l.cfg.Log.Debug("mDNS on the local network", "interface", label(seg, six))
	return v, nil
}

// understand reads a packet; false is nothing that matters.
func understand(v *voice, from netip.Addr, packet []byte, name string, id peer.ID) (heard, bool) {
	m, err := hear(packet, name)
	if err != nil {
		return heard{}, false
	}
	h := heard{voice: v, from: from, asked: m.asked}
	for _, t := range m.told {
		if info, ok := accepted(t.txt, v.seg, id); ok {
			h.peers = append(h.peers, lively{info, time.Duration(t.life) * time.Second})
		}
	}
	return h, h.asked || len(h.peers) > 0
}
