// Package look is how Grove looks: its colours and theme (Theme, Palette), its
// icons (Icon), and the small set of widgets that every page is made of.
//
//   - Text: Big, Title, Strong, Line, Quiet, Mono, Para and QuietPara are labels
//     in the four sizes; SetText changes one only where it differs.
//   - Actions: Main is a card's one action, Button any other, Danger one that
//     deletes, Link one that should not draw the eye.
//   - Ground: Card is raised; Field a row of a label and
//     its value; Rule a thin line; Empty a place with nothing in
//     it yet.
//   - Room: Stack lays below one another, Flow beside and on, Columns in equal
//     ones; Narrow, Fixed and Tall hold a size; Inset gives the room around text
//     to what is none.
//   - What moves: Bar is progress by where it came from; Meter a value of fixed
//     width; Badge a word in a frame.
//   - Pictures: Picture is a poster or its placeholder, QR a code, MarkPicture the
//     mark; SpeedPlot, PieceMap, DayPlot and Ring show what package chart paints,
//     with their labels; Raster shows what any function paints.
//
// Text brings one grid unit of room along on each side. Lengths in parameters
// are device independent pixels as Units gives them, and follow when the scale
// changes, unless said otherwise.
package look
