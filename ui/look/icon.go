package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"grove/assets"
)

// Icon is one of Grove's own icons (assets.Icons) in the colour of the text
// around it. There is no icon without a name: it panics, as a missing theme
// colour would.
func Icon(name string) fyne.Resource {
	b, err := assets.Icons.ReadFile("icons/" + name + ".svg")
	if err != nil {
		panic("look: no icon " + name)
	}
	return theme.NewThemedResource(fyne.NewStaticResource(name+".svg", b))
}

// AppIcon is the icon of the program's window.
func AppIcon() fyne.Resource { return fyne.NewStaticResource("grove.png", assets.AppIcon) }

// Mark is the mark as an icon that follows the theme.
func Mark() fyne.Resource { return Icon("mark") }
