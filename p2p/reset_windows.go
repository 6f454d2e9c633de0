package p2p

import "syscall"

// The numbers that sockets fail with; syscall.ECONNRESET is one that no socket
// has.
const connReset, connRefused = syscall.WSAECONNRESET, syscall.Errno(10061)
