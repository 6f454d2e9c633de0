// Package assets holds the bytes that are built into the programs: pictures
// and the landing page of a package. Bytes only; whoever uses them gives them
// meaning.
package assets

import "embed"

// Mark is the mark as SVG: three trunks rising from one line, in the colour
// of the text around it.
//
//go:embed mark.svg
var Mark string

// LandingPage is the page beside a published package, an html/template. Its
// data is described where it is executed, in cmd/grove.
//
//go:embed landing.html
var LandingPage string

// LandingStyle is the style sheet inside that page.
//
//go:embed landing.css
var LandingStyle string

// Words are the translations: words/<area>.<language>.json, in the form of
// go-i18n. ui/words reads them.
//
//go:embed words
var Words embed.FS

// Icons are the line icons: icons/<name>.svg, in the colour of the text around
// them. These and the pictures below are drawn by internal/icons.
//
//go:embed icons
var Icons embed.FS

// AppIcon is the program's icon as a PNG of 256 pixels.
//
//go:embed icon/256.png
var AppIcon []byte

//go:generate go run ./internal/icons
