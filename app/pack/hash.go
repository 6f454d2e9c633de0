package pack

import "crypto/sha256"

// HashList holds 32 bytes a piece; made by CheckHashes only.
type HashList []byte

// At returns the hash of piece i.
func (l HashList) At(i int) Hash { return Hash(l[i*sha256.Size:]) }

// Len is the number of pieces.
func (l HashList) Len() int { return len(l) / sha256.Size }

// Matches reports whether b is piece i. The one line where bytes are verified.
func (l HashList) Matches(i int, b []byte) bool {
	return i >= 0 && i < l.Len() && Hash(sha256.Sum256(b)) == l.At(i)
}

// CheckHashes verifies a hash list against the manifest and returns it, not
// copied. Reason BadHashes.
func (p *Package) CheckHashes(list []byte) (HashList, error) {
	if want := p.Layout.Pieces() * sha256.Size; len(list) != want {
		return nil, refuse(BadHashes, "hash list", "%d bytes instead of %d", len(list), want)
	}
	if Hash(sha256.Sum256(list)) != p.Manifest.Hashes {
		return nil, refuse(BadHashes, "hash list", "another hash than the package says")
	}
	return HashList(list), nil
}

// CheckPoster verifies a poster blob against the manifest. Reason BadHashes.
func (p *Package) CheckPoster(blob []byte) error {
	switch {
	case p.Manifest.Poster == Hash{}:
		return refuse(BadHashes, "poster", "the package has none")
	case len(blob) > MaxPoster:
		return refuse(BadHashes, "poster", "%d bytes, at most %d are allowed", len(blob), MaxPoster)
	case Hash(sha256.Sum256(blob)) != p.Manifest.Poster:
		return refuse(BadHashes, "poster", "another hash than the package says")
	}
	return nil
}
