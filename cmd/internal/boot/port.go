package boot

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A link names the address of the computer that shares, so the port must be
// the same after a restart. It is chosen once for a data folder, below the
// ports that systems hand out by themselves.
const (
	portFile   = "port"
	firstPort  = 10_000
	behindPort = 32_768
)

// listenAddrs are the addresses with this data folder's own port.
func listenAddrs(data string) []string {
	port := savedPort(data)
	return []string{
		fmt.Sprintf("/ip4/0.0.0.0/tcp/%d", port), fmt.Sprintf("/ip4/0.0.0.0/udp/%d/quic-v1", port),
		fmt.Sprintf("/ip6/::/tcp/%d", port), fmt.Sprintf("/ip6/::/udp/%d/quic-v1", port),
	}
}

// savedPort reads the port, or chooses one. One that cannot be saved is still
// good for this run.
func savedPort(data string) int {
	path := filepath.Join(data, portFile)
	if b, err := os.ReadFile(path); err == nil {
		if n, err := strconv.Atoi(strings.TrimSpace(string(b))); err == nil && n >= 1024 && n < 1<<16 {
			return n
		}
	}
	n := firstPort + rand.IntN(behindPort-firstPort)
	_ = os.WriteFile(path, []byte(strconv.Itoa(n)+"\n"), 0o600)
	return n
}
