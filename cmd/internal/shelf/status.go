package shelf

import (
	"context"
	"fmt"
	"slices"
	"time"

	"grove/app"
	"grove/app/pack"
	"grove/p2p/depot"
)

// Status implements depot.Shelf.
func (s *Shelf) Status(_ context.Context, order pack.Order) (depot.Status, bool, error) {
	s.mu.Lock()
	k := s.copies[order.Package]
	var st depot.Status
	var err error
	known := false
	switch {
	case s.closing:
		err = errClosing()
	case k != nil && k.Order.Digest() == order.Digest():
		st, known = s.status(k), true
	default:
		err = k.overrides(order)
	}
	s.mu.Unlock()
	if known {
		st = s.withPeers(st)
	}
	return st, known, err
}

func errClosing() error {
	return &depot.Refusal{Reason: depot.Busy, Text: "The depot is closing. It can be asked again when it has started."}
}

// overrides is why order is not to be acted on after k, which may be nil.
func (k *kept) overrides(order pack.Order) error {
	switch {
	case k == nil:
		return nil
	case k.Order.Publisher != order.Publisher:
		return depot.Refuse(depot.BadKey, order.Publisher, "The package is of another publisher.")
	case !order.At.After(k.Order.At):
		return &depot.Refusal{Reason: depot.Stale, Newest: k.Order.At,
			Text: "An order of " + k.Order.At.Format(time.RFC3339) + " about this package was acted on, and this one is not newer."}
	}
	return nil
}

// status is what the publisher is told. Called with mu held.
func (s *Shelf) status(k *kept) depot.Status {
	if k.Ended {
		return depot.Status{State: depot.Dropped}
	}
	st := depot.Status{State: depot.Fetching, Have: k.have(), Size: k.Size, Until: k.Until,
		Folder: depot.FolderURL(s.conf.Base, k.Place)}
	p := k.view.Problem
	switch {
	case k.shown != nil:
		st.State, st.Have = depot.Kept, k.Size
	case k.view.State == app.Failed && p != nil:
		st.Why = why(p.Kind)
		if p.Meaning().Retry == app.RetryNever {
			st.State = depot.Failed
		}
	}
	return st
}

// have is how much of a copy is here, in bytes.
func (k *kept) have() int64 {
	if k.shown != nil {
		return k.Size
	}
	return min(k.view.Have, k.Size)
}

// why a copy does not go on, without a path of this computer.
func why(kind app.ProblemKind) string {
	switch kind {
	case app.NoSpace:
		return "The disk of the depot is full; it goes on when there is room."
	case app.FileChanged:
		return "A file of the copy was changed on the disk of the depot."
	case app.DiskFault, app.ReadOnly:
		return "The disk of the depot has a fault."
	}
	return "The depot could not go on: " + string(kind) + "."
}

// withPeers adds the node's addresses: also those of the local network,
// because a depot may be meant for that alone. Who gave the depot's address by
// hand may dial them.
func (s *Shelf) withPeers(st depot.Status) depot.Status {
	st.Peers = s.g.Node.Addrs()
	for _, a := range s.g.Node.LANAddrs() {
		if !slices.Contains(st.Peers, a) {
			st.Peers = append(st.Peers, a)
		}
	}
	return st
}

// room is nil if a package of p's size may come in.
func (s *Shelf) room(p depot.Parcel) error {
	key, need := p.Package.Publisher(), p.Package.Size()
	own, ok := s.conf.Allow(key)
	if !ok {
		return depot.Refuse(depot.BadKey, key, "The key may give no orders here.")
	}
	disk, err := s.g.Store.Free(s.conf.Folder)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var all, his int64
	for id, k := range s.copies {
		if k.Ended || id == p.Package.ID {
			continue
		}
		all += k.Size
		if k.Order.Publisher == key {
			his += k.Size
		}
		if k.view.State == app.Queued || k.view.State == "" { // its room is not reserved yet
			disk -= k.Size
		}
	}
	free := disk
	if s.conf.Quota > 0 {
		free = min(free, s.conf.Quota-all)
	}
	if own > 0 {
		free = min(free, own-his)
	}
	if need <= free {
		return nil
	}
	no := depot.Refuse(depot.Quota, key, fmt.Sprintf("The package has %d bytes, and %d are left for it.", need, max(free, 0)))
	no.Need, no.Free = need, max(free, 0)
	return no
}
