package storetest

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"grove/app"
	"grove/app/apptest"
)

func createAndWrite(t *testing.T, s app.Store) {
	made := apptest.Package(t, apptest.Options{})
	p := create(t, s, record(t, made), made)
	have := write(t, p, made)
	wantPieces(t, p, made, have)
	for _, off := range []int64{0, 1, 1000} {
		b := make([]byte, 77)
		if err := p.ReadPiece(1, b, off); err != nil || !bytes.Equal(b, made.Piece(1)[off:off+77]) {
			t.Errorf("bytes from %d are wrong; %v", off, err)
		}
	}
	closePayload(t, p)
	closePayload(t, p)
	if err := p.ReadPiece(0, make([]byte, 1), 0); err == nil {
		t.Error("a closed payload can be read")
	}
}

func badCalls(t *testing.T, s app.Store) {
	made := apptest.Package(t, apptest.Options{})
	rec := record(t, made)
	p := create(t, s, rec, made)
	defer closePayload(t, p)
	last := made.Pieces()
	long := make([]byte, len(made.Piece(0))+1)
	for name, err := range map[string]error{
		"read a piece beyond the last":    p.ReadPiece(last, make([]byte, 1), 0),
		"read a piece before the first":   p.ReadPiece(-1, make([]byte, 1), 0),
		"read beyond the end of a piece":  p.ReadPiece(0, long, 0),
		"read before a piece":             p.ReadPiece(0, make([]byte, 1), -1),
		"read from beyond a piece":        p.ReadPiece(0, nil, 1<<62),
		"write a piece beyond the last":   p.WritePiece(last, made.Piece(0)),
		"write a piece before the first":  p.WritePiece(-1, made.Piece(0)),
		"write too much":                  p.WritePiece(0, long),
		"write too little":                p.WritePiece(0, made.Piece(0)[1:]),
		"save a bitmap of another length": p.Checkpoint(rec, app.NewBitmap(last+1)),
		"save another transfer's record":  p.Checkpoint(app.Record{ID: uuid.New()}, app.NewBitmap(last)),
	} {
		if err == nil {
			t.Errorf("it is possible to %s", name)
		}
	}
	for _, target := range []string{"", ".", "..", "a/b", `a\b`, "/a", "../a"} {
		bad := record(t, made)
		bad.Target = target
		_, _, _, err := s.Create(bad, made.Described())
		want(t, err, app.BadInput)
	}
	bad := record(t, made)
	bad.Folder = "relative"
	_, _, _, err := s.Create(bad, made.Described())
	want(t, err, app.BadInput)
}

func checkpoint(t *testing.T, s app.Store) {
	made := apptest.Package(t, apptest.Options{Poster: []byte("a picture")})
	rec := record(t, made)
	p := create(t, s, rec, made)
	have := write(t, p, made, 0, 3, made.Pieces()-1)
	rec.Counts.Peers = 12_345
	if err := p.Checkpoint(rec, have); err != nil {
		t.Fatal(err)
	}
	write(t, p, made, 5) // and no checkpoint
	closePayload(t, p)
	records, err := s.LoadTransfers()
	if err != nil || len(records) != 1 || records[0].Counts.Peers != 12_345 {
		t.Fatalf("after the checkpoint: %+v, %v", records, err)
	}
	p = reopen(t, s, rec, have)
	wantPieces(t, p, made, have)
	less := have.Clone()
	less.Clear(3) // it turned out to be wrong
	if err := p.Checkpoint(rec, less); err != nil {
		t.Fatal(err)
	}
	closePayload(t, p)
	reopen(t, s, rec, less)
}

func adoptPart(t *testing.T, s app.Store) {
	made := apptest.Package(t, apptest.Options{})
	rec := record(t, made)
	p := create(t, s, rec, made)
	have := write(t, p, made, 1, 2)
	if err := p.Checkpoint(rec, have); err != nil {
		t.Fatal(err)
	}
	second := rec
	second.ID = uuid.New()
	_, _, _, err := s.Create(second, made.Described())
	want(t, err, app.TargetExists) // the first transfer is still at it
	closePayload(t, p)
	_, _, _, err = s.Create(second, made.Described())
	want(t, err, app.TargetExists) // and will go on with it
	if err := s.DeleteTransfer(rec.ID); err != nil {
		t.Fatal(err)
	}
	other := apptest.Package(t, apptest.Options{Name: "other", Seed: 9})
	third := rec
	third.ID, third.Package = uuid.New(), other.Package.ID
	_, _, _, err = s.Create(third, other.Described())
	want(t, err, app.TargetExists)
	p, got, recheck, err := s.Create(second, made.Described())
	if err != nil || recheck || !bytes.Equal(got.Bytes(), have.Bytes()) {
		t.Fatalf("adopted %x, recheck %v, %v; want %x", got.Bytes(), recheck, err, have.Bytes())
	}
	wantPieces(t, p, made, have)
	closePayload(t, p)
}

