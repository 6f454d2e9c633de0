package local

import (
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"grove/app"
)

// Another user of the computer is refused by the folder, and by the socket
// where somebody opened the folder.
func TestAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can be somebody else")
	}
	base, err := os.MkdirTemp("", "grove-other-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(base) })
	if err := os.Chmod(base, 0o755); err != nil {
		t.Fatal(err)
	}
	for folder, perm := range map[string]os.FileMode{"private": 0o700, "open": 0o755} {
		data := filepath.Join(base, folder)
		if err := os.Mkdir(data, perm); err != nil {
			t.Fatal(err)
		}
		serve(t, data)
		transport := NewClient(data).http.Transport.(*http.Transport)
		over := make(chan error)
		go func() {
			runtime.LockOSThread() // for good: the thread is another user's from here on
			if _, _, errno := syscall.RawSyscall(syscall.SYS_SETRESUID, 65534, 65534, 65534); errno != 0 {
				over <- errno
				return
			}
			c, err := transport.DialContext(t.Context(), "", "")
			if err == nil {
				c.Close()
			}
			over <- err
		}()
		if err := <-over; app.AsProblem(err) == nil || app.AsProblem(err).Kind != app.BadInput {
			t.Errorf("%s: %v", folder, err)
		}
	}
}
