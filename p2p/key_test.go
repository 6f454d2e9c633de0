package p2p

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"grove/app"
)

func TestDeviceKey(t *testing.T) {
	file := filepath.Join(t.TempDir(), "new", "device.key")
	first, err := deviceKey(file)
	if err != nil {
		t.Fatal(err)
	}
	again, err := deviceKey(file)
	if err != nil || !first.Equals(again) {
		t.Errorf("the second time there is another key, or %v", err)
	}
	if runtime.GOOS != "windows" {
		if err := os.Chmod(file, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := deviceKey(file); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("a key that others could read is left so: %v, %v", info.Mode(), err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), ".device-key-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if err := os.WriteFile(file, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Config{KeyFile: file}); err == nil || app.AsProblem(err).Kind != app.DiskFault {
		t.Errorf("a damaged key file: %v; want DiskFault", err)
	}
	if _, err := deviceKey(filepath.Join(file, "below a file")); err == nil {
		t.Error("a key below a file")
	}
	if _, err := New(Config{Listen: []string{"/ip4/127.0.0.1/tcp/0/ws"}}); err == nil {
		t.Error("it listens on a WebSocket")
	}
	var p *app.Problem
	if _, err := New(Config{Listen: []string{"/ip4/192.0.2.1/tcp/1"}}); err == nil || errors.As(err, &p) {
		t.Errorf("an address of somebody else: %v", err)
	}
}
