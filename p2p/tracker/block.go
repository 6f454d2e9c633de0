package tracker

import (
	"encoding/binary"
	"net/netip"
)

// levels is how many sizes of block nearness has.
const levels = 3

// block is a part of the address space: at level 0 one household (an IPv4
// address, an IPv6 /64), at 1 a neighbourhood (/24, /48), at 2 roughly a
// provider (/16, /32).
type block struct {
	bits uint64 // the prefix, at the low end
	kind uint8  // family and level
}

var (
	blockBits4 = [levels]int{32, 24, 16}
	blockBits6 = [levels]int{64, 48, 32}
)

// blockOf is the block of a level that ip lies in.
func blockOf(ip netip.Addr, level int) block {
	if ip.Is4() {
		b := ip.As4()
		return block{uint64(binary.BigEndian.Uint32(b[:])) >> (32 - blockBits4[level]), uint8(level)}
	}
	b := ip.As16()
	return block{binary.BigEndian.Uint64(b[:8]) >> (64 - blockBits6[level]), uint8(levels + level)}
}

// distance is the first level at which a and b are in one block, levels for
// none.
func distance(a, b netip.Addr) int {
	for l := range levels {
		if blockOf(a, l) == blockOf(b, l) {
			return l
		}
	}
	return levels
}
