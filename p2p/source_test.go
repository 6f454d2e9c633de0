package p2p

import (
	"testing"

	"grove/app"
	"grove/app/apptest"
	"grove/app/apptest/sourcetest"
)

// TestContract runs the suite of app.Source on a peer, over both transports.
func TestContract(t *testing.T) {
	for name, listen := range map[string]string{"TCP": overTCP, "QUIC": overQUIC} {
		t.Run(name, func(t *testing.T) {
			sourcetest.Run(t, func(t *testing.T, made *apptest.Made) sourcetest.Harness {
				seed, leech := newNode(t, listenOn(listen)), newNode(t, listenOn(listen))
				share := made.Share()
				pieces := newStallable(share.Pieces)
				share.Pieces = pieces
				serve(t, seed, share)
				t.Cleanup(pieces.kill)
				r, _ := find(t, leech, made, seed.Addrs()...)
				return sourcetest.Harness{
					Source: r.source(t, seed.ID()),
					Stall:  pieces.stall,
					Kill: func() {
						pieces.kill()
						if err := seed.Close(); err != nil {
							t.Errorf("Close: %v", err)
						}
					},
					Change: func() {
						share.Have.Remove(0)
						r.until(t, "the change", func() bool {
							s := r.sources[seed.ID()]
							return s != nil && !s.Have().Has(0)
						})
					},
				}
			})
		})
	}
}

// TestTransfer is the whole of it: two nodes, one package, every byte.
func TestTransfer(t *testing.T) {
	made := apptest.Package(t, apptest.Options{})
	seed, leech := newNode(t), newNode(t)
	serving := serve(t, seed, made.Share())
	r, stop := find(t, leech, made, seed.Addrs()...)
	s := r.source(t, seed.ID())
	if info := s.Info(); info.Kind != app.KindPeer || info.Near != app.NearLAN || info.Label == "" {
		t.Errorf("Info() = %+v; want a peer on the local network with a label", info)
	}
	got, err := fetch(t.Context(), s, made.Whole())
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(made.Run(made.Whole())) {
		t.Error("the bytes are not those of the package")
	}
	if st := serving.Stats(); st.Peers != 1 || st.Complete != 0 || st.Given != int64(len(got)) {
		t.Errorf("Stats() = %+v; want 1 peer, none complete, %d given", st, len(got))
	}
	stop()
	if err := r.gone[seed.ID()]; err != nil {
		t.Errorf("Gone said %v at a stop; want no error", err)
	}
}
