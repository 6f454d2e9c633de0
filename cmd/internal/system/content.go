package system

import (
	"bytes"
	"errors"
	"io"
	"os"

	"grove/app"
)

// headSize is how much of a file is looked at. Systems that choose a program
// by content look at less.
const headSize = 4 << 10

// programs are the first bytes of what must not be opened under the name of a
// film: programs, scripts, documents that can do things, and archives, which
// hold any of them.
var programs = []struct{ magic, what string }{
	{"\x7fELF", "a program"},
	{"MZ", "a program"},
	{"\xfe\xed\xfa\xce", "a program"}, {"\xfe\xed\xfa\xcf", "a program"}, // Mach-O
	{"\xce\xfa\xed\xfe", "a program"}, {"\xcf\xfa\xed\xfe", "a program"},
	{"\xca\xfe\xba\xbe", "a program"}, {"\xbe\xba\xfe\xca", "a program"}, // universal Mach-O, and Java
	{"\xca\xfe\xba\xbf", "a program"}, {"\xbf\xba\xfe\xca", "a program"},
	{"\x00asm", "a program"},
	{"#!", "a script"},
	{"L\x00\x00\x00\x01\x14\x02\x00", "a shortcut"},
	{"%PDF-", "a document"}, {"%!", "a document"}, {`{\rtf`, "a document"},
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a document"},
	{"PK\x03\x04", "an archive"}, {"PK\x05\x06", "an archive"}, {"Rar!", "an archive"}, {"7z\xbc\xaf", "an archive"},
	{"\x1f\x8b", "an archive"}, {"\xfd7zXZ", "an archive"}, {"BZh", "an archive"}, {"MSCF", "an archive"}, {"!<arch>", "an archive"},
}

// texts are what a text is that says so in a line of its own.
var texts = []struct{ line, what string }{
	{"[Desktop Entry]", "a shortcut"}, {"[KDE Desktop Entry]", "a shortcut"}, {"[InternetShortcut]", "a shortcut"},
}

// disguise says what the file that begins with head is, if it is not what its
// name says; "" for nothing known.
func disguise(head []byte) string {
	for _, b := range [][]byte{head, plainText(head)} {
		for _, p := range programs {
			if bytes.HasPrefix(b, []byte(p.magic)) {
				return p.what
			}
		}
	}
	text := plainText(head)
	// HTML, XML, SVG. No subtitles begin so, and of films one kind, by chance.
	if bytes.HasPrefix(text, []byte("<")) && !isTransportStream(head) {
		return "a page"
	}
	for line := range bytes.Lines(text) {
		for _, t := range texts {
			if bytes.EqualFold(bytes.TrimSpace(line), []byte(t.line)) {
				return t.what
			}
		}
	}
	return ""
}

// isTransportStream reports whether head is of the kind of film (m2ts) whose
// packets begin with four bytes of the time and then a G.
func isTransportStream(head []byte) bool {
	const packet = 192
	return len(head) > 4+2*packet && head[4] == 'G' && head[4+packet] == 'G' && head[4+2*packet] == 'G'
}

// plainText is head without what a reader of text passes over at its
// beginning, and UTF-16 without its zero bytes.
func plainText(head []byte) []byte {
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		head = bytes.ReplaceAll(head[2:], []byte{0}, nil)
	}
	return bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n\v\f")
}

// checkContent refuses what is no regular file, and what is something else
// than its name says.
func checkContent(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return trouble(err, path)
	}
	if !info.Mode().IsRegular() {
		return refuseOpen(path, "it is not a file")
	}
	f, err := os.Open(path)
	if err != nil {
		return trouble(err, path)
	}
	defer f.Close()
	head := make([]byte, headSize)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return trouble(err, path)
	}
	if what := disguise(head[:n]); what != "" {
		return refuseOpen(path, "it is "+what+" under another name")
	}
	return nil
}

// refuseOpen is about what Grove does not open.
func refuseOpen(what, why string) error {
	return app.NewProblem(app.UnsafeFile, what, errors.New(why))
}
