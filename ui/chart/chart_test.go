package chart_test

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"grove/ui/chart"
	"grove/ui/look"
)

var light = colors(look.Light)

// alone are colours of which each is seen by itself, on black.
var alone = chart.Colors{Peers: color.RGBA{G: 255, A: 255}, Origin: color.RGBA{B: 255, A: 255}, Given: color.RGBA{R: 255, A: 255},
	Line: color.RGBA{A: 255}, Ground: color.RGBA{A: 255}, Before: color.RGBA{A: 255}, Asked: color.RGBA{A: 255}, Wrong: color.RGBA{A: 255}}

// sums is how much of red, green and blue there is, in whole pixels.
func sums(m *image.RGBA) (red, green, blue float64) {
	for i := 0; i < len(m.Pix); i += 4 {
		red += float64(m.Pix[i]) / 255
		green += float64(m.Pix[i+1]) / 255
		blue += float64(m.Pix[i+2]) / 255
	}
	return red, green, blue
}

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if math.Abs(got-want) > within {
		t.Errorf("%s is %.1f, want %.1f within %.1f", what, got, want, within)
	}
}

func TestSpeedPaintsAreasAsLargeAsTheValues(t *testing.T) {
	const w, h, slots = 603, 206, 101 // 6 pixels between two points, 200 of height
	for _, v := range []chart.Point{{Peers: 40, Origin: 20}, {Peers: 10, Origin: 90}, {Origin: 50}, {Peers: 100}} {
		m := image.NewRGBA(image.Rect(0, 0, w, h))
		p := make([]chart.Point, slots)
		for i := range p {
			p[i] = v
		}
		chart.Speed(m, 1, alone, p, slots, 100)
		_, green, blue := sums(m)
		near(t, "peers' area", green, 600*200*v.Peers/100, 600)
		near(t, "the origin's area", blue, 600*200*v.Origin/100, 600)
	}
}

func TestSpeedKeepsRoomForWhatIsNotYet(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 403, 100))
	chart.Speed(m, 1, alone, []chart.Point{{Peers: 1}, {Peers: 1}, {Peers: 1}}, 101, 1)
	for x := range 403 {
		painted := m.RGBAAt(x, 50).G == 255
		if want := x >= 392 && x < 400; painted != want {
			t.Errorf("at %d of the width the area is painted: %v, want %v", x, painted, want)
		}
	}
}

func TestSpeedShowsTheNewest(t *testing.T) {
	few, many := image.NewRGBA(image.Rect(0, 0, 200, 60)), image.NewRGBA(image.Rect(0, 0, 200, 60))
	p := points(100)
	chart.Speed(few, 1, light, p[60:], 40, 1e7)
	chart.Speed(many, 1, light, p, 40, 1e7)
	if string(few.Pix) != string(many.Pix) {
		t.Error("older points than there is room for change the picture")
	}
}

func TestDaysPaintBarsAsHighAsTheValues(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 300, 400))
	chart.Days(m, 1, alone, []chart.Day{{Peers: 50, Origin: 25, Given: 30}, {}, {Peers: 100}}, 100, 100)
	from, to := chart.DaysColumn(300, 1, 3, 0)
	red, green, blue := sums(m)
	wide := to - from
	near(t, "peers' area", green, wide*199*(0.5+1), wide*2)
	near(t, "the origin's area", blue, wide*199*0.25, wide*2)
	near(t, "given's area", red, wide*200*0.3, wide*2)
	if zero := chart.DaysZero(400, 100, 100); zero != 200 {
		t.Errorf("the line lies at %g, want 200", zero)
	}
	if chart.DaysZero(400, 100, 0) != 400 || chart.DaysZero(400, 0, 0) != 400 {
		t.Error("where nothing was given there is room kept for it")
	}
}

func TestDaysColumnsStandApart(t *testing.T) {
	for _, days := range []int{1, 7, 30, 90, 365} {
		end := 0.0
		for i := range days {
			from, to := chart.DaysColumn(900, 2, days, i)
			if from < end || to <= from || to > 900 {
				t.Fatalf("bar %d of %d lies from %g to %g, the one before ends at %g", i, days, from, to, end)
			}
			end = to
		}
	}
}

