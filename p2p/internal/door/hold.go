package door

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/client"
	pb "github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/pb"
	"github.com/libp2p/go-libp2p/p2p/protocol/identify"
	"github.com/libp2p/go-libp2p/p2p/protocol/ping"
)

const (
	connectTimeout = 10 * time.Second
	reserveTimeout = 10 * time.Second
	// protection is the name under which the connection manager leaves the
	// connection to a relay alone.
	protection = "grove/berth"
	// renewLatest is renewal at three quarters of the hour that relays give,
	// for a computer whose clock believes it has longer.
	renewLatest = 45 * time.Minute
	renewFirst  = time.Second // not sooner, whatever the relay gives
)

var errLost = errors.New("the connection to the relay was lost")

// hold keeps a reservation at w until ctx ends or there is none any more.
func (b *Berths) hold(ctx context.Context, w *berth) error {
	b.mu.Lock()
	info := w.info
	b.mu.Unlock()
	before := b.host.Network().Connectedness(info.ID) == network.Connected
	defer b.leave(info.ID, !before)
	if err := b.connect(ctx, info); err != nil {
		return fmt.Errorf("the relay was not reached: %w", err)
	}
	tries := 0
	for {
		select {
		case <-w.lost: // of a connection before this one
		default:
		}
		res, err := b.reserve(ctx, info.ID)
		var wait time.Duration
		if err == nil {
			tries = 0
			b.host.ConnManager().Protect(info.ID, protection)
			wait = min(renewLatest, max(renewFirst, time.Until(res.Expiration)*3/4))
			b.holds(w, res)
		} else {
			// The reservation there is holds on while the connection does.
			left := b.left(w)
			if left <= 0 || b.host.Network().Connectedness(info.ID) != network.Connected {
				return err
			}
			wait = min(left, pauseFirst<<min(tries, 10))
			tries++
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-w.lost:
			timer.Stop()
			// A relay forgets who is gone. Where another connection is left it
			// may not have, and asking again does no harm.
			if b.host.Network().Connectedness(info.ID) != network.Connected {
				return errLost
			}
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// holds notes a reservation.
func (b *Berths) holds(w *berth, res *client.Reservation) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if w.until.IsZero() {
		w.since = time.Now()
	}
	w.until, w.err = res.Expiration, nil
	w.data, w.duration = int64(min(res.LimitData, 1<<62)), res.LimitDuration
	w.addrs = circuits(w.info, b.host.Network().ConnsToPeer(w.info.ID), res.Addrs)
	b.poke()
}

// left is how long the reservation there is lasts.
func (b *Berths) left(w *berth) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if w.until.IsZero() {
		return 0
	}
	return time.Until(w.until)
}

// connect makes a direct connection to the relay, if there is none.
func (b *Berths) connect(ctx context.Context, info peer.AddrInfo) error {
	ctx, cancel := context.WithTimeout(network.WithForceDirectDial(ctx, "relay"), connectTimeout)
	defer cancel()
	if net, ok := b.host.Network().(interface{ Backoff() *swarm.DialBackoff }); ok {
		net.Backoff().Clear(info.ID) // the keeper has its own
	}
	return b.host.Connect(ctx, info)
}

// reserve asks for a reservation, or for a longer one.
func (b *Berths) reserve(ctx context.Context, id peer.ID) (*client.Reservation, error) {
	ctx, cancel := context.WithTimeout(network.WithNoDial(ctx, "berth"), reserveTimeout)
	defer cancel()
	res, err := client.Reserve(ctx, impatient{b.host}, peer.AddrInfo{ID: id})
	if err != nil {
		return nil, refusal(err)
	}
	return res, nil
}

// impatient resets the streams it opens when their ctx ends, which
// client.Reserve, that waits a minute for an answer, does not.
type impatient struct{ host.Host }

func (h impatient) NewStream(ctx context.Context, id peer.ID, protocols ...protocol.ID) (network.Stream, error) {
	s, err := h.Host.NewStream(ctx, id, protocols...)
	if err == nil {
		context.AfterFunc(ctx, func() { _ = s.Reset() }) // no harm to one that is closed
	}
	return s, err
}

// refusal says in plain words why a relay gave no reservation.
func refusal(err error) error {
	var re client.ReservationError
	if !errors.As(err, &re) {
		return err
	}
	why := "it answered " + re.Status.String()
	switch re.Status {
	case pb.Status_RESERVATION_REFUSED, pb.Status_RESOURCE_LIMIT_EXCEEDED:
		why = "it is full, or has enough of this address"
	case pb.Status_PERMISSION_DENIED:
		why = "it does not serve everybody"
	case pb.Status_CONNECTION_FAILED:
		why = "it is no relay, or the connection failed"
	case pb.Status_MALFORMED_MESSAGE:
		why = "its answer makes no sense"
	}
	return fmt.Errorf("the relay gave no place: %s: %w", why, err)
}

// leave gives the reservation up, which is to close the connection; one that
// was there before, or that somebody else needs, stays.
func (b *Berths) leave(id peer.ID, ours bool) {
	if b.host.ConnManager().Unprotect(id, protection) || !ours {
		return
	}
	for _, c := range b.host.Network().ConnsToPeer(id) {
		if c.Stat().Direction != network.DirOutbound {
			return
		}
		for _, s := range c.GetStreams() {
			switch s.Protocol() {
			case "", identify.ID, identify.IDPush, ping.ID:
			default:
				return
			}
		}
	}
	_ = b.host.Network().ClosePeer(id) // it may have gone by itself
}
