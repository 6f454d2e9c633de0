package doctor

import (
	"os"
	"strconv"
	"strings"
)

// wantBuffer is what QUIC asks the system for (quic-go).
const wantBuffer = 7 << 20

// buffers are the most that a socket may ask for.
func buffers() (out []Buffer) {
	for _, name := range []string{"net.core.rmem_max", "net.core.wmem_max"} {
		b, err := os.ReadFile("/proc/sys/" + strings.ReplaceAll(name, ".", "/"))
		if err != nil {
			continue // a namespace or a container that hides it
		}
		if n, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64); err == nil {
			out = append(out, Buffer{name, n, wantBuffer})
		}
	}
	return out
}
