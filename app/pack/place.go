package pack

import (
	"crypto/sha256"
	"errors"
	"fmt"
)

// maxDepot is the longest base URL of a depot in bytes: the longest path of a
// file, all percent-encoded, still fits into an address behind it.
const maxDepot = MaxURL - len("d/") - placeLength - len("/") - 3*MaxPath

var (
	errNoFolder  = errors.New("the address of a depot ends in / and has no query")
	errLongDepot = fmt.Errorf("longer than %d bytes", maxDepot)
)

const (
	placeBytes  = 20 // of the hash: enough that nobody guesses one
	placeLength = placeBytes * 8 / 5
)

// Place is where a depot puts the files of a package on the web: 32 characters
// of base32 for a path. It follows from what is known before the package is
// signed, so that the manifest can name the address, and for a private share
// from its secret, without which nobody finds it. secret is nil for a package
// that is not private.
func Place(publisher PublicKey, hashes Hash, secret []byte) string {
	h := sha256.New()
	h.Write([]byte("grove-place-1"))
	h.Write(publisher[:])
	h.Write(hashes[:])
	h.Write(secret)
	return idText.EncodeToString(h.Sum(nil)[:placeBytes])
}
