package main

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// shape is filled polygons. They turn the same way and holes turn back, so
// that filling by the nonzero rule gives their union.
type shape [][]point

// outline turns strokes with round ends into what they cover. The toolkit
// gives a theme's colour to what is filled only, so its icons are drawn that
// way.
func outline(strokes string, width float64) (shape, error) {
	lines, err := parse(strokes)
	if err != nil {
		return nil, err
	}
	var s shape
	for _, l := range lines {
		for _, run := range smooth(l) {
			s = append(s, run.cover(width/2)...)
		}
	}
	return s, nil
}

// corner is the turn from which on a line is cut in two, whose round ends then
// make a round corner.
const corner = 0.35

// smooth cuts a line at its corners.
func smooth(l polyline) []polyline {
	points := slices.CompactFunc(slices.Clone(l.points), func(a, b point) bool { return a.minus(b).length() < 1e-6 })
	if l.closed && len(points) > 1 && points[0].minus(points[len(points)-1]).length() < 1e-6 {
		points = points[:len(points)-1]
	}
	if len(points) == 1 { // a dot
		return []polyline{{[]point{points[0], points[0].plus(point{1e-3, 0})}, false}}
	}
	n := len(points)
	if l.closed {
		first := slices.IndexFunc(points, func(p point) bool {
			i := slices.Index(points, p)
			return sharp(points[(i+n-1)%n], p, points[(i+1)%n])
		})
		if first < 0 {
			return []polyline{{points, true}}
		}
		points = append(slices.Concat(points[first:], points[:first]), points[first])
	}
	var runs []polyline
	from := 0
	for i := 1; i < len(points)-1; i++ {
		if sharp(points[i-1], points[i], points[i+1]) {
			runs, from = append(runs, polyline{points[from : i+1], false}), i
		}
	}
	return append(runs, polyline{points[from:], false})
}

func sharp(a, b, c point) bool {
	turn := math.Atan2(c.y-b.y, c.x-b.x) - math.Atan2(b.y-a.y, b.x-a.x)
	return math.Abs(math.Remainder(turn, 2*math.Pi)) > corner
}

// cover is what a smooth line covers with half of its width on each side.
func (l polyline) cover(half float64) shape {
	n := len(l.points)
	left, right := make([]point, n), make([]point, n)
	for i, p := range l.points {
		before, after := max(i-1, 0), min(i+1, n-1)
		if l.closed {
			before, after = (i+n-1)%n, (i+1)%n
		}
		along := l.points[after].minus(l.points[before])
		side := point{along.y, -along.x}.times(half / along.length())
		left[i], right[i] = p.plus(side), p.minus(side)
	}
	slices.Reverse(right)
	if l.closed {
		return shape{left, right}.turned()
	}
	whole := append(left, turn(left[n-1], right[0])...)
	return shape{append(append(whole, right...), turn(right[n-1], left[0])...)}
}

// turned makes the larger of a ring's two outlines turn as open lines do.
func (s shape) turned() shape {
	if area(s[0])+area(s[1]) < 0 {
		slices.Reverse(s[0])
		slices.Reverse(s[1])
	}
	return s
}

func area(p []point) float64 {
	sum := 0.0
	for i, a := range p {
		b := p[(i+1)%len(p)]
		sum += a.x*b.y - b.x*a.y
	}
	return sum
}

// turn is the half circle from one side of a line's end to the other, without
// its ends.
func turn(from, to point) []point {
	middle := from.mix(to, 0.5)
	out := from.minus(middle)
	var points []point
	for i := 1; i < 12; i++ {
		s, c := math.Sincos(math.Pi * float64(i) / 12)
		points = append(points, middle.plus(point{out.x*c - out.y*s, out.x*s + out.y*c}))
	}
	return points
}

// data is the shape as the path data of an SVG.
func (s shape) data() []byte {
	var b bytes.Buffer
	for _, p := range s {
		for i, q := range p {
			b.WriteByte("ML"[min(i, 1)])
			b.WriteString(short(q.x))
			if q.y >= 0 {
				b.WriteByte(' ')
			}
			b.WriteString(short(q.y))
		}
		b.WriteByte('Z')
	}
	return b.Bytes()
}

func short(f float64) string {
	return strconv.FormatFloat(math.Round(f*100)/100, 'f', -1, 64)
}

// svg is the shape alone, in the colour of the text around it.
func (s shape) svg(box float64) []byte {
	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]s %[1]s"><path d="%[2]s"/></svg>`+"\n",
		short(box), s.data())
}
