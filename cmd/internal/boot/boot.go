// Package boot joins the rooms: it opens the data folder, starts the node and
// the HTTP client, runs the engine over them, and has the local API answer for
// it. Both programs use it, and nothing else does this.
//
// A Grove has one goroutine of its own, which runs the engine, and those of the
// local API; Close ends them and everything below in the one order that loses
// nothing: who asks, then the engine (it closes payloads and saves), then what
// it used.
package boot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/adrg/xdg"
	"golang.org/x/time/rate"

	"grove/app"
	"grove/cmd/internal/local"
	"grove/p2p"
	"grove/p2p/mirror"
	"grove/p2p/netmap"
	"grove/p2p/room"
	"grove/storage"
)

// Names of what boot itself keeps in the data folder.
const (
	deviceKey = "device.key"
	mapFile   = "network.grovemap"
)

// Options are what differs between one start and another. The zero value is
// an ordinary start, by the saved settings.
type Options struct {
	Data string // --data; "" is what Folder finds
	// LocalOnly keeps everything on this computer and its local network. It is
	// also on when GROVE_LOCAL_ONLY is 1.
	LocalOnly bool
	NoPeers   bool        // no node: nothing listens, and nothing is shared
	Server    *p2p.Server // not nil: a node that many depend on
	Listen    []string    // multiaddrs; nil is every interface, on the data folder's own port
	// DHT takes the settings' place where it is not nil. It may be a network that
	// nobody is in yet.
	DHT *app.DHT
	// UploadLimit and DownloadLimit are bytes a second over everything; 0 is what
	// the settings say.
	UploadLimit, DownloadLimit int64
	// Around tells what is around the computer; nil: nobody does, and it does
	// not matter. GROVE_AROUND takes its place.
	Around    func(ctx context.Context, tell func(app.Surroundings))
	UserAgent string
	Built     time.Time    // of this program; a clock behind it is wrong
	Log       *slog.Logger // of the network and the engine; nil is none
}

// Grove is everything that runs. The fields are safe for concurrent use and
// not to be closed by themselves.
type Grove struct {
	Engine  *app.Engine
	Store   *storage.Store
	Node    *p2p.Node // nil without peers
	Mirrors *mirror.Client
	Reach   app.Reach
	Finders app.Finders // that are in use; all off without a node
	Data    string      // the data folder, absolute

	bound string        // what a Node is bound to
	local *local.Server // nil where there can be no socket
	maps  netmap.Config // Where is "" without a map, and without peers
	room  *room.Room    // on the line, for downloads; nil: whatever it takes
	stop  context.CancelFunc
	ended sync.WaitGroup // the engine, and what keeps the network map and the room
}

// line is what Node knows of the line.
func (g *Grove) line() local.Line {
	if g.Node == nil {
		return local.Line{}
	}
	return local.Line(g.Node.Line())
}

// Alone is why Node reaches nobody now, or nil: the interface that everything
// goes through is not there.
func (g *Grove) Alone() *app.Problem { return app.AsProblem(p2p.CheckBind(g.bound)) }

// Folder is the data folder: given, else GROVE_DATA, else the system's place
// for program data. It is absolute and need not exist.
func Folder(given string) (string, error) {
	if given == "" {
		given = os.Getenv("GROVE_DATA")
	}
	if given == "" {
		given = filepath.Join(xdg.DataHome, "grove")
	}
	folder, err := filepath.Abs(given)
	if err != nil {
		return "", app.NewProblem(app.BadInput, "The data folder cannot be found", err)
	}
	return folder, nil
}

// LocalOnly reports whether the environment asks for local-only mode.
func LocalOnly() bool { return os.Getenv("GROVE_LOCAL_ONLY") == "1" }

// finders are those of the settings, unless GROVE_FINDERS names others: some of
// lan, tracker, exchange and dht with commas between them, or none.
func finders(set app.Finders) (app.Finders, error) {
	named, ok := os.LookupEnv("GROVE_FINDERS")
	if !ok {
		return set, nil
	}
	set = app.Finders{}
	for name := range strings.SplitSeq(named, ",") {
		switch strings.TrimSpace(name) {
		case "lan":
			set.LAN = true
		case "tracker":
			set.Tracker = true
		case "exchange":
			set.Exchange = true
		case "dht":
			set.DHT = true
		case "none", "":
		default:
			return set, app.NewProblem(app.BadInput, fmt.Sprintf("GROVE_FINDERS is %q, not some of lan, tracker, exchange and dht, or none", named), nil)
		}
	}
	return set, nil
}

