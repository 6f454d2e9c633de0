package system

import (
	"path/filepath"
	"testing"

	"github.com/adrg/xdg"
)

func TestDownloads(t *testing.T) {
	home := t.TempDir()
	t.Cleanup(xdg.Reload) // runs when the environment is as it was
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, "config"))
	t.Setenv("XDG_DOWNLOAD_DIR", "")
	xdg.Reload()
	if got := Downloads(); got != filepath.Join(home, "Downloads") {
		t.Errorf("without settings: %s", got)
	}
	write(t, filepath.Join(home, "config", "user-dirs.dirs"), "XDG_DOWNLOAD_DIR=\"$HOME/Herunter geladen\"\n")
	xdg.Reload()
	if got := Downloads(); got != filepath.Join(home, "Herunter geladen") {
		t.Errorf("with settings: %s", got)
	}
}
