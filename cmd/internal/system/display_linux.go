package system

import (
	"context"
	"errors"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"grove/app"
)

// displayWait is how long a display may take to answer.
const displayWait = time.Second

// Display returns nil if a window can be opened, else a problem with one
// sentence and what to do instead. Grove's window speaks X11, which a Wayland
// desktop has by Xwayland, and then says so in DISPLAY.
func Display() error {
	name := os.Getenv("DISPLAY")
	if name == "" {
		why := errors.New("neither DISPLAY nor WAYLAND_DISPLAY is set")
		if os.Getenv("WAYLAND_DISPLAY") != "" {
			why = errors.New("WAYLAND_DISPLAY is set but DISPLAY is not: Xwayland is needed")
		}
		return noDisplay(why)
	}
	places, err := displayPlaces(name)
	if err != nil {
		return noDisplay(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), displayWait)
	defer cancel()
	var failed []error
	for _, p := range places {
		var d net.Dialer
		conn, err := d.DialContext(ctx, p.network, p.address)
		if err == nil {
			conn.Close()
			return nil
		}
		failed = append(failed, err)
	}
	return noDisplay(errors.Join(failed...))
}

func noDisplay(why error) error {
	return app.NewProblem(app.BadInput, "There is no display to open a window on. In a terminal, grove get LINK does the same", why)
}

type place struct{ network, address string }

// displayPlaces are where a display named as in DISPLAY listens, in the order
// that the X libraries try them: [host]:number[.screen], or a socket's path.
func displayPlaces(name string) ([]place, error) {
	if strings.HasPrefix(name, "/") || strings.HasPrefix(name, "unix:/") {
		return []place{{"unix", strings.TrimPrefix(name, "unix:")}}, nil
	}
	colon := strings.LastIndexByte(name, ':')
	if colon < 0 {
		return nil, errors.New("DISPLAY is " + strconv.Quote(name))
	}
	host := strings.Trim(name[:colon], "[]")
	digits, _, _ := strings.Cut(name[colon+1:], ".")
	number, err := strconv.ParseUint(digits, 10, 16)
	const firstPort = 6000
	if err != nil || number > 65535-firstPort {
		return nil, errors.New("DISPLAY is " + strconv.Quote(name))
	}
	port := strconv.FormatUint(firstPort+number, 10)
	if host != "" && host != "unix" {
		return []place{{"tcp", net.JoinHostPort(host, port)}}, nil
	}
	socket := "/tmp/.X11-unix/X" + digits
	places := []place{{"unix", "@" + socket}, {"unix", socket}}
	if host == "" {
		places = append(places, place{"tcp", net.JoinHostPort("localhost", port)})
	}
	return places, nil
}
