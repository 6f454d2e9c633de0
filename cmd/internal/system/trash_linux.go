package system

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Trash moves the file or folder at path, which is absolute, into the trash,
// from where a file manager can bring it back. What cannot be moved there
// stays where it is: nothing is deleted, and nothing copied.
//
// It follows the FreeDesktop.org Trash specification 1.0: into the trash of
// the user's home, or that of the disk the file is on.
func Trash(ctx context.Context, path string) error {
	path, err := absolute(path)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := os.Lstat(path); err != nil {
		return trouble(err, path)
	}
	home, err := homeTrash()
	if err != nil {
		return trouble(err, path)
	}
	err = moveInto(home, path, path)
	if errors.Is(err, syscall.EXDEV) {
		err = trashOnDisk(path)
	}
	return trouble(err, path)
}

// homeTrash is the folder that holds files and info.
func homeTrash() (string, error) {
	data := os.Getenv("XDG_DATA_HOME")
	if !filepath.IsAbs(data) {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", err
		}
		data = filepath.Join(home, ".local", "share")
	}
	return filepath.Join(data, "Trash"), nil
}

// trashOnDisk moves path into a trash at the top of its disk. There, a path
// is noted from the top, so that the disk may be mounted elsewhere later.
func trashOnDisk(path string) error {
	top, err := topOf(path)
	if err != nil {
		return err
	}
	from, err := filepath.Rel(top, path)
	if err != nil {
		return err
	}
	uid := strconv.Itoa(os.Getuid())
	// The administrator's trash for everybody counts only where it is a real
	// folder in which nobody can take away what another put there.
	shared := filepath.Join(top, ".Trash")
	if info, err := os.Lstat(shared); err == nil && info.IsDir() && info.Mode()&fs.ModeSticky != 0 {
		if moveIntoOwn(filepath.Join(shared, uid), path, from) == nil {
			return nil
		}
	}
	return moveIntoOwn(filepath.Join(top, ".Trash-"+uid), path, from)
}

// moveIntoOwn is moveInto for a trash in a folder that others may write to:
// it must be the user's own, and no link.
func moveIntoOwn(trash, path, from string) error {
	if err := os.Mkdir(trash, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := os.Lstat(trash)
	if err != nil {
		return err
	}
	if st, ok := info.Sys().(*syscall.Stat_t); !info.IsDir() || ok && int(st.Uid) != os.Getuid() {
		return &fs.PathError{Op: "trash", Path: trash, Err: fs.ErrPermission}
	}
	return moveInto(trash, path, from)
}

// topOf is the topmost folder on path's way that is on the same disk, and
// mounted with it: a file can be renamed to anywhere below it.
func topOf(path string) (string, error) {
	top := filepath.Dir(path)
	disk, err := diskOf(top)
	if err != nil {
		return "", err
	}
	for top != "/" {
		above, err := diskOf(filepath.Dir(top))
		if err != nil || above != disk {
			return top, err
		}
		top = filepath.Dir(top)
	}
	return top, nil
}

// disk tells disks apart, and mounts of one disk where the kernel says so
// (Linux 5.8).
type disk struct {
	major, minor uint32
	mount        uint64
}

func diskOf(folder string) (disk, error) {
	var st unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, folder, unix.AT_STATX_DONT_SYNC, unix.STATX_MNT_ID, &st); err != nil {
		return disk{}, &fs.PathError{Op: "statx", Path: folder, Err: err}
	}
	return disk{st.Dev_major, st.Dev_minor, st.Mnt_id}, nil
}

// moveInto moves path into a trash folder, made where it is not there, with
// from as the place it is brought back to. The note is written first.
func moveInto(trash, path, from string) error {
	files, info := filepath.Join(trash, "files"), filepath.Join(trash, "info")
	if err := errors.Join(os.MkdirAll(files, 0o700), os.MkdirAll(info, 0o700)); err != nil {
		return err
	}
	note := fmt.Sprintf("[Trash Info]\nPath=%s\nDeletionDate=%s\n",
		(&url.URL{Path: from}).EscapedPath(), time.Now().Format("2006-01-02T15:04:05"))
	for n := 1; ; n++ {
		name := trashName(filepath.Base(path), n)
		noted := filepath.Join(info, name+noteSuffix)
		err := writeNew(noted, note)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return err
		}
		err = renameNew(path, filepath.Join(files, name))
		if err == nil {
			return nil
		}
		_ = os.Remove(noted) // the error that led here says more
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
}

const noteSuffix = ".trashinfo"

// trashName is the n-th name to try for base: with a number before the
// extension, and short enough for its note.
func trashName(base string, n int) string {
	ext := filepath.Ext(base)
	if len(ext) > 16 {
		ext = ""
	}
	stem := base[:len(base)-len(ext)]
	if n > 1 {
		ext = "." + strconv.Itoa(n) + ext
	}
	if room := 255 - len(noteSuffix) - len(ext); len(stem) > room {
		stem = strings.ToValidUTF8(stem[:room], "")
	}
	return stem + ext
}

// writeNew fails with fs.ErrExist where something has the name.
func writeNew(path, content string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(content)
	if err := errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(path)
		return err
	}
	return nil
}

// renameNew fails with fs.ErrExist where something has the new name.
func renameNew(from, to string) error {
	if _, err := os.Lstat(to); err == nil {
		return &fs.PathError{Op: "rename", Path: to, Err: fs.ErrExist}
	}
	return os.Rename(from, to)
}
