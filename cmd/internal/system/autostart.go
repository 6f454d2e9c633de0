package system

import (
	"bytes"
	"encoding/xml"

	"grove/app"
)

// hidden is the flag of a program that starts without a window.
const hidden = "--hidden"

// Autostart makes a program start with the user's session, without its
// window. It changes and removes its own entry only.
type Autostart struct {
	Program string // absolute path
}

// taken is the problem of somebody else's entry in the place of ours.
func taken(where string) error { return app.NewProblem(app.TargetExists, where, nil) }

// agent is the name of Grove's launch agent on macOS.
const agent = "dev.grove.Grove.autostart"

// launchAgent is the property list that has launchd start program.
func launchAgent(program string) (string, error) {
	var escaped bytes.Buffer
	if err := xml.EscapeText(&escaped, []byte(program)); err != nil {
		return "", err
	}
	return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>Label</key><string>` + agent + `</string>
	<key>ProgramArguments</key><array><string>` + escaped.String() + `</string><string>` + hidden + `</string></array>
	<key>RunAtLoad</key><true/>
	<key>LimitLoadToSessionType</key><string>Aqua</string>
</dict>
</plist>
`, nil
}
