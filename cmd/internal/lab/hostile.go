package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"strings"

	"github.com/libp2p/go-libp2p"
	pb "github.com/libp2p/go-libp2p-kad-dht/pb"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-msgio/pbio"
	ma "github.com/multiformats/go-multiaddr"
)

// A tracker and a hash table that know nobody, and lead everybody who asks to
// one victim, under names and ports that they make up.

const (
	hostilePort  = "8082"
	fromTracker  = 50  // peers in an answer of the tracker
	fromTable    = 200 // providers in an answer of the table
	liars        = 5   // computers of the table
	firstLiePort = 5001
)

// lie is a peer that nobody is, at the victim.
func lie(victim string, n int) (peer.AddrInfo, error) {
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return peer.AddrInfo{}, err
	}
	key, err := crypto.UnmarshalEd25519PublicKey(public)
	if err != nil {
		return peer.AddrInfo{}, err
	}
	id, err := peer.IDFromPublicKey(key)
	if err != nil {
		return peer.AddrInfo{}, err
	}
	port := 1024 + n%60000
	var addrs []ma.Multiaddr
	for _, s := range []string{fmt.Sprintf("%s/tcp/%d", victim, port), fmt.Sprintf("%s/udp/%d/quic-v1", victim, port)} {
		a, err := ma.NewMultiaddr(s)
		if err != nil {
			return peer.AddrInfo{}, err
		}
		addrs = append(addrs, a)
	}
	return peer.AddrInfo{ID: id, Addrs: addrs}, nil
}

// playTracker answers whatever it is asked with peers at args[0], the
// beginning of a multiaddr.
func playTracker(ctx context.Context, args []string) error {
	told := 0
	return serveHTTP(ctx, ":"+hostilePort, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		type record struct {
			Schema string
			ID     string
			Addrs  []string
		}
		var answer struct {
			Providers []record
			Grove     struct{ Swarm, Complete, Again, Life int }
		}
		for range fromTracker {
			told++
			i, err := lie(args[0], told)
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			one := record{Schema: "peer", ID: i.ID.String()}
			for _, a := range i.Addrs {
				one.Addrs = append(one.Addrs, a.String())
			}
			answer.Providers = append(answer.Providers, one)
		}
		answer.Grove.Swarm, answer.Grove.Complete, answer.Grove.Again, answer.Grove.Life = 1<<20, 1<<20, 1, 3600
		fmt.Println("asked", r.Method, r.URL.Path)
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer) // whoever asked may have gone
	}))
}

// playTable is a hash table of liars at args[0], pointing at args[1].
func playTable(ctx context.Context, args []string) error {
	var addrs []string
	for i := range liars {
		h, err := libp2p.New(libp2p.ListenAddrStrings(fmt.Sprintf("%s/tcp/%d", args[0], firstLiePort+i)), libp2p.DisableRelay())
		if err != nil {
			return err
		}
		defer h.Close()
		h.SetStreamHandler(protocol.ID(tablePrefix+"/kad/1.0.0"), func(st network.Stream) { answerWithLies(st, args[1]) })
		addrs = append(addrs, h.Addrs()[0].String()+"/p2p/"+h.ID().String())
	}
	fmt.Println("ready", strings.Join(addrs, " "))
	<-ctx.Done()
	return nil
}

// answerWithLies answers one stream of questions.
func answerWithLies(st network.Stream, victim string) {
	defer st.Close()
	in, out := pbio.NewDelimitedReader(st, 1<<20), pbio.NewDelimitedWriter(st)
	for n := 0; ; {
		var m pb.Message
		if in.ReadMsg(&m) != nil {
			return
		}
		fmt.Println("asked", m.GetType())
		a := pb.NewMessage(m.GetType(), m.GetKey(), 0)
		if m.GetType() == pb.Message_GET_PROVIDERS || m.GetType() == pb.Message_FIND_NODE {
			var all []peer.AddrInfo
			for range fromTable {
				n++
				i, err := lie(victim, n)
				if err != nil {
					return
				}
				all = append(all, i)
			}
			a.CloserPeers = pb.RawPeerInfosToPBPeers(all[:20])
			if m.GetType() == pb.Message_GET_PROVIDERS {
				a.ProviderPeers = pb.RawPeerInfosToPBPeers(all)
			}
		}
		if out.WriteMsg(a) != nil {
			return
		}
	}
}

