package system

import (
	"os"
	"path/filepath"
	"strings"
)

func entryPath() (string, error) {
	home, err := os.UserHomeDir()
	return filepath.Join(home, "Library", "LaunchAgents", agent+".plist"), err
}

func (a Autostart) entry() (string, error) { return launchAgent(a.Program) }

func isOwnEntry(content string) bool { return strings.Contains(content, "<string>"+agent+"</string>") }

// isOffEntry: launchd keeps to itself what the user turned off, and leaves
// the file alone.
func isOffEntry(string) bool { return false }
