package app

import (
	"fmt"
	"time"
)

// simRate is the content, in bytes a second, that a line of so many Mbit/s takes.
func simRate(mbits float64) float64 { return mbits * 1e6 / 8 * simPayload }

// simLab is the crowd of the lab (docs/CROWD.md): so many begin together.
func simLab(name string, n int) simScene {
	return simScene{name: name, peers: n, piece: 256 << 10, pieces: 512, floor: usualFloor, giving: 1,
		down: simRate(50), origin: simRate(50), ups: []simUp{{1, simRate(25)}},
		tick: tickEvery, announce: 100 * time.Millisecond, latency: 5 * time.Millisecond}
}

// simCity is a crowd over an hour: 1 GB, lines as people have them, a network of
// servers for an origin, and 20 Mbit/s for a floor. Its pieces are larger than
// those of a package of that size, and so are its steps in time.
func simCity(name string, n int) simScene {
	return simScene{name: name, peers: n, over: time.Hour, piece: 2.5e6, pieces: 400, floor: 20e6 / 8, giving: 1, cut: 0.3,
		down: simRate(50), origin: simNoBound, ups: []simUp{{0.3, simRate(5)}, {0.4, simRate(10)}, {0.2, simRate(20)}, {0.1, simRate(40)}},
		tick: time.Second, announce: time.Second, lazy: true, latency: 40 * time.Millisecond}
}

// simTown is a crowd of simCity in a quarter of the time with a quarter of the
// bytes: as many are there at once.
func simTown(n int) simScene {
	return simCity("town", n).but(func(sc *simScene) {
		sc.over, sc.piece, sc.pieces = 15*time.Minute, 1.25e6, 200
		sc.tick = 2 * time.Second
	})
}

// but is a scene with something different.
func (sc simScene) but(f func(*simScene)) simScene {
	f(&sc)
	return sc
}

func simFast(sc *simScene)  { sc.floor = 0 }
func simAlone(sc *simScene) { sc.alone = true }

// simLabScenes are those of the lab that the model can show.
func simLabScenes() []simScene {
	return []simScene{
		simLab("flash, thrifty", 8),
		simLab("flash, fast", 8).but(simFast),
		simLab("flash, origin only", 8).but(simAlone),
		simLab("flash, 16", 16),
		simLab("flash, 20", 20),
		simSeed25(),
		simLab("the origin dies after 1.02 copies", 8).but(func(sc *simScene) { sc.diesCopies = 1.02 }),
		simLab("two operators, 50 Mbit/s between", 8).but(func(sc *simScene) { sc.link = simRate(50) }),
		simMapped(),
		simApart(),
		simOneHome(),
		simLab("30 % of 10 give, fast", 10).but(func(sc *simScene) { sc.givers, sc.floor = 3, 0 }),
		simLab("30 % of pairs cannot connect", 8).but(func(sc *simScene) { sc.cut = 0.3 }),
	}
}

// simMapped is two operators whose people go by a map.
func simMapped() simScene {
	return simLab("the same, with a map", 8).but(func(sc *simScene) { sc.link, sc.maps = simRate(50), 2 })
}

// simSeed25 is a crowd whose seed is quicker than its origin.
func simSeed25() simScene {
	return simLab("seed with 25 Mbit/s, origin with 5", 8).but(func(sc *simScene) { sc.seed, sc.origin = simRate(25), simRate(5) })
}

// simApart is a crowd half of which is behind symmetric routers, with addresses
// unlike those of the others.
func simApart() simScene {
	return simLab("4 of 8 behind symmetric NAT", 8).but(func(sc *simScene) { sc.shut, sc.link = 4, simNoBound })
}

// simOneHome is four people behind one line.
func simOneHome() simScene {
	return simLab("4 in one home, with one line", 4).but(func(sc *simScene) { sc.home = 4 })
}

// simSizes are crowds of an hour, up to one of most peers.
func simSizes(most int) []int {
	sizes := []int{10, 100, 1000}
	for _, n := range []int{10_000, 50_000} {
		if n <= most {
			sizes = append(sizes, n)
		}
	}
	return sizes
}

func simSizeScenes(n int) []simScene {
	of := func(policy string) simScene { return simCity(fmt.Sprintf("%s, %s", simNumber(n), policy), n) }
	return []simScene{of("thrifty"), of("fast").but(simFast), of("origin only").but(simAlone)}
}

// simAwkward are crowds of 1,000 that have it harder, all thrifty.
func simAwkward() []simScene {
	of := func(name string, f func(*simScene)) simScene { return simCity(name, 1000).but(f) }
	return []simScene{
		of("70 % share nothing", func(sc *simScene) { sc.giving = 0.3 }),
		of("nobody seeds afterwards", func(sc *simScene) { sc.leave = true }),
		of("arrivals in 10 minutes", func(sc *simScene) { sc.over = 10 * time.Minute }),
		of("arrivals in 10 minutes, fast", func(sc *simScene) { sc.over, sc.floor = 10*time.Minute, 0 }),
		of("the origin dies half way", func(sc *simScene) { sc.dies = 30 * time.Minute }),
		of("two operators, 1 Gbit/s between", func(sc *simScene) { sc.link = simRate(1000) }),
		of("100, four in each home with one line, in pieces of 250 KB", func(sc *simScene) {
			sc.peers, sc.home, sc.piece, sc.pieces = 100, 4, 0.25e6, 4000
		}),
		of("100 at once, a seed with 10 Mbit/s, no origin", func(sc *simScene) {
			sc.peers, sc.over, sc.origin, sc.seed = 100, 0, 0, simRate(10)
		}),
	}
}

// simNumber writes 10000 as 10,000.
func simNumber(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}
