package pack

import (
	"bytes"
	"testing"
)

// Debian's minisign 0.11 is the other side of every format in this file.

func TestMinisignChecksOurPackage(t *testing.T) {
	minisignProgram(t)
	dir := t.TempDir()
	m, _ := fixedManifest(t)
	grove := mustSign(t, m, fixedKey(t, 1))
	write(t, dir, "p.grove", grove)
	run(t, dir, "", "sh", "-c", "head -n 4 p.grove > sig && tail -n +5 p.grove > body")
	run(t, dir, "", "minisign", "-V", "-m", "body", "-x", "sig", "-P", m.Publisher.String())
	write(t, dir, "pub", []byte(m.Publisher.FileText()))
	run(t, dir, "", "minisign", "-V", "-m", "body", "-x", "sig", "-p", "pub")
}

func TestMinisignSignsWithOurKeyFile(t *testing.T) {
	minisignProgram(t)
	dir := t.TempDir()
	key := fixedKey(t, 1)
	file, err := key.MarshalFile("")
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "key", file)
	m, _ := fixedManifest(t)
	openSignedBy(t, dir, m, "")
}

func TestMinisignSignsWithOurProtectedKeyFile(t *testing.T) {
	minisignProgram(t)
	onceForScrypt(t)
	dir := t.TempDir()
	key := fixedKey(t, 1)
	file, err := key.MarshalFile("correct horse")
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "key", file)
	m, _ := fixedManifest(t)
	openSignedBy(t, dir, m, "correct horse\n")
}

func TestOpenMinisignKeyFile(t *testing.T) {
	minisignProgram(t)
	dir := t.TempDir()
	run(t, dir, "", "minisign", "-G", "-W", "-p", "pub", "-s", "key")
	key, err := OpenKeyFile(read(t, dir, "key"), "")
	if err != nil {
		t.Fatal(err)
	}
	if got := []byte(key.Public().String()); !bytes.Contains(read(t, dir, "pub"), got) {
		t.Fatalf("public key %s is not in\n%s", got, read(t, dir, "pub"))
	}
	m, _ := fixedManifest(t)
	m.Publisher = key.Public()
	openSignedBy(t, dir, m, "")
}

func TestOpenProtectedMinisignKeyFile(t *testing.T) {
	minisignProgram(t)
	onceForScrypt(t)
	dir := t.TempDir()
	run(t, dir, "pass word\npass word\n", "minisign", "-G", "-p", "pub", "-s", "key")
	file := read(t, dir, "key")
	if protected, err := KeyFileProtected(file); err != nil || !protected {
		t.Fatalf("protected: %v, %v", protected, err)
	}
	_, err := OpenKeyFile(file, "")
	wantReason(t, err, WrongPass)
	_, err = OpenKeyFile(file, "password")
	wantReason(t, err, WrongPass)
	key, err := OpenKeyFile(file, "pass word")
	if err != nil {
		t.Fatal(err)
	}
	if got := []byte(key.Public().String()); !bytes.Contains(read(t, dir, "pub"), got) {
		t.Fatalf("public key %s is not in\n%s", got, read(t, dir, "pub"))
	}
}

// openSignedBy has minisign sign the manifest with dir/key and opens the
// result.
func openSignedBy(t *testing.T, dir string, m Manifest, passphrase string) {
	t.Helper()
	m.Type, m.V = manifestType, Version
	body := m.encode(nil)
	write(t, dir, "body", body)
	run(t, dir, passphrase, "minisign", "-S", "-m", "body", "-x", "sig", "-s", "key", "-t", trustedComment(body, m.Seq))
	p, err := Open(append(read(t, dir, "sig"), body...))
	if err != nil {
		t.Fatal(err)
	}
	if p.Publisher() != m.Publisher {
		t.Fatalf("publisher %s, want %s", p.Publisher(), m.Publisher)
	}
}

// onceForScrypt keeps the tests that take 1 GiB for a moment out of short
// runs, and out of those with the race detector, which makes them ten times
// slower and has nothing to find in them.
func onceForScrypt(t *testing.T) {
	t.Helper()
	if testing.Short() || raceDetector {
		t.Skip("takes 1 GiB for a moment")
	}
}
