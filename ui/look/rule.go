package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Rule is a thin line between groups.
func Rule() fyne.CanvasObject { return widget.NewSeparator() }
