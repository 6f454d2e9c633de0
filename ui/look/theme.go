package look

import (
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"grove/app"
)

// Theme is Grove's theme: its palette, four text sizes and an 8 px grid over
// the toolkit's fonts and icons.
type Theme struct {
	appearance string
	scale      float32
}

// New makes the theme for an appearance (app.AppearanceSystem and so on) and
// a scale, 1 being the system's.
func New(appearance string, scale float64) *Theme {
	if scale <= 0 {
		scale = 1
	}
	return &Theme{appearance, float32(scale)}
}

func (t *Theme) palette(v fyne.ThemeVariant) Palette {
	switch t.appearance {
	case app.AppearanceLight:
		return Light
	case app.AppearanceDark:
		return Dark
	}
	if v == theme.VariantDark {
		return Dark
	}
	return Light
}

// Color implements fyne.Theme. Actions are ink, so that colour is left for
// meaning.
func (t *Theme) Color(name fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	p := t.palette(v)
	switch name {
	case theme.ColorNameBackground, theme.ColorNameInnerWindowBorderInactive:
		return p.Ground
	case ColorRaised, theme.ColorNameMenuBackground, theme.ColorNameOverlayBackground,
		theme.ColorNameForegroundOnPrimary, theme.ColorNameInnerWindowBorder:
		return p.Raised
	case theme.ColorNameForeground, theme.ColorNamePrimary, theme.ColorNameHyperlink:
		return p.Text
	case ColorQuiet, theme.ColorNamePlaceHolder, theme.ColorNameDisabled:
		return p.Quiet
	case theme.ColorNameSeparator:
		return p.Line
	case theme.ColorNameInputBorder, theme.ColorNameScrollBar:
		return p.Edge
	case theme.ColorNameInputBackground, theme.ColorNameHeaderBackground, theme.ColorNameScrollBarBackground:
		return p.Field
	case theme.ColorNameButton, theme.ColorNameDisabledButton:
		return p.Button
	case theme.ColorNameHover:
		return p.glow(0x19)
	case theme.ColorNameSelection:
		return p.glow(0x30)
	case theme.ColorNamePressed:
		return p.glow(0x60)
	case theme.ColorNameFocus:
		return p.glow(p.focus)
	case theme.ColorNameShadow:
		return p.shade
	case ColorPeers, theme.ColorNameSuccess:
		return p.Peers
	case ColorOrigin:
		return p.Origin
	case ColorNeeds, theme.ColorNameWarning:
		return p.Needs
	case theme.ColorNameError:
		return p.Wrong
	case theme.ColorNameForegroundOnError, theme.ColorNameForegroundOnSuccess, theme.ColorNameForegroundOnWarning:
		return p.Deep
	}
	return p.Text
}

// Font implements fyne.Theme.
func (t *Theme) Font(s fyne.TextStyle) fyne.Resource { return theme.DefaultTheme().Font(s) }

// icons are Grove's own in the place of the toolkit's, so that its widgets and
// dialogs have the same strokes.
var icons = map[fyne.ThemeIconName]string{
	theme.IconNameCancel: "close", theme.IconNameContentClear: "close", theme.IconNameWindowClose: "close",
	theme.IconNameConfirm: "check", theme.IconNameDelete: "trash", theme.IconNameSearch: "search",
	theme.IconNameContentAdd: "add", theme.IconNameContentCopy: "copy", theme.IconNameDocumentCreate: "edit",
	theme.IconNameInfo: "info", theme.IconNameWarning: "warning", theme.IconNameError: "warning",
	theme.IconNameFile: "file", theme.IconNameFileApplication: "file", theme.IconNameFileAudio: "file",
	theme.IconNameFileImage: "file", theme.IconNameFileText: "file", theme.IconNameFileVideo: "file",
	theme.IconNameFolder: "folder", theme.IconNameFolderOpen: "folder",
	theme.IconNameMediaPause: "pause", theme.IconNameMediaPlay: "resume", theme.IconNameMoveUp: "up", theme.IconNameMoveDown: "down",
	theme.IconNameArrowDropDown: "drop", theme.IconNameNavigateBack: "back", theme.IconNameNavigateNext: "next",
	theme.IconNameDownload: "downloads", theme.IconNameUpload: "shared", theme.IconNameSettings: "settings",
	theme.IconNameStorage: "origin", theme.IconNameAccount: "people", theme.IconNameHistory: "clock", theme.IconNameList: "list",
}

// Icon implements fyne.Theme.
func (t *Theme) Icon(n fyne.ThemeIconName) fyne.Resource {
	if own, ok := icons[n]; ok {
		return Icon(own)
	}
	return theme.DefaultTheme().Icon(n)
}

// The four text sizes.
const (
	SizeSmall = theme.SizeNameCaptionText    // 12
	SizeBody  = theme.SizeNameText           // 14
	SizeTitle = theme.SizeNameSubHeadingText // 18
	SizeBig   = theme.SizeNameHeadingText    // 26
)

// Grid is the unit of spacing, in device independent pixels at scale 1.
const Grid = 8

var sizes = map[fyne.ThemeSizeName]float32{
	SizeSmall: 12, SizeBody: 14, SizeTitle: 18, SizeBig: 26,
	theme.SizeNamePadding: Grid / 2, theme.SizeNameInnerPadding: Grid, theme.SizeNameLineSpacing: Grid / 2,
	theme.SizeNameInlineIcon: 20, theme.SizeNameSeparatorThickness: 1, theme.SizeNameSplitThickness: Grid,
	theme.SizeNameInputBorder: 1, theme.SizeNameScrollBar: Grid, theme.SizeNameScrollBarSmall: Grid / 2,
	theme.SizeNameInputRadius: 6, theme.SizeNameButtonRadius: 6, theme.SizeNameSelectionRadius: 6,
	theme.SizeNameCardRadius: Grid, theme.SizeNameDialogRadius: Grid, theme.SizeNamePopupRadius: Grid,
	theme.SizeNameMenuRadius: 6, theme.SizeNameScrollBarRadius: Grid / 2, theme.SizeNameInnerWindowRadius: Grid,
}

// Size implements fyne.Theme.
func (t *Theme) Size(name fyne.ThemeSizeName) float32 {
	n, ok := sizes[name]
	if !ok {
		n = theme.DefaultTheme().Size(name)
	}
	return min(n*t.scale, math.MaxFloat32) // a radius without end stays one
}

// Units is n grid units at the scale in use.
func Units(n float32) float32 {
	scale := float32(1)
	if fyne.CurrentApp() != nil {
		if t, ok := fyne.CurrentApp().Settings().Theme().(*Theme); ok {
			scale = t.scale
		}
	}
	return n * Grid * scale
}