// victimRules count what comes to the victim, and to which ports: the liars
// give every peer another.
const victimRules = `table inet lab {
 counter v_syn { }
 counter v_udp { }
 counter v_other { }
 set ports_tcp { type inet_service; flags dynamic; size 65535; }
 set ports_udp { type inet_service; flags dynamic; size 65535; }
 chain i { type filter hook input priority 0; iifname "lo" return
  tcp flags & (syn | ack) == syn add @ports_tcp { tcp dport } counter name v_syn drop
  meta l4proto udp add @ports_udp { udp dport } counter name v_udp drop
  meta l4proto icmpv6 accept
  counter name v_other
 }
}
`

// ports is how many ports a set of the rules has.
func (s *space) ports(set string) int {
	out, err := exec.CommandContext(s.w.ctx, "ip", "netns", "exec", s.name, "nft", "-j", "list", "set", "inet", "lab", set).Output()
	s.w.must(err)
	var list struct {
		Nftables []struct {
			Set struct {
				Elem []any `json:"elem"`
			} `json:"set"`
		} `json:"nftables"`
	}
	s.w.must(json.Unmarshal(out, &list))
	n := 0
	for _, e := range list.Nftables {
		n += len(e.Set.Elem)
	}
	return n
}

// hostile: an origin of limited rate, and finders that lie.
func hostile(t *trial) {
	t.in("hostile", true, false, func(w *world) {
		const size = 32 * mib
		origin, liar, victim := w.outside("origin", 20), w.outside("liar", 0), w.outside("victim", 0)
		victim.nft(victimRules)
		base := origin.origin(origin.path("www"))
		file := origin.file("www/film.mp4", size)
		_, link := origin.published(file, base, "--tracker", "http://"+liar.host()+":"+hostilePort+"/")
		lying, _ := liar.part("tracker", victim.multiaddr())
		table, addrs := liar.part("table", liar.multiaddr(), victim.multiaddr())
		home := w.home("a", portRestricted, 1).in[0]
		settings := []string{"network.dht.prefix=" + tablePrefix}
		for _, a := range strings.Fields(addrs) {
			settings = append(settings, "network.dht.bootstrap="+a)
		}
		home.set(settings...)
		took := map[string][]float64{}
		for i := range 4 {
			home.finders = []string{"none", ""}[i%2]
			get := home.get(link, "-o", fmt.Sprintf("film-%d.mp4", i))
			_, whole, _ := home.arrivedAs(get, file, fmt.Sprintf("film-%d.mp4", i), soon)
			took[home.finders] = append(took[home.finders], whole.Seconds())
			get.exit(soon)
		}
		alone, lied := min(took["none"][0], took["none"][1]), min(took[""][0], took[""][1])
		asked := strings.Count(lying.all(), "asked") + strings.Count(table.all(), "asked")
		ratio := lied / alone
		t.shows(ratio <= 1.1 && asked > 0, "time with finders that lie, against none", "at most 1.10", "%.3f (%.2f s, %.2f s; they were asked %d times)", ratio, lied, alone, asked)
		c := victim.counters()
		tcp, udp := victim.ports("ports_tcp"), victim.ports("ports_udp")
		t.shows(tcp > 0 && tcp <= 2*3 && udp <= 2*3 && c["v_other"].Packets == 0, "dials that reach the victim, in two downloads", "each at most 3 by TCP and 3 by QUIC an hour",
			"%d and %d (%d SYN, %d datagrams)", tcp, udp, c["v_syn"].Packets, c["v_udp"].Packets)
	})
}
