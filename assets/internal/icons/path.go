package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

type point struct{ x, y float64 }

func (p point) plus(q point) point           { return point{p.x + q.x, p.y + q.y} }
func (p point) minus(q point) point          { return point{p.x - q.x, p.y - q.y} }
func (p point) times(f float64) point        { return point{p.x * f, p.y * f} }
func (p point) length() float64              { return math.Hypot(p.x, p.y) }
func (p point) mix(q point, f float64) point { return p.times(1 - f).plus(q.times(f)) }

// polyline is a line through points; closed joins the last to the first.
type polyline struct {
	points []point
	closed bool
}

// parse reads the path data of an SVG (M, L, H, V, C, A and Z, absolute or
// not) as lines short enough to look round.
func parse(d string) ([]polyline, error) {
	r := &reader{words: strings.Fields(spaced(d))}
	var command byte
	for r.more() {
		if w := r.words[0]; len(w) == 1 && strings.Contains("MLHVCAZ", strings.ToUpper(w)) {
			command, r.words = w[0], r.words[1:]
		}
		r.step(command)
		if r.err != nil {
			return nil, fmt.Errorf("path %q: %w", d, r.err)
		}
	}
	r.end(false)
	return r.lines, nil
}

// spaced puts room around the letters and before each sign of a path.
func spaced(d string) string {
	var b strings.Builder
	for _, c := range d {
		switch {
		case c == ',':
			c = ' '
		case c == '-':
			b.WriteByte(' ')
		case c >= 'A':
			fmt.Fprintf(&b, " %c ", c)
			continue
		}
		b.WriteRune(c)
	}
	return b.String()
}

type reader struct {
	words []string
	lines []polyline
	now   []point // of the line being read
	err   error
}

func (r *reader) more() bool { return len(r.words) > 0 && r.err == nil }

func (r *reader) number() float64 {
	if len(r.words) == 0 {
		r.err = fmt.Errorf("ends too early")
		return 0
	}
	n, err := strconv.ParseFloat(r.words[0], 64)
	if err != nil {
		r.err = err
	}
	r.words = r.words[1:]
	return n
}

func (r *reader) at() point {
	if len(r.now) == 0 {
		return point{}
	}
	return r.now[len(r.now)-1]
}

func (r *reader) point(from point) point { return point{r.number(), r.number()}.plus(from) }

func (r *reader) end(closed bool) {
	if len(r.now) > 0 {
		r.lines = append(r.lines, polyline{r.now, closed})
	}
	r.now = nil
}

// step reads what follows one command.
func (r *reader) step(command byte) {
	at := r.at()
	from := at
	if command >= 'A' && command <= 'Z' {
		from = point{}
	}
	switch command {
	case 'M', 'm':
		r.end(false)
		r.now = []point{r.point(from)}
	case 'L', 'l':
		r.now = append(r.now, r.point(from))
	case 'H', 'h':
		r.now = append(r.now, point{r.number() + from.x, at.y})
	case 'V', 'v':
		r.now = append(r.now, point{at.x, r.number() + from.y})
	case 'C', 'c':
		b, c, d := r.point(from), r.point(from), r.point(from)
		for i := 1; i <= 12; i++ {
			r.now = append(r.now, bezier(at, b, c, d, float64(i)/12))
		}
	case 'A', 'a':
		radius := r.number()
		r.number()
		r.number() // ry, which is rx here, and the rotation, which a circle has none of
		large, sweep := r.number() != 0, r.number() != 0
		r.now = append(r.now, arc(at, r.point(from), radius, large, sweep)...)
	case 'Z', 'z':
		r.end(true)
	default:
		r.err = fmt.Errorf("no command before %q", r.words[0])
	}
}

func bezier(a, b, c, d point, f float64) point {
	ab, bc, cd := a.mix(b, f), b.mix(c, f), c.mix(d, f)
	return ab.mix(bc, f).mix(bc.mix(cd, f), f)
}

// arc is the way on a circle from one point to another.
func arc(from, to point, radius float64, large, sweep bool) []point {
	half := to.minus(from).times(0.5)
	radius = max(radius, half.length())
	height := math.Sqrt(max(0, radius*radius-half.length()*half.length()))
	if large == sweep {
		height = -height
	}
	normal := point{half.y, -half.x}.times(1 / half.length())
	middle := from.plus(half).plus(normal.times(-height))
	first := math.Atan2(from.y-middle.y, from.x-middle.x)
	turn := math.Atan2(to.y-middle.y, to.x-middle.x) - first
	if sweep && turn < 0 {
		turn += 2 * math.Pi
	} else if !sweep && turn > 0 {
		turn -= 2 * math.Pi
	}
	steps := int(math.Ceil(math.Abs(turn) / (math.Pi / 14)))
	points := make([]point, 0, steps)
	for i := 1; i < steps; i++ {
		s, c := math.Sincos(first + turn*float64(i)/float64(steps))
		points = append(points, middle.plus(point{c, s}.times(radius)))
	}
	return append(points, to)
}