func TestShareDividesTheRing(t *testing.T) {
	whole := image.NewRGBA(image.Rect(0, 0, 200, 200))
	chart.Share(whole, 1, alone, 1, 0)
	_, all, _ := sums(whole)
	near(t, "the ring", all, math.Pi*(100*100-86*86), 40)
	for _, peers := range []float64{0.1, 0.25, 0.5, 0.9} {
		m := image.NewRGBA(image.Rect(0, 0, 200, 200))
		chart.Share(m, 1, alone, peers*7e9, (1-peers)*7e9)
		_, green, blue := sums(m)
		near(t, "peers' part", green/all, peers, 0.02)
		near(t, "the origin's part", blue/all, 1-peers, 0.02)
		if m.RGBAAt(100, 100).A != 0 {
			t.Error("the hole is not free")
		}
	}
}

func TestPiecesShowTheWorstAndThePartThatIsHere(t *testing.T) {
	// One square of 8 pixels for all pieces.
	one := func(c ...chart.Cell) *image.RGBA {
		m := image.NewRGBA(image.Rect(0, 0, 8, 8))
		chart.Pieces(m, 1, light, c)
		return m
	}
	many := func(n int, c chart.Cell) []chart.Cell {
		out := make([]chart.Cell, n)
		for i := range out {
			out[i] = c
		}
		return out
	}
	if m := one(many(100, chart.CellPeers)...); count(m, light.Peers) != 64 {
		t.Error("a square of pieces from peers is not full of their colour")
	}
	if m := one(append(many(50, chart.CellPeers), many(50, chart.CellOrigin)...)...); count(m, light.Peers) != 32 || count(m, light.Origin) != 32 {
		t.Error("a square from both is not half of each")
	}
	if m := one(append(many(50, chart.CellPeers), many(50, chart.CellMissing)...)...); count(m, light.Peers) != 32 {
		t.Errorf("half of a square is here and %d of 64 pixels say so", count(m, light.Peers))
	}
	for _, bad := range []chart.Cell{chart.CellWrong, chart.CellAsked, chart.CellMissing} {
		m := one(append(many(999, chart.CellPeers), bad)...)
		if count(m, light.Peers) == 64 {
			t.Errorf("one piece in a thousand in state %d is not seen", bad)
		}
	}
	if m := one(append(many(999, chart.CellPeers), chart.CellWrong)...); count(m, light.Wrong) != 16 {
		t.Errorf("one wrong piece in a thousand is %d pixels, want two rows", count(m, light.Wrong))
	}
	if m := one(append(many(5, chart.CellAsked), chart.CellWrong)...); count(m, light.Wrong) != 64 || count(m, light.Asked) != 0 {
		t.Error("a wrong piece does not come before what is asked for")
	}
	if m := one(200, 255); count(m, light.Peers) != 64 {
		t.Error("a state nobody knows is not as the best")
	}
}

func TestPiecesHaveASquareEach(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 58, 28)) // 6 in a row, 3 rows
	chart.Pieces(m, 1, light, []chart.Cell{chart.CellPeers, chart.CellOrigin, chart.CellPeers, chart.CellPeers, chart.CellPeers, chart.CellPeers, chart.CellOrigin})
	for at, want := range map[image.Point]color.RGBA{{0, 0}: light.Peers, {17, 7}: light.Origin, {8, 0}: {}, {57, 7}: light.Peers,
		{0, 10}: light.Origin, {10, 10}: {}, {0, 20}: {}} {
		if got := m.RGBAAt(at.X, at.Y); got != want {
			t.Errorf("at %v is %v, want %v", at, got, want)
		}
	}
}

// hostile numbers are none, too large, or make no sense.
var hostile = []float64{0, -1, 1, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, math.SmallestNonzeroFloat64, -math.MaxFloat64}

