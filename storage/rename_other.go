//go:build !linux && !darwin && !windows

package storage

import "os"

// renameNew renames from to to, both in root, and fails with fs.ErrExist if
// there is something at to.
func renameNew(root *os.Root, from, to string) error { return renameChecked(root, from, to) }
