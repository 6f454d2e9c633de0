package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"grove/app"
	"grove/app/pack"
	"grove/cmd/internal/files"
	"grove/cmd/internal/sharing"
)

func newVerify(t *terminal) *cobra.Command {
	var grove string
	var asJSON bool
	c := &cobra.Command{
		Use:   "verify PATH --package FILE.grove",
		Short: "Compare files with what was signed",
		Long: `Compare files with what was signed.

PATH is the file of the package, or the folder that its files lie in. With the
hash list (ID.hashes) beside FILE.grove it says which pieces differ, without it
only which files do. Nothing is changed and nothing is fetched.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			lead, err := sharing.ReadGrove(grove)
			if err != nil {
				return err
			}
			v := verifying{t: t, json: asJSON}
			if v.pack, err = pack.Open(lead.Grove); err != nil {
				return app.FromPack(err)
			}
			if lead.Hashes != nil {
				if v.list, err = v.pack.CheckHashes(lead.Hashes); err != nil {
					return app.FromPack(err)
				}
			}
			return v.run(c.Context(), args[0])
		},
	}
	c.Flags().StringVar(&grove, "package", "", "the signed description of the files")
	_ = c.MarkFlagRequired("package") // it fails for a flag that is not there
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line")
	return c
}

// verifying is one run of grove verify.
type verifying struct {
	t    *terminal
	json bool
	pack *pack.Package
	list pack.HashList // nil: not at hand

	meter  *meter
	done   int64 // bytes read
	sum    verifySummary
	folder string
	single string // the name in folder of a package's only file; "" where PATH is the folder
}

// fileVerdict is what became of one file, for --json.
type fileVerdict struct {
	stamp
	Path   string `json:"path"`
	Result string `json:"result"` // same, differs, missing or unreadable
	// Pieces are the numbers, in the package, of those that differ. nil where
	// they are not known.
	Pieces []int `json:"pieces,omitempty"`
	// Bytes are in those pieces, or in the whole file.
	Bytes  int64  `json:"bytes_differing"`
	Reason string `json:"reason,omitempty"`
}

type verifySummary struct {
	stamp
	Package   pack.ID `json:"package"`
	Files     int     `json:"files"`
	Same      int     `json:"files_same"`
	Differing int     `json:"files_differing"`
	Missing   int     `json:"files_missing"`
	Bytes     int64   `json:"bytes_differing"`
	Pieces    bool    `json:"pieces_known"`
}

func (v *verifying) run(ctx context.Context, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return files.ReadProblem(path, err)
	}
	v.folder = path
	if !info.IsDir() {
		if len(v.pack.Manifest.Files) != 1 {
			return app.NewProblem(app.BadInput, fmt.Sprintf("The package has %d files; PATH is the folder they lie in", len(v.pack.Manifest.Files)), nil)
		}
		v.folder, v.single = filepath.Dir(path), filepath.Base(path)
	}
	root, err := os.OpenRoot(v.folder)
	if err != nil {
		return files.ReadProblem(v.folder, err)
	}
	defer root.Close()
	v.meter = newMeter(v.t, "checking")
	v.meter.at(0, v.pack.Size())
	defer v.meter.end()
	v.sum = verifySummary{Package: v.pack.ID, Pieces: v.list != nil}
	for f := range v.pack.Manifest.Files {
		verdict, err := v.file(ctx, root, f)
		if err != nil {
			return err
		}
		v.count(verdict)
		if err := v.tell(verdict); err != nil {
			return err
		}
	}
	return v.end(path)
}

// file compares file f of the package.
func (v *verifying) file(ctx context.Context, root *os.Root, f int) (fileVerdict, error) {
	want := v.pack.Manifest.Files[f]
	verdict := fileVerdict{Path: want.Name(), Result: "missing", Bytes: want.Size}
	name := filepath.FromSlash(want.Name())
	if v.single != "" {
		name = v.single
	}
	switch info, err := root.Lstat(name); {
	case errors.Is(err, fs.ErrNotExist):
		return verdict, nil
	case err == nil && !info.Mode().IsRegular():
		verdict.Result, verdict.Reason = "unreadable", "not a plain file"
		return verdict, nil
	}
	file, err := root.Open(name)
	if err != nil {
		verdict.Result, verdict.Reason = "unreadable", err.Error()
		return verdict, nil
	}
	defer file.Close()
	whole, pieces, size, err := pack.HashFile(files.Counted(ctx, file, v.read), v.pack.Manifest.Piece)
	switch {
	case ctx.Err() != nil:
		return verdict, ctx.Err()
	case err != nil:
		verdict.Result, verdict.Reason = "unreadable", err.Error()
		return verdict, nil
	case whole == want.SHA256 && size == want.Size:
		verdict.Result, verdict.Bytes = "same", 0
		return verdict, nil
	}
	verdict.Result = "differs"
	if size != want.Size {
		verdict.Reason = fmt.Sprintf("%d bytes instead of %d", size, want.Size)
	}
	if v.list != nil {
		verdict.Pieces, verdict.Bytes = v.differing(f, pieces)
	}
	return verdict, nil
}

func (v *verifying) read(n int) {
	v.done += int64(n)
	v.meter.at(v.done, v.pack.Size())
}

// differing lists the pieces of file f whose hashes are not the signed ones,
// and the bytes in them.
func (v *verifying) differing(f int, hashes []byte) (pieces []int, bytes int64) {
	const size = len(pack.Hash{})
	first, end := v.pack.Layout.FilePieces(f)
	for i := first; i < end; i++ {
		at := (i - first) * size
		if len(hashes) >= at+size && pack.Hash(hashes[at:at+size]) == v.list.At(i) {
			continue
		}
		pieces = append(pieces, i)
		bytes += v.pack.Layout.Span(i).Length
	}
	return pieces, bytes
}

func (v *verifying) count(f fileVerdict) {
	v.sum.Files++
	v.sum.Bytes += f.Bytes
	switch f.Result {
	case "same":
		v.sum.Same++
	case "missing":
		v.sum.Missing++
	default:
		v.sum.Differing++
	}
}

func (v *verifying) tell(f fileVerdict) error {
	if v.json {
		f.stamp = newStamp("file")
		return v.t.printJSON(f)
	}
	v.meter.end()
	line := fmt.Sprintf("%-10s  %s", f.Result, foreign(f.Path))
	if f.Reason != "" {
		line += "  " + clean(f.Reason)
	}
	if len(f.Pieces) > 0 {
		line += "  " + pieceRanges(f.Pieces) + ", " + sizeText(f.Bytes)
	}
	_, err := fmt.Fprintln(v.t.out, line)
	return err
}

// end prints the sum, and is the problem of a difference.
func (v *verifying) end(path string) error {
	v.meter.end()
	s := v.sum
	if v.json {
		s.stamp = newStamp("summary")
		if err := v.t.printJSON(s); err != nil {
			return err
		}
	} else if v.list == nil {
		v.t.say("Without %s beside the package only whole files are compared.", v.pack.ID.HashesName())
	}
	if s.Same == s.Files {
		v.t.say("All of %s is what %s signed.", path, v.pack.Publisher().Fingerprint())
		return nil
	}
	var parts []string
	if s.Differing > 0 {
		parts = append(parts, count(s.Differing, "file differs", "files differ"))
	}
	if s.Missing > 0 {
		parts = append(parts, count(s.Missing, "file is missing", "files are missing"))
	}
	return app.NewProblem(app.Differs, path, fmt.Errorf("%s; %d of %d bytes are concerned", strings.Join(parts, ", "), s.Bytes, v.pack.Size()))
}

// pieceRanges is "piece 3" or "pieces 3, 7-9".
func pieceRanges(pieces []int) string {
	const most = 12 // ranges in one line
	var parts []string
	for i := 0; i < len(pieces); {
		j := i
		for j+1 < len(pieces) && pieces[j+1] == pieces[j]+1 {
			j++
		}
		if len(parts) == most {
			parts = append(parts, "and more")
			break
		}
		if i == j {
			parts = append(parts, fmt.Sprint(pieces[i]))
		} else {
			parts = append(parts, fmt.Sprintf("%d-%d", pieces[i], pieces[j]))
		}
		i = j + 1
	}
	if len(pieces) == 1 {
		return "piece " + parts[0]
	}
	return "pieces " + strings.Join(parts, ", ")
}
