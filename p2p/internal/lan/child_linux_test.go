package lan

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/zeroconf/v2"
	ma "github.com/multiformats/go-multiaddr"
	"go.uber.org/goleak"
)

// The tests of net_linux_test.go run this test binary again inside network
// namespaces, as one of these roles: it prints a line for what happens, reads a
// line for what to do, and ends with its input.

const roleVar = "GROVE_LAN_TEST_ROLE"

var roles = map[string]func(out func(string, ...any), in *bufio.Scanner, args []string){
	"grove": groveRole, "sniff": sniffRole, "send": sendRole, "churn": churnRole, "slow": slowRole, "zeroconf": zeroconfRole,
}

func TestMain(m *testing.M) {
	role := strings.Fields(os.Getenv(roleVar))
	if len(role) == 0 {
		goleak.VerifyTestMain(m)
		return
	}
	var mu sync.Mutex
	out := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Printf(format+"\n", args...)
	}
	roles[role[0]](out, bufio.NewScanner(os.Stdin), role[1:])
}

// groveRole is a Grove: grove <bind or -> <time between looks>. It
// listens everywhere, on port 4001.
func groveRole(out func(string, ...any), in *bufio.Scanner, args []string) {
	id := newID(noTest{})
	out("id %s", id)
	bind := strings.TrimPrefix(args[0], "-")
	every, _ := time.ParseDuration(args[1])
	listen := multiaddrs(noTest{}, "/ip4/0.0.0.0/tcp/4001", "/ip6/::/udp/4001/quic-v1")
	began := time.Now()
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	s, err := start(Config{
		ID: id, Bind: bind, Log: log,
		Addrs: func() []ma.Multiaddr { return listen },
		Found: func(info peer.AddrInfo) {
			out("found %s %s %s", info.ID, time.Since(began).Round(time.Millisecond), texts(info.Addrs))
		},
	}, system{bind, log}, every)
	if err != nil {
		panic(err)
	}
	for in.Scan() {
		s.Ask()
	}
	s.Close()
	runtime.GC()
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	out("closed, with %d MiB from the system", mem.Sys>>20)
}

// noTest lets helpers of tests be used outside of one.
type noTest struct{ testing.TB }

func (noTest) Helper()           {}
func (noTest) Fatal(args ...any) { panic(fmt.Sprint(args...)) }

// sniffRole prints every mDNS packet on an interface, or with "all" every UDP
// packet: in or out, source, hop limit, length, and what it is.
func sniffRole(out func(string, ...any), in *bufio.Scanner, args []string) {
	itf, err := net.InterfaceByName(args[0])
	if err != nil {
		panic(err)
	}
	const all = 0x0300 // ETH_P_ALL in network order
	fd, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_DGRAM, all)
	if err != nil {
		panic(err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrLinklayer{Protocol: all, Ifindex: itf.Index}); err != nil {
		panic(err)
	}
	out("ready")
	go func() {
		b := make([]byte, 1<<16)
		for {
			n, from, err := syscall.Recvfrom(fd, b, 0)
			if err != nil {
				panic(err)
			}
			src, hops, udp := parseIP(b[:n])
			if len(udp) < 8 || binary.BigEndian.Uint16(udp) != port && binary.BigEndian.Uint16(udp[2:]) != port {
				continue
			}
			way, what := "in", "question"
			if from.(*syscall.SockaddrLinklayer).Pkttype == syscall.PACKET_OUTGOING {
				way = "out"
			}
			if udp[10]&0x80 != 0 {
				what = "answer"
				if m, err := hear(udp[8:], ""); err == nil && len(m.told) > 0 && m.told[0].life == 0 {
					what = "goodbye"
				}
			}
			out("%s %s %d %d %s", way, src, hops, len(udp)-8, what)
		}
	}()
	for in.Scan() {
	}
}

// parseIP is the UDP part of an IP packet, if that follows at once.
func parseIP(b []byte) (src netip.Addr, hops byte, udp []byte) {
	switch {
	case len(b) > 28 && b[0]>>4 == 4 && b[9] == syscall.IPPROTO_UDP:
		src, _ = netip.AddrFromSlice(b[12:16])
		return src, b[8], b[int(b[0]&15)*4:]
	case len(b) > 48 && b[0]>>4 == 6 && b[6] == syscall.IPPROTO_UDP:
		src, _ = netip.AddrFromSlice(b[8:24])
		return src, b[7], b[40:]
	}
	return netip.Addr{}, 0, nil
}

