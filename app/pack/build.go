package pack

import "crypto/sha256"

// Build collects the files of a package to be signed: the one road by which a
// manifest gets its files and its hash list. Not safe for concurrent use.
type Build struct {
	piece int64
	files []File
	list  []byte
}

// NewBuild begins a package with pieces of piece bytes (PieceSizeFor).
func NewBuild(piece int64) *Build { return &Build{piece: piece} }

// Add appends a file with what HashFile returned for it. Reasons: BadName,
// BadHashes where the piece hashes are not as many as the size asks for.
func (b *Build) Add(path []string, whole Hash, pieces []byte, size int64) error {
	if err := CheckPath(path); err != nil {
		return err
	}
	if want := (size + b.piece - 1) / b.piece * sha256.Size; int64(len(pieces)) != want {
		return refuse(BadHashes, show(File{Path: path}.Name()), "%d bytes of piece hashes instead of %d", len(pieces), want)
	}
	b.files = append(b.files, File{Path: append([]string(nil), path...), Size: size, SHA256: whole})
	b.list = append(b.list, pieces...)
	return nil
}

// List is the hash list: what lies beside the .grove file as ID.HashesName.
func (b *Build) List() []byte { return b.list }

// Fill sets what m says about its files: Piece, Files and Hashes.
func (b *Build) Fill(m *Manifest) {
	m.Piece, m.Files, m.Hashes = b.piece, b.files, sha256.Sum256(b.list)
}
