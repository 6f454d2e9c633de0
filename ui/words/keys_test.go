package words

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// builtKeys are the beginnings of the keys that the program puts together. What
// follows is written out in the window's source, but for those that say where
// else it comes from; other tests hold those to it.
var builtKeys = []struct{ begin, elsewhere string }{
	{"problem.", "app: the kinds of problem"},
	{"event.", "app: the events of a log"},
	{"unit.month.", "the number of the month"},
	{"window.", ""},
	{"window.notice_", ""},
	{"downloads.act.", ""},
	{"downloads.detail.", ""},
	{"downloads.filter.", ""},
	{"downloads.overview.", ""},
	{"downloads.pieces.", ""},
	{"downloads.source.", ""},
}

// builtEnds are put behind a key to make that of a text beside it.
var builtEnds = []string{"_yes", "_body", "_found"}

// use is a call of T or N with a key that is written out.
type use struct {
	at      token.Position
	key     string
	plural  bool
	args    []string // the names given, where all of them are written out
	unknown bool     // args is not all
}

// uses finds the calls of T and N in the source of the window, and every
// string that is written out there.
func uses(t *testing.T) (calls []use, strs map[string]bool) {
	t.Helper()
	set, strs := token.NewFileSet(), map[string]bool{}
	for _, root := range []string{"..", "../../cmd/grove-desktop"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			f, err := parser.ParseFile(set, path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(f, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.BasicLit:
					if n.Kind == token.STRING {
						strs[unquote(t, n)] = true
					}
				case *ast.CallExpr:
					if u, ok := useOf(t, n); ok {
						u.at = set.Position(n.Pos())
						calls = append(calls, u)
					}
				}
				return true
			})
			return nil
		})
		if err != nil && root == ".." {
			t.Fatal(err)
		}
	}
	return calls, strs
}

func useOf(t *testing.T, call *ast.CallExpr) (u use, ok bool) {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) == 0 || sel.Sel.Name != "T" && sel.Sel.Name != "N" {
		return u, false
	}
	lit, ok := call.Args[0].(*ast.BasicLit)
	if !ok {
		return u, false
	}
	u = use{key: unquote(t, lit), plural: sel.Sel.Name == "N", unknown: call.Ellipsis.IsValid()}
	rest := call.Args[1:]
	if u.plural && len(rest) > 0 {
		u.args, rest = []string{"n"}, rest[1:]
	}
	for i := 0; i < len(rest); i += 2 {
		if name, ok := rest[i].(*ast.BasicLit); ok {
			u.args = append(u.args, unquote(t, name))
		} else {
			u.unknown = true
		}
	}
	return u, true
}

// TestUsedKeys: each key that the window asks for exists, is asked for as what
// it is, and gets what it refers to.
func TestUsedKeys(t *testing.T) {
	calls, _ := uses(t)
	if len(calls) < 50 {
		t.Fatalf("only %d calls were found", len(calls))
	}
	all := texts(t)
	for _, u := range calls {
		area, _, _ := strings.Cut(u.key, ".")
		m, ok := all[area]["en"][u.key]
		switch {
		case !ok:
			t.Errorf("%s: there is no %s", u.at, u.key)
			continue
		case u.plural != m.plural():
			t.Errorf("%s: %s has plural forms: %t", u.at, u.key, m.plural())
		}
		for _, name := range m.placeholders() {
			if !u.unknown && !slices.Contains(u.args, name) {
				t.Errorf("%s: %s refers to {{.%s}} and is given %v", u.at, u.key, name, u.args)
			}
		}
		for _, name := range u.args {
			if name != "n" && !slices.Contains(m.placeholders(), name) {
				t.Errorf("%s: %s does not refer to {{.%s}}", u.at, u.key, name)
			}
		}
	}
}

// TestUnusedKeys: no text is kept that nothing shows, and nothing stands in
// the tables above that no text needs.
func TestUnusedKeys(t *testing.T) {
	_, strs := uses(t)
	met := map[string]bool{}
	used := func(key string) bool {
		ok := strs[key]
		for _, built := range builtKeys {
			rest, found := strings.CutPrefix(key, built.begin)
			if found && !strs[key] && (built.elsewhere != "" || strs[rest]) {
				ok, met[built.begin] = true, true
			}
		}
		return ok
	}
	for _, langs := range texts(t) {
		for _, key := range slices.Sorted(maps.Keys(langs["en"])) {
			ok := used(key)
			for _, end := range builtEnds {
				if base, found := strings.CutSuffix(key, end); found && !ok && used(base) {
					ok, met[end] = true, true
				}
			}
			if !ok {
				t.Errorf("nothing shows %s", key)
			}
		}
	}
	for _, built := range builtKeys {
		if !met[built.begin] {
			t.Errorf("no key has to be built with %q", built.begin)
		}
	}
	for _, end := range builtEnds {
		if !met[end] {
			t.Errorf("no key has to be built with %q", end)
		}
	}
}
