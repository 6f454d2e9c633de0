// Command empty is the toolkit's own empty window, to compare with.
package main

import "fyne.io/fyne/v2/app"

func main() {
	w := app.New().NewWindow("Empty")
	w.Resize(w.Canvas().Size())
	w.ShowAndRun()
}
