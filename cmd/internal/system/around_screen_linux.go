package system

import (
	"context"
	"io"
	"log"
	"os"
	"slices"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"grove/app"
)

// screenAgain is how long a display that cannot be had, or has gone, is left
// alone.
const screenAgain = time.Minute

func init() { xgb.Logger = log.New(io.Discard, "", 0) } // what fails here is unknown, and that is all

// watchScreen follows the window in front on the X display of this computer.
// Under Wayland that is the window in front of Xwayland's, where most games
// are; of others nobody tells.
func watchScreen(ctx context.Context, set func(func(*app.Surroundings))) {
	for ctx.Err() == nil {
		if s := openScreen(); s != nil {
			stop := context.AfterFunc(ctx, s.conn.Close)
			s.follow(set)
			stop()
			s.conn.Close()
		}
		set(func(a *app.Surroundings) { a.FullScreen = app.Unknown })
		select {
		case <-time.After(screenAgain):
		case <-ctx.Done():
		}
	}
}

// screen is an X display whose window manager says what is in front.
type screen struct {
	conn                    *xgb.Conn
	root                    xproto.Window
	active, state, full, id xproto.Atom
}

// openScreen connects to the display, or returns nil. One on another computer
// is not what somebody here looks at.
func openScreen() *screen {
	name := os.Getenv("DISPLAY")
	places, err := displayPlaces(name)
	if err != nil || places[0].network != "unix" {
		return nil
	}
	conn, err := xgb.NewConnDisplay(name)
	if err != nil {
		return nil
	}
	s := &screen{conn: conn, root: xproto.Setup(conn).DefaultScreen(conn).Root}
	for name, at := range map[string]*xproto.Atom{
		"_NET_ACTIVE_WINDOW": &s.active, "_NET_WM_STATE": &s.state, "_NET_WM_STATE_FULLSCREEN": &s.full, "_NET_WM_PID": &s.id,
	} {
		got, err := xproto.InternAtom(conn, false, uint16(len(name)), name).Reply()
		if err != nil {
			conn.Close()
			return nil
		}
		*at = got.Atom
	}
	return s
}

// follow sets what is in front, now and when that changes, until the
// connection ends.
func (s *screen) follow(set func(func(*app.Surroundings))) {
	s.hear(s.root)
	for {
		fact := s.look()
		set(func(a *app.Surroundings) { a.FullScreen = fact })
		for again := false; !again; {
			e, err := s.conn.WaitForEvent()
			if e == nil && err == nil {
				return
			}
			p, ok := e.(xproto.PropertyNotifyEvent)
			again = ok && (p.Atom == s.active || p.Atom == s.state)
		}
	}
}

// hear has the display tell of changes of a window.
func (s *screen) hear(w xproto.Window) {
	xproto.ChangeWindowAttributes(s.conn, w, xproto.CwEventMask, []uint32{xproto.EventMaskPropertyChange})
}

// look says whether the window in front fills the screen, and is not ours.
func (s *screen) look() app.Fact {
	front, ok := s.read(s.root, s.active)
	if !ok {
		return app.Unknown // no window manager that tells
	}
	if len(front) == 0 || front[0] == 0 {
		return app.No
	}
	w := xproto.Window(front[0])
	s.hear(w) // first, so that no change is missed
	state, ok := s.read(w, s.state)
	if !ok || !slices.Contains(state, uint32(s.full)) {
		return app.No
	}
	id, _ := s.read(w, s.id)
	return app.FactOf(len(id) == 0 || id[0] != uint32(os.Getpid()))
}

// read is a property that is a list of 32 bits; not ok where there is none.
func (s *screen) read(w xproto.Window, p xproto.Atom) (list []uint32, ok bool) {
	const atMost = 64
	got, err := xproto.GetProperty(s.conn, false, w, p, xproto.GetPropertyTypeAny, 0, atMost).Reply()
	if err != nil || got == nil || got.Format != 32 {
		return nil, false
	}
	for i := range int(got.ValueLen) {
		list = append(list, xgb.Get32(got.Value[4*i:]))
	}
	return list, true
}
