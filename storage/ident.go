package storage

import "os"

// ident is by what a file is known again: if none of it changed, nobody wrote
// to the file. The time of the last change of any kind is left out on
// purpose: a hard link, a changed permission or a backup program moves it and
// leaves the content alone.
type ident struct {
	Size    int64  `json:"size"`           // bytes
	Written int64  `json:"written"`        // last change of the content, Unix nanoseconds
	Inode   uint64 `json:"inode,omitzero"` // 0 where unknown
}

func identOf(info os.FileInfo) ident {
	return ident{Size: info.Size(), Written: info.ModTime().UnixNano(), Inode: inode(info)}
}
