// Package assets holds the bytes that are built into the programs: pictures
// and the landing page of a package. Bytes only; whoever uses them gives them
// meaning.
package assets

import _ "embed"

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
