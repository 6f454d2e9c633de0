package cards

import (
	"context"
	"testing"
)

// What a card started ends with the card, and with the window.
func TestLife(t *testing.T) {
	l := newLife()
	ctx, done := l.within(t.Context())
	defer done()
	if ctx.Err() != nil || l.over() {
		t.Fatal("it is over before it began")
	}
	l.end()
	<-ctx.Done()
	late, done := l.within(t.Context())
	defer done()
	if late.Err() == nil || !l.over() {
		t.Error("what begins afterwards goes on")
	}
	window, closed := context.WithCancel(t.Context())
	ctx, done = newLife().within(window)
	defer done()
	closed()
	<-ctx.Done()
}
