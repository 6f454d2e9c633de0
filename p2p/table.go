package p2p

import (
	"errors"
	"time"

	"grove/p2p/internal/kad"
)

// join takes part in the hash table until done: its computers can say whether
// this one is reached.
func (o *outreach) join(done <-chan struct{}) {
	wait := time.NewTicker(100 * time.Millisecond)
	defer wait.Stop()
	for {
		_, release, err := o.useTable()
		if err == nil {
			defer release()
			select {
			case <-done:
			case <-o.node.ctx.Done():
			}
			return
		}
		if !errors.Is(err, errResting) { // run has yet to open
			o.worked(fromDHT, "", err)
			return
		}
		select {
		case <-wait.C:
		case <-done:
			return
		case <-o.node.ctx.Done():
			return
		}
	}
}

var errResting = errors.New("nothing is looked for or shared")

// useTable returns the hash table, which stays until release is called, and
// some time more.
func (o *outreach) useTable() (t *kad.Table, release func(), err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.open {
		return nil, nil, errResting
	}
	if err := o.openTable(); err != nil {
		return nil, nil, err
	}
	if o.unused != nil {
		o.unused.Stop()
	}
	o.users++
	t = o.table
	return t, func() { o.releaseTable(t) }, nil
}

// openTable starts the hash table where it is not open. Called with mu held.
func (o *outreach) openTable() error {
	if o.table != nil {
		return nil
	}
	n := o.node
	t, err := kad.Start(kad.Config{Host: n.parts.host, DHT: n.dht, Resolve: n.resolver.all, Serve: n.serveDHT, Log: n.log})
	if err == nil {
		o.table = t
	}
	return err
}

func (o *outreach) releaseTable(t *kad.Table) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.users--; o.users > 0 || o.table != t || o.node.serveDHT {
		return
	}
	o.unused = time.AfterFunc(tableLinger, func() {
		if !o.node.enter() {
			return
		}
		defer o.node.wg.Done()
		o.mu.Lock()
		idle := o.users == 0 && o.table == t
		if idle {
			o.table = nil
		}
		o.mu.Unlock()
		if idle {
			_ = t.Close() // nothing of it is kept
		}
	})
}

// tableOpen reports whether connections may belong to the hash table.
func (o *outreach) tableOpen() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.table != nil
}
