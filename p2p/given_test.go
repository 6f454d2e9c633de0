package p2p

import (
	"errors"
	"sync"
	"testing"

	"grove/app"
	"grove/app/apptest"
)

// purse is a budget of so many bytes.
type purse struct {
	mu    sync.Mutex
	ended *sync.Cond // an answer did
	open  int        // guarded by mu
	budget
}

// budget is guarded by purse.mu.
type budget struct {
	left, spent int64
	near        app.Nearness // of the last who asked
}

func newPurse(bytes int64) *purse {
	p := &purse{budget: budget{left: bytes}}
	p.ended = sync.NewCond(&p.mu)
	return p
}

type purseTab struct {
	*purse
	out int64
}

func (p *purse) allow(near app.Nearness) app.Allowance {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.near = near
	p.open++
	return &purseTab{purse: p}
}

func (t *purseTab) Take(n int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.left < n {
		return false
	}
	t.left, t.out = t.left-n, t.out+n
	return true
}

func (t *purseTab) Leave(n int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.spent, t.out = t.spent+n, t.out-n
	return true
}

func (t *purseTab) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.left, t.open = t.left+t.out, t.open-1
	t.ended.Broadcast()
}

// is is the purse when every answer has ended.
func (p *purse) is() budget {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.open > 0 {
		p.ended.Wait()
	}
	return budget{p.left, p.spent, p.near}
}

// TestNoPieceBeyondTheAllowance: the run ends where the budget does, at the end
// of a piece, as one that cannot be given now.
func TestNoPieceBeyondTheAllowance(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	l := made.Package.Layout
	var three int64
	for i := range 3 {
		three += l.Span(i).Length
	}
	p := newPurse(three + 1)
	share := made.Share()
	share.Allow = p.allow
	seed, leech := newNode(t), newNode(t)
	v := serve(t, seed, share)
	r, _ := find(t, leech, made, seed.Addrs()...)
	got, err := fetch(t.Context(), r.source(t, seed.ID()), made.Whole())
	var problem *app.Problem
	if !errors.As(err, &problem) || problem.Kind != app.SourceBusy {
		t.Errorf("the run ended with %v", err)
	}
	if int64(len(got)) != three || string(got) != string(made.Run(app.Run{First: 0, Count: 3})) {
		t.Errorf("%d bytes came, not %d", len(got), three)
	}
	if is := p.is(); is.left != 1 || is.spent != three || is.near != app.NearLAN {
		t.Errorf("%d left, %d sent, near %d", is.left, is.spent, is.near)
	}
	if st := v.Stats(); st.Given != three || st.GivenLAN != three || st.GivenNear != 0 {
		t.Errorf("%+v", st)
	}
}

// TestWhatNeverLeftIsGivenBack: somebody hangs up in the middle of a piece.
func TestWhatNeverLeftIsGivenBack(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	whole := made.Package.Layout.Size()
	p := newPurse(whole)
	share := made.Share()
	pieces := newStallable(share.Pieces)
	share.Pieces, share.Allow = pieces, p.allow
	seed, leech := newNode(t), newNode(t)
	v := serve(t, seed, share)
	r, _ := find(t, leech, made, seed.Addrs()...)
	pieces.stall()
	body, err := r.source(t, seed.ID()).Open(t.Context(), made.Whole())
	if err != nil {
		t.Fatal(err)
	}
	<-pieces.waiting
	_ = body.Close()
	pieces.kill()
	if err := leech.Close(); err != nil {
		t.Error(err)
	}
	if is := p.is(); is.spent != v.Stats().Given || is.left+is.spent != whole {
		t.Errorf("%d left and %d sent of %d", is.left, is.spent, whole)
	}
}
