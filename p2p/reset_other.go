//go:build !windows

package p2p

import "syscall"

const connReset, connRefused = syscall.ECONNRESET, syscall.ECONNREFUSED