// around is how it is found out what is around, unless GROVE_AROUND says what
// is: some of battery, metered, vpn and full-screen with commas between them,
// or none.
func around(ask func(context.Context, func(app.Surroundings))) (func(context.Context, func(app.Surroundings)), error) {
	named, ok := os.LookupEnv("GROVE_AROUND")
	if !ok || ask == nil {
		return ask, nil
	}
	var said app.Surroundings
	for name := range strings.SplitSeq(named, ",") {
		switch strings.TrimSpace(name) {
		case "battery":
			said.Battery = app.Yes
		case "metered":
			said.Metered = app.Yes
		case "vpn":
			said.VPN = app.Yes
		case "full-screen":
			said.FullScreen = app.Yes
		case "none", "":
		default:
			return nil, app.NewProblem(app.BadInput, fmt.Sprintf("GROVE_AROUND is %q, not some of battery, metered, vpn and full-screen, or none", named), nil)
		}
	}
	return func(ctx context.Context, tell func(app.Surroundings)) { tell(said) }, nil
}

// CheckPeer reports whether s is an address a peer can have; the error is a
// BadInput problem. Whether it may be dialled is another question.
func CheckPeer(s string) error { return p2p.CheckPeer(s) }

// OpenStore opens the data folder alone, for commands that start nothing. The
// caller closes it. Errors are problems, StoreInUse among them.
func OpenStore(ctx context.Context, data string) (*storage.Store, error) {
	folder, err := Folder(data)
	if err != nil {
		return nil, err
	}
	s, err := storage.Open(folder, storage.Options{Probe: func(path string) error { return probeInChild(ctx, path) }})
	if err == nil && ctx.Err() != nil {
		return nil, errors.Join(app.NewProblem(app.Stopped, "Grove", ctx.Err()), s.Close())
	}
	return s, err
}

// Start opens the data folder and starts everything. ctx bounds the start
// only; what was started runs until Close.
func Start(ctx context.Context, o Options) (*Grove, error) {
	g := &Grove{Reach: app.Reach{LocalOnly: o.LocalOnly || LocalOnly()}}
	var err error
	if g.Data, err = Folder(o.Data); err != nil {
		return nil, err
	}
	if g.Store, err = OpenStore(ctx, g.Data); err != nil {
		return nil, err
	}
	cfg, err := g.reachOut(o)
	if err != nil {
		return nil, errors.Join(err, g.Store.Close())
	}
	g.Engine = app.New(cfg)
	var run context.Context
	run, g.stop = context.WithCancel(context.WithoutCancel(ctx))
	g.ended.Go(func() { g.Engine.Run(run) })
	if g.room != nil {
		g.ended.Go(func() { g.room.Keep(run) })
	}
	if g.maps.Where != "" {
		g.ended.Go(func() { netmap.Keep(run, g.maps) })
	}
	if g.local, err = local.Serve(g.Data, g.Engine, g.Store, g.Node != nil, g.line); err != nil && o.Log != nil {
		o.Log.Warn("no local API: other commands cannot ask this Grove", "err", err)
	}
	return g, nil
}

// reachOut starts what the settings and o allow of the network, and returns
// what an engine over it is made of.
func (g *Grove) reachOut(o Options) (app.Config, error) {
	// The engine says in its log why settings cannot be used.
	set, _ := app.LoadSettings(g.Store)
	net := set.Network
	if o.DHT != nil {
		net.DHT = *o.DHT
	}
	var err error
	if net.Finders, err = finders(net.Finders); err != nil {
		return app.Config{}, err
	}
	proxy, err := net.ProxyURL()
	if err != nil {
		return app.Config{}, err
	}
	g.Reach.LocalOnly = g.Reach.LocalOnly || net.LocalOnly
	cfg := app.Config{
		Store: g.Store, Built: o.Built, Seed: rand.Uint64(), Log: o.Log,
		Down: app.NewLimiter(0), Up: app.NewLimiter(0),
		Limits: app.Limits{Down: o.DownloadLimit, Up: o.UploadLimit},
	}
	if cfg.Around, err = around(o.Around); err != nil {
		return app.Config{}, err
	}
	if net.Gentle {
		g.room = room.New(o.Log)
		cfg.Room = g.room // only here: a nil *room.Room would be a Room that is not nil
	}
	if net.Bind != "" {
		cfg.Line = func(ctx context.Context, tell func(*app.Problem)) { p2p.WatchBind(ctx, net.Bind, tell) }
	}
	if !o.NoPeers && net.Peers && (proxy == nil || net.PeersPastProxy) {
		if g.Node, err = startNode(g, o, net, proxy, cfg.Up); err != nil {
			return app.Config{}, nodeProblem(err)
		}
		g.Finders, g.bound = net.Finders, net.Bind
		cfg.Swarm = g.Node // only here: a nil *Node would be a Swarm that is not nil
	}
	m := mirror.Config{Reach: g.Reach, UserAgent: o.UserAgent, Proxy: proxy, Bind: net.Bind, Room: g.room}
	if g.Node != nil {
		m.Near = g.Node.Nearness
		g.maps = netmap.Config{File: filepath.Join(g.Data, mapFile), Reach: g.Reach, Proxy: proxy, Bind: net.Bind, UserAgent: o.UserAgent,
			Log: o.Log, Use: g.Node.GoBy}
		if g.maps.Where, g.maps.Key, err = net.MapSource(); err != nil {
			return app.Config{}, errors.Join(err, g.Node.Close())
		}
	}
	g.Mirrors = mirror.New(m)
	cfg.Mirrors = g.Mirrors
	return cfg, nil
}

