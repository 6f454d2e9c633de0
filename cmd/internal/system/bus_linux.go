package system

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/godbus/dbus/v5"
)

// busWait is how long the bus and who answers on it may take.
const busWait = 5 * time.Second

var errNoBus = errors.New("there is no session bus")

// sessionBus connects to the bus of the user's session, and starts none. The
// caller closes the connection; ctx bounds the connecting alone.
func sessionBus(ctx context.Context) (*dbus.Conn, error) {
	address, err := busAddress()
	if err != nil {
		return nil, err
	}
	return dialBus(ctx, address)
}

// dialBus connects to a bus. The caller closes the connection; ctx bounds the
// connecting alone.
func dialBus(ctx context.Context, address string) (*dbus.Conn, error) {
	conn, err := dbus.Dial(address)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	if err = conn.Auth(nil); err == nil {
		err = conn.Hello()
	}
	if !stop() || err != nil {
		conn.Close()
		return nil, errors.Join(ctx.Err(), err)
	}
	return conn, nil
}

// busAddress is where the session bus listens: the environment says so, or it
// is at its usual place.
func busAddress() (string, error) {
	if address := os.Getenv("DBUS_SESSION_BUS_ADDRESS"); address != "" {
		return address, nil
	}
	folder := os.Getenv("XDG_RUNTIME_DIR")
	if folder == "" {
		return "", errNoBus
	}
	socket := filepath.Join(folder, "bus")
	if _, err := os.Stat(socket); err != nil {
		return "", errNoBus
	}
	return "unix:path=" + dbus.EscapeBusAddressValue(socket), nil
}
