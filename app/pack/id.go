package pack

// ParseID reads the text form; only the one spelling that String gives.
// Reason BadLink.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) != idText.EncodedLen(len(id)) {
		return ID{}, refuse(BadLink, showStart(s), "a package ID has %d characters", idText.EncodedLen(len(id)))
	}
	// Decoding ignores line ends and the four bits that are left over; the
	// comparison does not.
	b, err := idText.DecodeString(s)
	if err == nil && len(b) == len(id) {
		copy(id[:], b)
	}
	if err != nil || id.String() != s {
		return ID{}, refuse(BadLink, showStart(s), "not a package ID")
	}
	return id, nil
}

// HashesName and PosterName are the names of the side files beside the
// .grove file: "<id>.hashes", "<id>.poster".
func (id ID) HashesName() string { return id.String() + ".hashes" }

// PosterName: see HashesName.
func (id ID) PosterName() string { return id.String() + ".poster" }

// MarshalText gives String's form.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText takes String's form only.
func (id *ID) UnmarshalText(b []byte) error {
	read, err := ParseID(string(b))
	if err != nil {
		return err
	}
	*id = read
	return nil
}
