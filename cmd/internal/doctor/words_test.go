package doctor

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestOwnWordsAreHarmless: what Grove itself says about a connection is not
// taken out of a bundle. GROVE_GOLDEN=update adds the words that are missing.
func TestOwnWordsAreHarmless(t *testing.T) {
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	sources = append(sources, "../../../app/problem.go", "../../../app/reach.go", "../../../p2p/report.go")
	missing := map[string]bool{}
	for _, path := range sources {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		for _, s := range literals(t, path) {
			for _, w := range wordsOf(s) {
				if !harmless[w] {
					missing[w] = true
				}
			}
		}
	}
	if len(missing) == 0 {
		return
	}
	var all []string
	for w := range missing {
		all = append(all, w)
	}
	slices.Sort(all)
	if os.Getenv("GROVE_GOLDEN") != "update" {
		t.Fatalf("not in words.txt: %q; look whether they are harmless, then GROVE_GOLDEN=update", all)
	}
	if err := os.WriteFile("words.txt", []byte(wrapped(append(all, strings.Fields(wordList)...))), 0o644); err != nil {
		t.Fatal(err)
	}
}

// literals are the texts in a source file, but for imports, tags and patterns.
func literals(t *testing.T, path string) (out []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Field:
			n.Tag = nil
		case *ast.BasicLit:
			if n.Kind == token.STRING && n.Value[0] == '"' {
				s, err := strconv.Unquote(n.Value)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, s)
			}
		}
		return true
	})
	return out
}

var notWords = regexp.MustCompile(`%[-+# 0-9.]*[a-zA-Z]|\S*[/\\]\S*|\S*[0-9_]\S*|[A-Za-z]+\.[A-Za-z.]+|--\S+`)

// wordsOf are the words of a sentence.
func wordsOf(s string) (out []string) {
	for _, w := range regexp.MustCompile(`[A-Za-z]+`).FindAllString(notWords.ReplaceAllString(s, " "), -1) {
		if w != strings.ToUpper(w) || len(w) < 2 { // ADDRESS, NAME
			out = append(out, strings.ToLower(w))
		}
	}
	return out
}

// wrapped is the list of words, each once, in lines.
func wrapped(all []string) string {
	slices.Sort(all)
	var b strings.Builder
	line := 0
	for _, w := range slices.Compact(all) {
		switch {
		case line == 0:
		case line+len(w) >= 110:
			b.WriteByte('\n')
			line = 0
		default:
			b.WriteByte(' ')
			line++
		}
		b.WriteString(w)
		line += len(w)
	}
	return b.String() + "\n"
}
