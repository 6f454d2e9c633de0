package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
)

var (
	leaf  = color.RGBA{0x1B, 0x73, 0x46, 0xFF} // peers' green of the light palette
	earth = color.RGBA{0x10, 0x4B, 0x2E, 0xFF}
	sky   = color.RGBA{0x9C, 0xCB, 0xF2, 0xFF}
	paper = color.RGBA{0xFA, 0xFA, 0xF7, 0xFF}
)

// sides are the sizes of the program's icon.
var sides = []int{16, 24, 32, 48, 64, 128, 256, 512}

// program draws the program's icon: the mark in the light on green, its line
// being the edge of the earth, and the origin as a sun.
func program(all map[string][]byte) error {
	large, err := landscape("M5 11.4V8.4M8 11.4V3.8M11 11.4V6.2M3.2 11.4H12.8", 1.6, "M4.7 4.9", 2.3, 11.4)
	if err != nil {
		return err
	}
	// In few pixels strokes lie on whole ones.
	small, err := landscape("M5 12V9M8 12V4M11 12V7M3.5 12H12.5", 2, "M4.5 4.5", 3, 12)
	if err != nil {
		return err
	}
	all["icon/grove.svg"] = layersSVG(large)
	var forICO []*image.RGBA
	for _, side := range sides {
		layers := large
		if side <= 16 {
			layers = small
		}
		m := paint(layers, markBox, side)
		if all[fmt.Sprintf("icon/%d.png", side)], err = encode(m); err != nil {
			return err
		}
		if side <= 48 || side == 256 {
			forICO = append(forICO, m)
		}
	}
	all["icon/grove.ico"], err = ico(forICO)
	return err
}

func landscape(mark string, width float64, sun string, wide, horizon float64) ([]layer, error) {
	trunks, err := outline(mark, width)
	if err != nil {
		return nil, err
	}
	disc, err := outline(sun, wide)
	if err != nil {
		return nil, err
	}
	var below []point
	air := square(markBox, 3.5)
	for _, p := range air[0] {
		below = append(below, point{p.x, max(p.y, horizon)})
	}
	return []layer{{air, leaf}, {shape{below}, earth}, {disc, sky}, {trunks, paper}}, nil
}

// square is a square with round corners.
func square(side, radius float64) shape {
	lines, err := parse(fmt.Sprintf("M%[1]g 0H%[2]gA%[1]g %[1]g 0 0 1 %[3]g %[1]gV%[2]gA%[1]g %[1]g 0 0 1 %[2]g %[3]gH%[1]gA%[1]g %[1]g 0 0 1 0 %[2]gV%[1]gA%[1]g %[1]g 0 0 1 %[1]g 0Z",
		radius, side-radius, side))
	if err != nil {
		panic(err) // the string above is wrong
	}
	return shape{lines[0].points}
}

func layersSVG(layers []layer) []byte {
	var b bytes.Buffer
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">`)
	for _, l := range layers {
		fmt.Fprintf(&b, `<path fill="#%02X%02X%02X" d="%s"/>`, l.color.R, l.color.G, l.color.B, l.shape.data())
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}
