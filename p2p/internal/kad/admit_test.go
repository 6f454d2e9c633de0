package kad

import (
	"fmt"
	"testing"
	"time"

	dht "github.com/libp2p/go-libp2p-kad-dht"
	pb "github.com/libp2p/go-libp2p-kad-dht/pb"
	recpb "github.com/libp2p/go-libp2p-record/pb"
)

func TestShelf(t *testing.T) {
	now := time.Now()
	s := newShelf(10)
	for i := range 10 {
		if !s.admit(fmt.Sprint(i), now.Add(time.Duration(i)*time.Hour)) {
			t.Fatalf("the %dth was refused", i+1)
		}
	}
	now = now.Add(10 * time.Hour)
	if s.admit("one more", now) {
		t.Error("one too many was let in")
	}
	if !s.admit("0", now) {
		t.Error("what is kept could not be said again")
	}
	now = now.Add(keptFor - 9*time.Hour) // "1" has just ended
	if !s.admit("one more", now) || s.admit("yet one more", now) {
		t.Error("one place was free, no more")
	}
}

// A server keeps no more than it may, and goes on answering.
func TestFullServer(t *testing.T) {
	n := &testNet{t: t, listen: loopback4}
	s := n.table(func(c *Config) { c.Serve = true }, tuning{linger: linger, joinFirst: joinFirst, more: []dht.Option{
		dht.OnRequestHook(newAdmission(1, 0).judge)}})
	n.first = []string{n.address(s)}
	a, b, c := n.table(nil), n.table(nil), n.table(nil)
	first, second := newKey(), newKey()
	mustProvide(t, a, first)
	findSoon(t, c, first, 5, a)
	mustProvide(t, b, second) // the message went out; nothing says that it was kept
	mustProvide(t, b, first)
	mustProvide(t, a, first)
	// The server works through one stream in order: after these answers it has
	// looked at all of that.
	mustFind(t, a, newKey(), 5)
	mustFind(t, b, newKey(), 5)
	if found := mustFind(t, c, second, 5); len(found) > 0 {
		t.Errorf("a full server kept %v", found)
	}
	if found := mustFind(t, c, first, 5); len(found) != 1 || !has(found, a) {
		t.Errorf("found %v, want what was kept before", found)
	}
	m := &pb.Message{Type: pb.Message_PUT_VALUE, Key: []byte("k"), Record: &recpb.Record{}}
	newAdmission(1, 0).judge(t.Context(), nil, m)
	if m.Record != nil {
		t.Error("a value was let in")
	}
}
