package app

import (
	"fmt"
	"math"
	"strings"
)

// simCurve is a policy in the plot.
type simCurve struct {
	name   string
	points []simPoint
}

type simPoint struct {
	peers  int
	origin float64 // percent of the content
	p95    float64 // seconds
}

// simDraw is the plot, as an SVG that reads on light and on dark pages.
func simDraw(curves []simCurve) string {
	var b strings.Builder
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 840 330" font-family="sans-serif" font-size="13" fill="#1f2933">` + "\n" +
		`<rect width="840" height="330" fill="#ffffff"/>` + "\n")
	simPanel(&b, 60, "content from the origin, %", curves, func(p simPoint) float64 { return p.origin })
	simPanel(&b, 480, "95 of 100 are ready after, s", curves, func(p simPoint) float64 { return p.p95 })
	for i, c := range curves {
		x := 60 + 150*i
		fmt.Fprintf(&b, `<path d="M%d 312h24" stroke="%s" stroke-width="2.5"/><text x="%d" y="316">%s</text>`+"\n", x, simColors[i], x+32, c.name)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

var simColors = [...]string{"#2f7d4f", "#c2571a", "#5b6b7b"}

const simWide, simHigh, simTop = 320.0, 210.0, 44.0

// simPanel draws one figure over the size of the crowd.
func simPanel(b *strings.Builder, left float64, title string, curves []simCurve, of func(simPoint) float64) {
	most, least, largest := 0.0, math.Inf(1), 0.0
	for _, c := range curves {
		for _, p := range c.points {
			most = max(most, of(p))
			least, largest = min(least, float64(p.peers)), max(largest, float64(p.peers))
		}
	}
	step := math.Pow(10, math.Floor(math.Log10(most)))
	for most/step < 4 {
		step /= 2
	}
	top := math.Ceil(most/step) * step
	x := func(n int) float64 {
		return left + simWide*math.Log(float64(n)/least)/math.Log(largest/least)
	}
	y := func(v float64) float64 { return simTop + simHigh*(1-v/top) }
	fmt.Fprintf(b, `<text x="%.0f" y="24" font-weight="bold">%s</text>`+"\n", left, title)
	for v := 0.0; v <= top; v += step {
		fmt.Fprintf(b, `<path d="M%.0f %.1fh%.0f" stroke="#d5dbe1"/><text x="%.0f" y="%.1f" text-anchor="end">%g</text>`+"\n",
			left, y(v), simWide, left-6, y(v)+4, v)
	}
	for _, p := range curves[0].points {
		fmt.Fprintf(b, `<text x="%.1f" y="%.0f" text-anchor="middle">%s</text>`+"\n", x(p.peers), simTop+simHigh+18, simNumber(p.peers))
	}
	for i, c := range curves {
		var at []string
		for _, p := range c.points {
			at = append(at, fmt.Sprintf("%.1f,%.1f", x(p.peers), y(of(p))))
			fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="3.5" fill="%s"/>`+"\n", x(p.peers), y(of(p)), simColors[i])
		}
		fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2.5"/>`+"\n", strings.Join(at, " "), simColors[i])
	}
	fmt.Fprintf(b, `<text x="%.0f" y="%.0f" text-anchor="middle">peers</text>`+"\n", left+simWide/2, simTop+simHigh+36)
}