// sendRole joins the mDNS group of an interface, as other programs do, and
// sends what it is told: "ask" the group, or "ask <address>" alone, wanting
// the answer alone, or "flood".
func sendRole(out func(string, ...any), in *bufio.Scanner, args []string) {
	itf, err := net.InterfaceByName(args[0])
	if err != nil {
		panic(err)
	}
	group := &net.UDPAddr{IP: group4, Port: port}
	conn, err := net.ListenMulticastUDP("udp4", itf, group)
	if err != nil {
		panic(err)
	}
	defer conn.Close()
	out("ready")
	for in.Scan() {
		if in.Text() == "flood" {
			flood(conn, group)
			out("flooded")
			continue
		}
		to, class := group, uint16(classIN)
		if words := strings.Fields(in.Text()); len(words) > 1 {
			to, class = &net.UDPAddr{IP: net.ParseIP(words[1]), Port: port}, classIN|flush
		}
		if _, err := conn.WriteTo(question(service, typePTR, class), to); err != nil {
			out("failed %v", err)
		}
	}
}

// flood sends 8,000 announcements of nobody, and 100 of the largest packets
// there are, which hold records that belong to one another.
func flood(conn *net.UDPConn, group *net.UDPAddr) {
	bomb := packer{at: map[string]int{}}
	bomb.header(flagsAnswer)
	for i := 0; len(bomb.b) < 50000; i++ {
		bomb.at = map[string]int{service: 0x4000, domain: 0x4000}
		bomb.record(fmt.Sprint("n", i), typeSRV, classIN, 1<<31-1, func() { bomb.words(0, 0, 1); bomb.text("h") })
		bomb.record("h", typeA, classIN, 1<<31-1, func() { bomb.words(0xa4d, 2) })
	}
	binary.BigEndian.PutUint16(bomb.b[6:], bomb.records)
	for i := range 8000 {
		id := peer.ID(binary.BigEndian.AppendUint64([]byte("\x00\x24\x08\x01\x12\x20012345678901234567890123"), uint64(i)))
		b := self{fmt.Sprint("x", i), id, multiaddrs(noTest{}, "/ip4/10.77.0.9/tcp/1")}.answer(true)
		if i%80 == 0 {
			b = bomb.b
		}
		if _, err := conn.WriteTo(b, group); err != nil {
			panic(err)
		}
	}
}

// slowRole closes a socket while what it heard, of itself, is being read.
func slowRole(out func(string, ...any), in *bufio.Scanner, args []string) {
	net := system{args[0], slog.New(slog.DiscardHandler)}
	segs, err := net.segments()
	if err != nil || len(segs) != 1 {
		panic(fmt.Sprint(segs, err))
	}
	reading, read, closed := make(chan struct{}), make(chan struct{}), make(chan struct{})
	sock, err := net.open(segs[0], false, func(netip.Addr, []byte) { close(reading); <-read })
	if err != nil {
		panic(err)
	}
	if err := sock.Send([]byte("hello")); err != nil {
		panic(err)
	}
	<-reading
	go func() { sock.Close(); close(closed) }()
	select {
	case <-closed:
		out("closed too early")
	case <-time.After(200 * time.Millisecond):
		close(read)
		<-closed
		out("closed in time")
	}
}

// churnRole starts and stops a Grove many times and counts what is left.
func churnRole(out func(string, ...any), in *bufio.Scanner, args []string) {
	id := newID(noTest{})
	once := func(wait time.Duration) {
		s, err := Start(Config{ID: id, Log: slog.New(slog.DiscardHandler), Found: func(peer.AddrInfo) {},
			Addrs: func() []ma.Multiaddr { return multiaddrs(noTest{}, "/ip4/0.0.0.0/tcp/4001") }})
		if err != nil {
			panic(err)
		}
		s.Ask()
		time.Sleep(wait)
		s.Close()
	}
	files := func() int {
		all, _ := os.ReadDir("/proc/self/fd")
		return len(all)
	}
	once(time.Millisecond)
	before := files()
	for i := range 50 {
		once(time.Duration(i) * time.Millisecond)
	}
	out("left %d files %v", files()-before, goleak.Find())
}

// zeroconfRole is another implementation: it announces a peer that it is
// given, and prints the TXT strings it finds.
func zeroconfRole(out func(string, ...any), in *bufio.Scanner, args []string) {
	itf, err := net.InterfaceByName(args[0])
	if err != nil {
		panic(err)
	}
	server, err := zeroconf.RegisterProxy("another", "_grove._udp", "local", 4001, "another", []string{"10.77.0.2"}, args[1:], []net.Interface{*itf})
	if err != nil {
		panic(err)
	}
	defer server.Shutdown()
	ctx, cancel := context.WithCancel(context.Background())
	entries := make(chan *zeroconf.ServiceEntry)
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := zeroconf.Browse(ctx, "_grove._udp", "local", entries, zeroconf.SelectIfaces([]net.Interface{*itf})); err != nil {
			panic(err)
		}
	})
	wg.Go(func() {
		for e := range entries {
			if e.Instance != "another" {
				out("entry %d %v %v %s", e.Port, e.AddrIPv4, e.AddrIPv6, strings.Join(e.Text, " "))
			}
		}
	})
	for in.Scan() {
	}
	cancel()
	wg.Wait()
}
