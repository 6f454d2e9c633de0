package downloads

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"

	"grove/app"
	"grove/ui/host/hosttest"
)

// BenchmarkShow takes over snapshots of 5,000 downloads, of which none or 20
// differ from the one before; those in view are among them.
func BenchmarkShow(b *testing.B) {
	for _, changes := range []int{0, 20} {
		b.Run(fmt.Sprintf("changes=%d", changes), func(b *testing.B) {
			k := hosttest.New(b)
			all := many(5000)
			for i := range all {
				all[i].State, all[i].Sources = app.Downloading, people(3)
			}
			p := place(b, k, fyne.NewSize(1000, 1700), all...) // 21 rows
			var shots []*app.Snapshot
			for n := range 16 {
				next := append([]app.View(nil), all...)
				for i := range changes {
					next[i].Have += int64(n) * 1e7
					next[i].Rates.Peers = 1e6 * float64(n+1)
				}
				shots = append(shots, snapshot(next...))
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				i++
				p.Show(shots[i%len(shots)])
			}
		})
	}
}

// BenchmarkRowOf makes one row.
func BenchmarkRowOf(b *testing.B) {
	k := hosttest.New(b)
	v := film()
	b.ReportAllocs()
	for b.Loop() {
		rowOf(&v, 0, k.Words, opensMKV)
	}
}