func targetExists(t *testing.T, s app.Store) {
	made := apptest.Package(t, apptest.Options{})
	rec := record(t, made)
	put(t, onDisk(rec), "mine")
	_, _, _, err := s.Create(rec, made.Described())
	want(t, err, app.TargetExists)
	if b, err := os.ReadFile(onDisk(rec)); err != nil || string(b) != "mine" {
		t.Errorf("the user's file is %q, %v", b, err)
	}
}

func finishFolder(t *testing.T, s app.Store) {
	made := apptest.Package(t, apptest.Options{})
	rec := record(t, made)
	p := create(t, s, rec, made)
	have := write(t, p, made)
	finish(t, p, &rec)
	wantPieces(t, p, made, have)
	if again, err := p.Finish(rec); err != nil || again != rec.Path {
		t.Errorf("finished again: %q, %v", again, err)
	}
	closePayload(t, p)
	wantFiles(t, rec.Path, made)
	p = reopen(t, s, rec, have)
	wantPieces(t, p, made, have)
	if err := p.WritePiece(0, made.Piece(0)); err == nil {
		t.Error("a finished file can be written")
	}
}

func finishFile(t *testing.T, s app.Store) {
	made := oneFile(t)
	rec := record(t, made)
	p := create(t, s, rec, made)
	have := write(t, p, made)
	if err := p.Checkpoint(rec, have); err != nil {
		t.Fatal(err)
	}
	finish(t, p, &rec)
	wantPieces(t, p, made, have)
	closePayload(t, p)
	if b, err := os.ReadFile(onDisk(rec)); err != nil || !bytes.Equal(b, made.Content[0]) {
		t.Errorf("the file is not the package's; %v", err)
	}
	if left, err := os.ReadDir(rec.Folder); err != nil || len(left) != 1 {
		t.Errorf("beside the file there is %v, %v", left, err)
	}
	reopen(t, s, rec, have)
}

func selection(t *testing.T, s app.Store) {
	made := apptest.Package(t, apptest.Options{})
	rec := record(t, made)
	rec.Selected = []int{1, 3} // the empty one, and the last
	p := create(t, s, rec, made)
	first, end := made.Package.Layout.FilePieces(3)
	var pieces []int
	for i := first; i < end; i++ {
		pieces = append(pieces, i)
	}
	have := write(t, p, made, pieces...)
	if err := p.WritePiece(0, made.Piece(0)); err == nil {
		t.Error("a piece of a file that was not selected can be written")
	}
	finish(t, p, &rec)
	wantPieces(t, p, made, have)
	closePayload(t, p)
	var found []string
	err := filepath.WalkDir(rec.Path, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			found = append(found, filepath.Base(name))
		}
		return err
	})
	if err != nil || len(found) != 2 || found[0] != "b-empty.txt" || found[1] != "d-even.bin" {
		t.Errorf("finished files: %v, %v", found, err)
	}
	reopen(t, s, rec, have)
}

func finishOccupied(t *testing.T, s app.Store) {
	made := apptest.Package(t, apptest.Options{})
	rec := record(t, made)
	p := create(t, s, rec, made)
	have := write(t, p, made)
	if err := os.Mkdir(onDisk(rec), 0o755); err != nil { // even an empty folder
		t.Fatal(err)
	}
	_, err := p.Finish(rec)
	want(t, err, app.TargetExists)
	wantPieces(t, p, made, have)
	write(t, p, made, 0)
	rec.Target = "another name"
	finish(t, p, &rec)
	closePayload(t, p)
	wantFiles(t, rec.Path, made)
	reopen(t, s, rec, have)

	made = oneFile(t)
	rec = record(t, made)
	p = create(t, s, rec, made)
	write(t, p, made)
	put(t, onDisk(rec), "mine")
	_, err = p.Finish(rec)
	want(t, err, app.TargetExists)
	closePayload(t, p)
	if b, err := os.ReadFile(onDisk(rec)); err != nil || string(b) != "mine" {
		t.Errorf("the user's file is %q, %v", b, err)
	}
}

func shareInPlace(t *testing.T, s app.Store) {
	for _, made := range []*apptest.Made{apptest.Package(t, apptest.Options{}), oneFile(t)} {
		rec := shared(t, made)
		p, err := s.Adopt(rec, made.Described())
		if err != nil {
			t.Fatal(err)
		}
		all := app.FullBitmap(made.Pieces())
		wantPieces(t, p, made, all)
		closePayload(t, p)
		p = reopen(t, s, rec, all)
		wantPieces(t, p, made, all)
		closePayload(t, p)
		if err := s.Remove(rec); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(rec.Path); err != nil {
			t.Errorf("removing the transfer took the user's files: %v", err)
		}
	}
}

