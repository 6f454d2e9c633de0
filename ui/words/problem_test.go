package words

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"grove/app"
)

// problemKinds are the kinds that app declares.
func problemKinds(t *testing.T) (kinds []app.ProblemKind) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "../../app/problem.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == 1 {
			if id, ok := v.Type.(*ast.Ident); ok && id.Name == "ProblemKind" {
				kinds = append(kinds, app.ProblemKind(unquote(t, v.Values[0])))
			}
		}
		return true
	})
	if len(kinds) < 26 {
		t.Fatalf("only %d kinds of problem were found", len(kinds))
	}
	return kinds
}

func unquote(t *testing.T, e ast.Expr) string {
	t.Helper()
	s, err := strconv.Unquote(e.(*ast.BasicLit).Value)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestProblems(t *testing.T) {
	kinds := problemKinds(t)
	for key := range texts(t)["problem"]["en"] {
		if kind := strings.Split(key, ".")[1]; !slices.Contains(kinds, app.ProblemKind(kind)) {
			t.Errorf("%s is told of no problem", key)
		}
	}
	for _, tag := range Languages {
		w := New(tag)
		seen := map[string]app.ProblemKind{}
		for _, k := range kinds {
			sentence, advice, button := w.Problem(app.NewProblem(k, "SUBJECT", errors.New("cause")))
			all := sentence + "\n" + advice + "\n" + button
			if k != app.Internal && seen[sentence] == "" {
				seen[sentence] = k
			} else if o := seen[sentence]; o != "" {
				t.Errorf("%s: %s and %s are told alike", tag, k, o)
			}
			if strings.Contains(all, "[") || sentence == "" || advice == "" || button == "" {
				t.Errorf("%s: %s has a gap: %q", tag, k, all)
			}
			// Two kinds have a subject in the engine's own English.
			if told := strings.Contains(sentence, "SUBJECT"); told == (k == app.Stopped || k == app.Internal) {
				t.Errorf("%s: %s: %q", tag, k, sentence)
			}
			if n := len([]rune(button)); n > 22 {
				t.Errorf("%s: %s: the button %q has %d characters", tag, k, button, n)
			}
			for _, terminal := range []string{"--", "GROVE_", "grove resume", "docs/", ".md", "`", "cause"} {
				if strings.Contains(all, terminal) {
					t.Errorf("%s: %s: %q is of the terminal: %q", tag, k, terminal, all)
				}
			}
		}
	}
}

func TestProblemSubjects(t *testing.T) {
	for _, c := range []struct {
		tag     string
		kind    app.ProblemKind
		subject string
		want    string
	}{
		{"en", app.WrongBytes, "dl.example.org", "dl.example.org answered with other bytes than the publisher signed."},
		{"en", app.NoSource, "", "Nobody who has — answers."},
		{"en", app.NoSource, "\u202efdp\x1b[2J", "Nobody who has fdp[2J answers."},
		{"en", app.NoSource, "شريط", "Nobody who has \u2068شريط\u2069 answers."},
		{"en", app.NoSource, "{{.subject}} %s $(calc) <b>", "Nobody who has {{.subject}} %s $(calc) <b> answers."},
		{"en", app.BadInput, "There is no such offer any more.", "This cannot be done: There is no such offer any more."},
		{"de", app.Expired, time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC).Format("2 January 2006"), "Der Herausgeber hat dieses Paket befristet; es ist abgelaufen: 1. März 2027."},
		{"de", app.Expired, "soon", "Der Herausgeber hat dieses Paket befristet; es ist abgelaufen: soon."},
		{"en", "of-a-newer-grove", "x", "Something went wrong inside Grove."},
		{"en", "", "x", "Something went wrong inside Grove."},
		{"en", "bad-link.sentence", "x", "Something went wrong inside Grove."},
	} {
		if got, _, _ := New(c.tag).Problem(app.NewProblem(c.kind, c.subject, nil)); got != c.want {
			t.Errorf("%s of %q: %q, not %q", c.kind, c.subject, got, c.want)
		}
	}
	path := "/home/" + strings.Repeat("x", 300)
	if got, _, _ := New("en").Problem(app.NewProblem(app.ReadOnly, path, nil)); len(got) > 220 || !strings.Contains(got, "xx…") {
		t.Errorf("a path of 306 characters: %q", got)
	}
}

// TestEvents: whatever app writes to a log has a label.
func TestEvents(t *testing.T) {
	files, err := filepath.Glob("../../app/*.go")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 3 {
				return true
			}
			if sel, ok := call.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "log" {
				if lit, ok := call.Args[1].(*ast.BasicLit); ok {
					names[unquote(t, lit)] = true
				}
			}
			return true
		})
	}
	if len(names) < 14 {
		t.Fatalf("only %d events were found", len(names))
	}
	for name := range names {
		if !New("en").has("event." + name) {
			t.Errorf("the event %q has no label", name)
		}
	}
	for _, m := range texts(t)["event"]["en"] {
		if name := strings.TrimPrefix(m.key, "event."); !names[name] {
			t.Errorf("nothing logs %q", name)
		}
	}
	w := New("de")
	for name, want := range map[string]string{"wrong_bytes": "Falsche Bytes", "of_a_newer_grove": "of_a_newer_grove", "a\x1b\u202eb": "ab", "": ""} {
		if got := w.Event(name); got != want {
			t.Errorf("%q is told as %q, not %q", name, got, want)
		}
	}
}
