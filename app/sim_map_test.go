package app

import "testing"

// simApartScenes are two operators without a link that is felt, so that whoever
// knows no network is as quick as can be.
func simApartScenes() []simScene {
	of := func(name string, north int, slow float64) simScene {
		return simLab(name, 8).but(func(sc *simScene) { sc.link, sc.north, sc.slow = simNoBound, north, slow })
	}
	return []simScene{
		of("one neighbour", 2, 0), of("slow neighbours", 4, simRate(2)), of("quick neighbours", 4, simRate(50)),
		of("neighbours with little", 4, 0).but(func(sc *simScene) { sc.origin = simRate(10) }),
		simSeed25().but(func(sc *simScene) { sc.link, sc.north = simNoBound, 4 }),
	}
}

func simMaps(n int) func(*simScene) { return func(sc *simScene) { sc.maps = n } }
func simBlind(sc *simScene)         { sc.blind = true }

// TestSimulationOfAMap: with a map, all but a twentieth of what peers give stays
// with their operator, and the link between the two carries a package little more
// than once.
func TestSimulationOfAMap(t *testing.T) {
	for _, sc := range []simScene{simMapped(), simMapped().but(simFast)} {
		for seed := range uint64(2) {
			f := simulate(sc, *simSeed+seed).figures()
			t.Log(f)
			if f.finished != 8 || f.inside < 0.95 || f.crossed > 1.2 || f.ratio() > 1.25 {
				t.Errorf("floor %d: %d finish in %.2f of the bound, %.3f of what peers give stays, %.2f copies cross", sc.floor, f.finished, f.ratio(), f.inside, f.crossed)
			}
		}
	}
}

// TestSimulationOfNoHarm: who goes by a map is not slower than if nobody knew who
// is near, whatever his neighbours are. Where the people of both operators have
// one, nobody alone can see what all of them lose: not more than a sixth.
func TestSimulationOfNoHarm(t *testing.T) {
	for _, sc := range simApartScenes() {
		for _, sc := range []simScene{sc.but(simFast), sc} {
			blind := simulate(sc.but(simBlind), *simSeed).figures()
			for maps, most := range map[int]float64{1: 1.05, 2: 1.17} {
				f := simulate(sc.but(simMaps(maps)), *simSeed).figures()
				ratio := f.north.Seconds() / blind.north.Seconds()
				t.Logf("%s, floor %d, maps at %d: %.3f of the time, %.3f inside instead of %.3f", sc.name, sc.floor, maps, ratio, f.inside, blind.inside)
				if ratio > most && sc.floor == 0 || f.finished != sc.peers {
					t.Errorf("%s, maps at %d: %d finish, in %.3f of the time", sc.name, maps, f.finished, ratio)
				}
			}
		}
	}
}