// TestNothingIsPaintedOutside paints into a part of an image, with numbers
// from bad to worse, and looks at the rest of it.
func TestNothingIsPaintedOutside(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	number := func() float64 { return hostile[random.IntN(len(hostile))] }
	for range 300 {
		whole := image.NewRGBA(image.Rect(0, 0, 90, 70))
		inner := image.Rect(20, 15, 20+random.IntN(50), 15+random.IntN(40))
		part := whole.SubImage(inner).(*image.RGBA)
		scale := []float32{-1, 0, 0.5, 1, 1.5, 2, 50, float32(math.NaN())}[random.IntN(8)]
		p, d, c := make([]chart.Point, random.IntN(9)), make([]chart.Day, random.IntN(9)), make([]chart.Cell, random.IntN(99))
		for i := range p {
			p[i] = chart.Point{Peers: number(), Origin: number(), Given: number()}
		}
		for i := range d {
			d[i] = chart.Day{Peers: number(), Origin: number(), Given: number()}
		}
		for i := range c {
			c[i] = chart.Cell(random.IntN(9))
		}
		chart.Pieces(part, scale, light, c)
		chart.Speed(part, scale, light, p, random.IntN(9)-2, number())
		chart.Days(part, scale, light, d, number(), number())
		chart.Share(part, scale, light, number(), number())
		for y := range 70 {
			for x := range 90 {
				if !image.Pt(x, y).In(inner) && whole.RGBAAt(x, y).A != 0 {
					t.Fatalf("painted at %d,%d outside of %v at scale %g", x, y, inner, scale)
				}
			}
		}
	}
}

func TestTopIsAHumanStep(t *testing.T) {
	for _, c := range []struct{ largest, least, want float64 }{
		{0, 0, 1}, {0, 10, 10}, {3, 10, 10}, {11, 10, 20}, {20, 1, 20}, {21, 1, 50}, {50, 1, 50}, {51, 1, 100}, {100, 1, 100},
		{1e9, 1, 1e9}, {1.1e9, 1, 2e9}, {0.3, 0.1, 0.5}, {math.NaN(), 5, 5}, {-7, 2, 2},
	} {
		if got := chart.Top(c.largest, c.least); math.Abs(got/c.want-1) > 1e-9 {
			t.Errorf("Top(%g, %g) is %g, want %g", c.largest, c.least, got, c.want)
		}
	}
	for _, v := range hostile {
		if got := chart.Top(v, 1); !(got >= 1) || math.IsInf(got, 0) {
			t.Errorf("Top(%g, 1) is %g", v, got)
		}
	}
}

func TestSettleRisesAtOnceAndFallsLate(t *testing.T) {
	top := 0.0
	for _, c := range []struct{ largest, want float64 }{
		{8, 10}, {11, 20}, {10, 20}, {8.1, 20}, {7.9, 10}, {4.1, 10}, {3.9, 5}, {90, 100}, {0, 1},
	} {
		if top = chart.Settle(top, c.largest, 1); top != c.want {
			t.Errorf("after %g the top is %g, want %g", c.largest, top, c.want)
		}
	}
}

func BenchmarkPieces(b *testing.B) {
	m, c := image.NewRGBA(image.Rect(0, 0, 1000, 140)), cells(16384)
	b.ReportAllocs()
	for b.Loop() {
		chart.Pieces(m, 1, light, c)
	}
}

func BenchmarkSpeed(b *testing.B) {
	m, p := image.NewRGBA(image.Rect(0, 0, 1000, 140)), points(240)
	b.ReportAllocs()
	for b.Loop() {
		chart.Speed(m, 1, light, p, 240, 1e7)
	}
}

func BenchmarkDays(b *testing.B) {
	m, d := image.NewRGBA(image.Rect(0, 0, 1000, 140)), days(90)
	b.ReportAllocs()
	for b.Loop() {
		chart.Days(m, 1, light, d, 5e9, 2e9)
	}
}

func BenchmarkShare(b *testing.B) {
	m := image.NewRGBA(image.Rect(0, 0, 144, 144))
	b.ReportAllocs()
	for b.Loop() {
		chart.Share(m, 1, light, 62, 20)
	}
}
