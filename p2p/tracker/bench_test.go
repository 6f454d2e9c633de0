package tracker

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"grove/storage/announces"
)

// BenchmarkAnnounces is the tracker as it runs: real HTTP over kept-alive TCP
// connections, another process that sends, every announce of another peer with
// its own signature, which is checked, all kept in bolt, fifty peers in every
// answer. The server has one processor.
//
//	go test -tags ci,test -run '^$' -bench Announces -benchtime 20000x ./p2p/tracker
func BenchmarkAnnounces(b *testing.B) {
	s := benchServer(b)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	srv := httptest.NewServer(s)
	defer srv.Close()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childEnv+"="+srv.URL+" "+strconv.Itoa(b.N))
	child.Stderr = os.Stderr
	in, err := child.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := child.Start(); err != nil {
		b.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	next := func(want string) {
		if !lines.Scan() || lines.Text() != want {
			b.Errorf("the sender says %q", lines.Text())
		}
	}
	next("ready")
	b.ResetTimer()
	cpu := cpuTime()
	fmt.Fprintln(in, "go")
	next("done")
	cpu = cpuTime() - cpu
	b.StopTimer()
	if err := child.Wait(); err != nil {
		b.Error(err)
	}
	if s.table.live != b.N {
		b.Errorf("%d of %d were taken", s.table.live, b.N)
	}
	b.ReportMetric(float64(b.N)/cpu.Seconds(), "announces/cpu-s")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "announces/s")
}

// BenchmarkHandler is the same without a network, on one processor.
func BenchmarkHandler(b *testing.B) {
	s := benchServer(b)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	reqs := make([]*http.Request, b.N)
	for i := range reqs {
		reqs[i] = benchRequest(b, testBase, i)
		reqs[i].RemoteAddr = "127.0.0.1:1"
	}
	b.ReportAllocs()
	b.ResetTimer()
	cpu := cpuTime()
	for _, r := range reqs {
		w := httptest.NewRecorder()
		if s.ServeHTTP(w, r); w.Code != 200 {
			b.Fatal(w.Code, w.Body)
		}
	}
	b.ReportMetric(float64(b.N)/(cpuTime()-cpu).Seconds(), "announces/cpu-s")
}

// BenchmarkAsk is asking in a swarm of 100,000.
func BenchmarkAsk(b *testing.B) {
	s := benchServer(b)
	s.table, _ = fill(b, 100_000, benchPlace)
	s.table.limits.Rate, s.table.sources.limits.Rate = 1e9, 1e9
	r := httptest.NewRequest("GET", "/routing/v1/providers/"+CID(testKey), nil)
	r.RemoteAddr = "50.3.1.1:1"
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		if s.ServeHTTP(w, r); w.Code != 200 {
			b.Fatal(w.Code)
		}
	}
}

// BenchmarkSignature is the part of it that cannot be saved.
func BenchmarkSignature(b *testing.B) {
	body := anyone(b, 1, "9.1.1.1").seal(b)
	for b.Loop() {
		if _, err := open(body); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMemory tells what a full tracker needs, in the two worst shapes.
func BenchmarkMemory(b *testing.B) {
	const n = 200_000
	for name, keys := range map[string]int{"one key": 1, "each its key": n} {
		b.Run(name, func(b *testing.B) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			tab := newTable(Limits{PerAddress: n}.withDefaults(), nil)
			now := time.Now()
			p := anyone(b, 1, "9.1.1.1")
			for i := range n {
				ip, _ := benchPlace(i)
				id := []byte(p.id)
				binary.BigEndian.PutUint32(id[10:], uint32(i))
				from := netip.MustParseAddr(ip)
				list := []string{at(from), fmt.Sprintf("/ip4/%s/udp/4001/quic-v1", ip)}
				if _, _, err := tab.put(update{key: [32]byte{byte(i % keys), byte(i % keys >> 8), byte(i % keys >> 16)}, id: peer.ID(id),
					from: from, addrs: joinAddrs(list), until: now.Add(time.Hour)}, now); err != nil {
					b.Fatal(err)
				}
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MiB")
			runtime.KeepAlive(tab)
		})
	}
}

// benchPlace spreads peers over 200 providers and their networks.
func benchPlace(i int) (ip string, complete bool) {
	return fmt.Sprintf("%d.%d.%d.%d", 11+i%80, i/80%16, i/1280%64, 1+i/81920%200), i%3 == 0
}

func benchServer(b *testing.B) *Server {
	book, err := announces.Open(b.TempDir(), time.Now())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { book.Close() })
	return newServer(b, func(c *ServerConfig) {
		c.Book = book
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
		c.Limits.Announces = max(b.N, 200_000)
	})
}

// benchRequest is the announce of peer number i, one of 32 swarms, with two
// addresses.
func benchRequest(t testing.TB, url string, i int) *http.Request {
	ip, complete := benchPlace(i)
	p := anyone(t, i, ip)
	body := p.seal(t, func(st *statement) {
		st.Key, st.Complete = CID([32]byte{byte(i % 32)}), complete
		st.Addrs = append(st.Addrs, fmt.Sprintf("/ip4/%s/udp/4001/quic-v1", ip))
	})
	r, err := http.NewRequest("POST", url+"grove/v1/announce", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Forwarded-For", ip)
	return r
}

const childEnv = "GROVE_TEST_TRACKER_SENDER"

// childMain makes this test program the sender of BenchmarkAnnounces, if it was
// started as that.
func childMain() bool {
	url, count, ok := strings.Cut(os.Getenv(childEnv), " ")
	if !ok {
		return false
	}
	n, _ := strconv.Atoi(count)
	var failure error
	var t testing.T // for its Fatal, which is not reached
	reqs := make(chan *http.Request, n)
	for i := range n {
		reqs <- benchRequest(&t, url+"/", i)
	}
	close(reqs)
	fmt.Println("ready")
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	var work sync.WaitGroup
	var mu sync.Mutex
	for range 8 {
		work.Go(func() {
			for r := range reqs {
				if err := send(r); err != nil {
					mu.Lock()
					failure = err
					mu.Unlock()
				}
			}
		})
	}
	work.Wait()
	if failure != nil {
		fmt.Println(failure)
	} else {
		fmt.Println("done")
	}
	return true
}

var sender = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}

func send(r *http.Request) error {
	resp, err := sender.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != 200 {
		err = fmt.Errorf("%d %s", resp.StatusCode, b)
	}
	return err
}
