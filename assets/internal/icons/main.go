// Command icons draws everything in assets that is a picture of Grove's own:
// the line icons, the program's icon in all its sizes, and the icons for a
// panel. Run it by "go generate ./assets" after a
// change.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if err := write("."); err != nil {
		fmt.Fprintln(os.Stderr, "icons:", err)
		os.Exit(1)
	}
}

func write(folder string) error {
	all, err := files()
	if err != nil {
		return err
	}
	for name, content := range all {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// files are all pictures by their path in assets.
func files() (map[string][]byte, error) {
	all := map[string][]byte{}
	for name, strokes := range lines {
		shape, err := outline(strokes, lineWidth)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all["icons/"+name+".svg"] = shape.svg(lineBox)
	}
	mark, err := outline(markStrokes, markWidth)
	if err != nil {
		return nil, err
	}
	all["icons/mark.svg"] = mark.svg(markBox)
	if err := program(all); err != nil {
		return nil, err
	}
	return all, nil
}