func sharedChanges(t *testing.T, s app.Store) {
	made := apptest.Package(t, apptest.Options{})
	rec := shared(t, made)
	first := filepath.Join(rec.Path, "a-long.bin")
	// The new content has the same size, but never the same time.
	put(t, first, string(bytes.Repeat([]byte{7}, len(made.Content[0]))))
	if err := os.Chtimes(first, time.Time{}, time.Unix(1_700_000_000, 0)); err != nil {
		t.Fatal(err)
	}
	p, err := s.Adopt(rec, made.Described())
	if err != nil {
		t.Fatal(err)
	}
	closePayload(t, p)
	put(t, first, string(made.Content[0]))
	p, _, have, recheck, err := s.Open(rec)
	if err != nil || !recheck {
		t.Fatalf("recheck %v, %v of a file that changed", recheck, err)
	}
	// What the caller found right is saved, and good from then on.
	if err := p.Checkpoint(rec, have); err != nil {
		t.Fatal(err)
	}
	wantPieces(t, p, made, have)
	closePayload(t, p)
	closePayload(t, reopen(t, s, rec, have))
	if err := os.Remove(first); err != nil {
		t.Fatal(err)
	}
	_, _, _, _, err = s.Open(rec)
	want(t, err, app.FileChanged)
	again := rec
	again.ID = uuid.New()
	_, err = s.Adopt(again, made.Described())
	want(t, err, app.FileChanged)
}

func removeFinished(t *testing.T, s app.Store) {
	made := apptest.Package(t, apptest.Options{})
	rec := record(t, made)
	p := create(t, s, rec, made)
	write(t, p, made)
	finish(t, p, &rec)
	closePayload(t, p)
	if err := s.Remove(rec); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, rec.Path, made)
	if _, _, _, _, err := s.Open(rec); err == nil {
		t.Error("a removed transfer can be opened")
	}
}

func removePart(t *testing.T, s app.Store) {
	made := apptest.Package(t, apptest.Options{})
	rec := record(t, made)
	p := create(t, s, rec, made)
	write(t, p, made, 0)
	closePayload(t, p)
	for range 2 { // removing what is not there is no error
		if err := s.Remove(rec); err != nil {
			t.Fatal(err)
		}
	}
	if left, err := os.ReadDir(rec.Folder); err != nil || len(left) != 0 {
		t.Errorf("left in the folder: %v, %v", left, err)
	}
	_, _, _, _, err := s.Open(rec)
	want(t, err, app.NotFound)
}

func concurrent(t *testing.T, s app.Store) {
	made := apptest.Package(t, apptest.Options{})
	rec := record(t, made)
	p := create(t, s, rec, made)
	have := app.NewHaveSet(app.NewBitmap(made.Pieces()))
	var all sync.WaitGroup
	for worker := range 3 {
		all.Go(func() {
			for i := worker; i < made.Pieces(); i += 3 {
				if err := p.WritePiece(i, made.Piece(i)); err != nil {
					t.Error(err)
				}
				have.Add(i)
				b := make([]byte, len(made.Piece(i)))
				if err := p.ReadPiece(i, b, 0); err != nil || !bytes.Equal(b, made.Piece(i)) {
					t.Errorf("piece %d: %v", i, err)
				}
			}
		})
		all.Go(func() {
			for range 3 {
				now, _ := have.Snapshot()
				if err := p.Checkpoint(rec, now); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	full, _ := have.Snapshot()
	if err := p.Checkpoint(rec, full); err != nil {
		t.Fatal(err)
	}
	all.Go(func() { wantPieces(t, p, made, full) })
	finish(t, p, &rec)
	all.Wait()
	closePayload(t, p)
	wantFiles(t, rec.Path, made)
}

func free(t *testing.T, s app.Store) {
	n, err := s.Free(filepath.Join(t.TempDir(), "not", "there"))
	if err != nil || n <= 0 {
		t.Errorf("%d bytes free, %v", n, err)
	}
}

// shared is a record of made's files in a folder of the user's.
func shared(t *testing.T, made *apptest.Made) app.Record {
	t.Helper()
	rec := record(t, made)
	rec.State = app.Seeding
	rec.Path = t.TempDir()
	made.WriteFiles(t, rec.Path)
	if files := made.Package.Manifest.Files; len(files) == 1 {
		rec.Path = filepath.Join(rec.Path, files[0].Path[0])
	}
	return rec
}

func finish(t *testing.T, p app.Payload, rec *app.Record) {
	t.Helper()
	path, err := p.Finish(*rec)
	if err != nil {
		t.Fatalf("Finish: %v", err)
	}
	if path != onDisk(*rec) {
		t.Fatalf("finished as %q, want %q", path, onDisk(*rec))
	}
	rec.Path, rec.State = path, app.Done
}

// wantFiles compares every file of a package of several with what is at path.
func wantFiles(t *testing.T, path string, made *apptest.Made) {
	t.Helper()
	for n, f := range made.Package.Manifest.Files {
		name := filepath.Join(append([]string{path}, f.Path...)...)
		if b, err := os.ReadFile(name); err != nil || !bytes.Equal(b, made.Content[n]) {
			t.Errorf("%s is not the package's; %v", name, err)
		}
	}
}

func put(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
