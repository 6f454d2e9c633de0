package system

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"grove/app"
)

// trashHome gives the test a trash of its own and returns its folder.
func trashHome(t *testing.T) string {
	t.Helper()
	data := t.TempDir()
	t.Setenv("XDG_DATA_HOME", data)
	return filepath.Join(data, "Trash")
}

// otherDisk mounts a disk in memory.
func otherDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("no disk can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

var noteForm = regexp.MustCompile(`^\[Trash Info\]\nPath=([!-~]+)\nDeletionDate=(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\n$`)

// inTrash reads a trash as a file manager does: the original path of each
// thing in it, and its content if it is a file.
func inTrash(t *testing.T, trash string) map[string]string {
	t.Helper()
	out := map[string]string{}
	notes, err := os.ReadDir(filepath.Join(trash, "info"))
	if err != nil {
		return out
	}
	for _, e := range notes {
		note, err := os.ReadFile(filepath.Join(trash, "info", e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		m := noteForm.FindStringSubmatch(string(note))
		if m == nil {
			t.Errorf("%s is %q", e.Name(), note)
			continue
		}
		path, err := url.PathUnescape(m[1])
		if err != nil {
			t.Errorf("%s: %v", e.Name(), err)
		}
		at, err := time.ParseInLocation("2006-01-02T15:04:05", m[2], time.Local)
		if age := time.Since(at); err != nil || age < 0 || age > time.Hour {
			t.Errorf("%s was deleted at %s", e.Name(), m[2])
		}
		content, err := os.ReadFile(filepath.Join(trash, "files", strings.TrimSuffix(e.Name(), ".trashinfo")))
		if err != nil && !strings.Contains(err.Error(), "is a directory") {
			t.Errorf("%s has a note and is not there: %v", path, err)
		}
		if _, twice := out[path]; twice {
			path += " again"
		}
		out[path] = string(content)
	}
	files, err := os.ReadDir(filepath.Join(trash, "files"))
	if err != nil || len(files) != len(notes) {
		t.Errorf("%d notes for %d files, %v", len(notes), len(files), err)
	}
	return out
}

func TestTrash(t *testing.T) {
	home := trashHome(t)
	dir := t.TempDir()
	want := map[string]string{}
	for i, name := range []string{
		"film.mp4", "a b", "100%.mp4", "漢字.mp4", "new\nline", "a\xffb", "#?&=+;:@$'\"\\", ".hidden", "-rf", "Path=x",
		strings.Repeat("long", 63) + "wxy", strings.Repeat("漢", 85), strings.Repeat("n", 244) + ".mp4",
	} {
		path := write(t, filepath.Join(dir, name), strconv.Itoa(i))
		if err := Trash(t.Context(), path); err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		if _, err := os.Lstat(path); !os.IsNotExist(err) {
			t.Errorf("%q is still there", name)
		}
		want[path] = strconv.Itoa(i)
	}
	if got := inTrash(t, home); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("in the trash are\n%q\nwant\n%q", got, want)
	}
	for _, folder := range []string{home, home + "/files", home + "/info"} {
		if info, err := os.Stat(folder); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s is %v, %v", folder, info.Mode(), err)
		}
	}
}

// TestTrashKeepsEveryOne: the same name again and again, also where a file
// lies in the trash without a note.
func TestTrashKeepsEveryOne(t *testing.T) {
	home := trashHome(t)
	path := filepath.Join(t.TempDir(), "film.mp4")
	write(t, filepath.Join(home, "files", "film.2.mp4"), "of another program")
	for i := range 4 {
		if err := Trash(t.Context(), write(t, path, strconv.Itoa(i))); err != nil {
			t.Fatal(err)
		}
	}
	for name, content := range map[string]string{"film.mp4": "0", "film.2.mp4": "of another program", "film.3.mp4": "1", "film.4.mp4": "2", "film.5.mp4": "3"} {
		if got, err := os.ReadFile(filepath.Join(home, "files", name)); err != nil || string(got) != content {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	notes, err := os.ReadDir(filepath.Join(home, "info"))
	if err != nil || len(notes) != 4 {
		t.Errorf("%d notes, %v", len(notes), err)
	}
}

// TestTrashFolderAndLink: a folder goes with what is in it, a link without
// what it leads to.
func TestTrashFolderAndLink(t *testing.T) {
	home := trashHome(t)
	dir := t.TempDir()
	kept := write(t, filepath.Join(dir, "kept"), "kept")
	write(t, filepath.Join(dir, "folder", "deep", "file"), "deep")
	if err := os.Symlink(kept, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"folder/", "link"} {
		if err := Trash(t.Context(), filepath.Join(dir, name)+strings.Repeat("/", strings.Count(name, "/"))); err != nil {
			t.Fatal(err)
		}
	}
	if b, err := os.ReadFile(kept); err != nil || string(b) != "kept" {
		t.Errorf("the link's target: %q, %v", b, err)
	}
	if b, err := os.ReadFile(filepath.Join(home, "files", "folder", "deep", "file")); err != nil || string(b) != "deep" {
		t.Errorf("in the folder: %q, %v", b, err)
	}
	if got := inTrash(t, home); got[filepath.Join(dir, "link")] != "kept" || len(got) != 2 {
		t.Errorf("in the trash are %q", got)
	}
}

func TestTrashErrors(t *testing.T) {
	home := trashHome(t)
	dir := t.TempDir()
	wantKind(t, Trash(t.Context(), filepath.Join(dir, "gone")), app.NotFound, filepath.Join(dir, "gone"))
	wantKind(t, Trash(t.Context(), "gone"), app.Internal, "gone")
	path := write(t, filepath.Join(dir, "film.mp4"), "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Trash(ctx, path); err != context.Canceled {
		t.Errorf("with a context that has ended: %v", err)
	}
	write(t, home, "no folder")
	wantKind(t, Trash(t.Context(), path), app.DiskFault, path)
	if _, err := os.Stat(path); err != nil {
		t.Errorf("it failed, and the file is gone: %v", err)
	}
}

// TestTrashOnAnotherDisk: nothing is copied; the disk gets a trash at its top,
// and paths in it are from there.
func TestTrashOnAnotherDisk(t *testing.T) {
	home := trashHome(t)
	disk := otherDisk(t)
	uid := strconv.Itoa(os.Getuid())
	path := write(t, filepath.Join(disk, "deep", "er", "a b.mp4"), "film")
	if err := Trash(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(disk, ".Trash-"+uid)
	if got := inTrash(t, own); got["deep/er/a b.mp4"] != "film" {
		t.Errorf("in the disk's trash are %q", got)
	}
	if info, err := os.Stat(own); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info, err)
	}
	if got := inTrash(t, home); len(got) != 0 {
		t.Errorf("in the home's trash are %q", got)
	}

	// A second mount of the same disk, even inside it, is a place of its own:
	// nothing can be renamed from one to the other.
	again := filepath.Join(disk, "again")
	if err := os.Mkdir(again, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount(filepath.Join(disk, "deep"), again, "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	defer unix.Unmount(again, unix.MNT_DETACH)
	if err := Trash(t.Context(), write(t, filepath.Join(again, "x", "b.mp4"), "bound")); err != nil {
		t.Fatal(err)
	}
	if got := inTrash(t, filepath.Join(again, ".Trash-"+uid)); got["x/b.mp4"] != "bound" {
		t.Errorf("in the trash of the second mount are %q", got)
	}
}

// TestSharedTrash: the administrator's trash is used where it is safe, and
// else passed over.
func TestSharedTrash(t *testing.T) {
	uid := strconv.Itoa(os.Getuid())
	for name, row := range map[string]struct {
		prepare func(shared string) error
		shared  bool
	}{
		"sticky": {func(p string) error {
			return join(os.Mkdir(p, 0o777), os.Chmod(p, 0o777|os.ModeSticky))
		}, true},
		"not sticky": {func(p string) error { return os.Mkdir(p, 0o777) }, false},
		"a link": {func(p string) error {
			return join(os.Mkdir(p+"x", 0o777), os.Chmod(p+"x", 0o777|os.ModeSticky), os.Symlink(p+"x", p))
		}, false},
		"a file": {func(p string) error { return os.WriteFile(p, nil, 0o600) }, false},
		"a link inside": {func(p string) error {
			return join(os.Mkdir(p, 0o777), os.Chmod(p, 0o777|os.ModeSticky), os.Mkdir(p+"y", 0o700), os.Symlink(p+"y", filepath.Join(p, uid)))
		}, false},
		"of another user": {func(p string) error {
			mine := filepath.Join(p, uid)
			return join(os.Mkdir(p, 0o777), os.Chmod(p, 0o777|os.ModeSticky), os.Mkdir(mine, 0o777), os.Chown(mine, 4711, 4711))
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			trashHome(t)
			disk := otherDisk(t)
			if err := row.prepare(filepath.Join(disk, ".Trash")); err != nil {
				t.Fatal(err)
			}
			if err := Trash(t.Context(), write(t, filepath.Join(disk, "film.mp4"), "film")); err != nil {
				t.Fatal(err)
			}
			at := filepath.Join(disk, ".Trash-"+uid)
			if row.shared {
				at = filepath.Join(disk, ".Trash", uid)
			}
			if got := inTrash(t, at); got["film.mp4"] != "film" {
				t.Errorf("%s has %q", at, got)
			}
		})
	}
}

func join(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// TestTrashRefusesALinkForATrash: a disk's trash that leads elsewhere is not
// used, and the file stays.
func TestTrashRefusesALinkForATrash(t *testing.T) {
	trashHome(t)
	disk := otherDisk(t)
	elsewhere := t.TempDir()
	if err := os.Symlink(elsewhere, filepath.Join(disk, ".Trash-"+strconv.Itoa(os.Getuid()))); err != nil {
		t.Fatal(err)
	}
	path := write(t, filepath.Join(disk, "film.mp4"), "film")
	wantKind(t, Trash(t.Context(), path), app.ReadOnly, "Grove may not write to "+path)
	if b, err := os.ReadFile(path); err != nil || string(b) != "film" {
		t.Errorf("it failed, and the file is %q, %v", b, err)
	}
	if left, err := os.ReadDir(elsewhere); err != nil || len(left) > 0 {
		t.Errorf("elsewhere has %v, %v", left, err)
	}
}

// TestTrashOnADiskOnlyToRead says so, and leaves no note behind.
func TestTrashOnADiskOnlyToRead(t *testing.T) {
	home := trashHome(t)
	disk := otherDisk(t)
	path := write(t, filepath.Join(disk, "film.mp4"), "film")
	if err := unix.Mount("tmpfs", disk, "tmpfs", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	wantKind(t, Trash(t.Context(), path), app.ReadOnly, path)
	if notes, err := os.ReadDir(filepath.Join(home, "info")); err != nil || len(notes) > 0 {
		t.Errorf("notes of nothing: %v, %v", notes, err)
	}
}

func TestTrashName(t *testing.T) {
	for _, row := range []struct {
		base string
		n    int
		want string
	}{
		{"film.mp4", 1, "film.mp4"},
		{"film.mp4", 2, "film.2.mp4"},
		{"film", 12, "film.12"},
		{".hidden", 2, ".2.hidden"},
		{"a." + strings.Repeat("e", 20), 2, "a." + strings.Repeat("e", 20) + ".2"},
		{strings.Repeat("n", 255), 1, strings.Repeat("n", 245)},
		{strings.Repeat("n", 251) + ".mp4", 3, strings.Repeat("n", 239) + ".3.mp4"},
		{strings.Repeat("漢", 85), 1, strings.Repeat("漢", 81)},
	} {
		got := trashName(row.base, row.n)
		if got != row.want || len(got)+len(noteSuffix) > 255 {
			t.Errorf("%.20q, %d: %q; want %q", row.base, row.n, got, row.want)
		}
	}
}