// Restore puts every saved transfer back on the list, in its order; those that
// were under way go on.
func (g *Grove) Restore(ctx context.Context) error {
	all, err := g.Store.LoadTransfers()
	if err != nil {
		return err
	}
	for _, rec := range all {
		if err := g.Engine.Restore(ctx, rec); err != nil {
			return err
		}
	}
	return nil
}

// Settings are those of a data folder, where nothing is changed: the defaults
// where there is none yet. StoreInUse while a Grove has it.
func Settings(ctx context.Context, data string) (app.Settings, error) {
	folder, err := Folder(data)
	if err != nil {
		return app.Settings{}, err
	}
	if found, err := storage.Exists(folder); err != nil || !found {
		return app.DefaultSettings(), err
	}
	s, err := OpenStore(ctx, folder)
	if err != nil {
		return app.Settings{}, err
	}
	set, err := app.LoadSettings(s)
	return set, errors.Join(err, s.Close())
}

// Passing starts a node for one task: with an identity and ports of its own for
// this run, without limits, and with nothing on disk. It reaches others as net
// says; BadInput where that is not at all, NoInterface where its interface is not there.
func Passing(net app.Network, log *slog.Logger) (*p2p.Node, error) {
	proxy, err := net.ProxyURL()
	if err != nil {
		return nil, err
	}
	if !net.Peers || proxy != nil && !net.PeersPastProxy {
		return nil, app.NewProblem(app.BadInput, "The settings keep Grove from reaching other people", nil)
	}
	if err := p2p.CheckBind(net.Bind); err != nil {
		return nil, err // who waits for one task does not wait for an interface
	}
	if net.Finders, err = finders(net.Finders); err != nil {
		return nil, err
	}
	net.Unpaced = false
	cfg := nodeConfig(Options{Log: log, UserAgent: "Grove"}, net, proxy, app.Reach{LocalOnly: net.LocalOnly || LocalOnly()}, nil)
	n, err := p2p.New(cfg)
	if err != nil {
		return nil, nodeProblem(err)
	}
	return n, nil
}

func nodeConfig(o Options, net app.Network, proxy *url.URL, reach app.Reach, way *room.Room) p2p.Config {
	return p2p.Config{
		Listen:    o.Listen,
		Bind:      net.Bind,
		Reach:     reach,
		Log:       o.Log,
		Finders:   net.Finders,
		Relays:    net.Relays,
		DHT:       net.DHT,
		Mapping:   net.Mapping,
		Unpaced:   net.Unpaced,
		Room:      way,
		Proxy:     proxy,
		UserAgent: o.UserAgent,
		Server:    o.Server,
	}
}

func startNode(g *Grove, o Options, net app.Network, proxy *url.URL, upload *rate.Limiter) (*p2p.Node, error) {
	cfg := nodeConfig(o, net, proxy, g.Reach, g.room)
	cfg.KeyFile, cfg.Upload = filepath.Join(g.Data, deviceKey), upload
	if o.Listen != nil {
		return p2p.New(cfg)
	}
	cfg.Listen = listenAddrs(g.Data)
	n, err := p2p.New(cfg)
	if err != nil { // somebody else has the port now; any other will do for this run
		cfg.Listen = nil
		n, err = p2p.New(cfg)
	}
	return n, err
}

// Close ends everything and waits until it has ended. What was verified is on
// disk and saved when it returns. It may be called again.
func (g *Grove) Close() error {
	errs := []error{g.local.Close()}
	g.local = nil
	g.stop()
	g.ended.Wait()
	if g.Node != nil {
		errs = append(errs, g.Node.Close())
		g.Node = nil
	}
	if g.Store != nil {
		errs = append(errs, g.Mirrors.Close(), g.Store.Close())
		g.Store = nil
	}
	return errors.Join(errs...)
}

// nodeProblem: a node that does not start is almost always about an address
// or a port.
func nodeProblem(err error) error {
	if p := (*app.Problem)(nil); errors.As(err, &p) {
		return p
	}
	return app.NewProblem(app.BadInput, "Grove could not listen for other people", err)
}
