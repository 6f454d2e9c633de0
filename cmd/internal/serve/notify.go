package serve

import (
	"net"
	"os"
	"strings"
)

// notify tells the service manager that started this process how it is, as
// sd_notify(3) does: lines such as READY=1, in one datagram to the socket that
// NOTIFY_SOCKET names. Without one nobody wants to know.
func notify(lines ...string) error {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return nil
	}
	// A name that begins with @ is in Linux's abstract space; net knows.
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return err
	}
	_, err = conn.Write([]byte(strings.Join(lines, "\n")))
	if e := conn.Close(); err == nil {
		err = e
	}
	return err
}
