package app

import (
	"bytes"
	"cmp"

	"grove/app/pack"
)

// Describe writes down what lists show of the package: Name, Size, Files,
// Publisher and Expires.
func (r *Record) Describe(p *pack.Package) {
	m := p.Manifest
	r.Name, r.Publisher, r.Expires = m.Name, m.Publisher, m.Expires
	r.Size, r.Files = p.Layout.Size(), len(m.Files)
	if r.Selected == nil {
		return
	}
	r.Size, r.Files = 0, len(r.Selected)
	for _, f := range r.Selected {
		r.Size += m.Files[f].Size
	}
}

// Shared reports whether the transfer is made of files that were here before.
func (r *Record) Shared() bool { return r.Folder == "" && r.Path != "" }

// place orders the list: by creation, until the user moves a transfer between
// two others. The unit is a microsecond.
func (r *Record) place() int64 {
	if r.Order != 0 {
		return r.Order
	}
	return r.Created.UnixMicro()
}

// Compare orders records as the list shows them.
func (r *Record) Compare(o *Record) int {
	return cmp.Or(cmp.Compare(r.place(), o.place()), bytes.Compare(r.ID[:], o.ID[:]))
}
