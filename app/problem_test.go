package app

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"grove/app/pack"
)

// TestProblemsAreClosed walks the list: every kind that is declared has its
// row, and every row says who acts, what happens next and what to press.
func TestProblemsAreClosed(t *testing.T) {
	declared := constants(t, "problem.go", "ProblemKind")
	if len(declared) != len(kinds) {
		t.Errorf("%d kinds are declared, %d have a meaning", len(declared), len(kinds))
	}
	exits := map[int]bool{1: true, 2: true, 3: true, 6: true, 7: true, 9: true, 11: true, 13: true,
		17: true, 29: true, 32: true, 33: true, 34: true, 35: true}
	for _, k := range declared {
		m, ok := kinds[ProblemKind(k)]
		if !ok {
			t.Errorf("%s has no meaning", k)
			continue
		}
		if m.Actor == 0 || m.Retry == 0 || m.Advice == "" || m.Button == "" || len(m.Button) > 20 {
			t.Errorf("%s: %+v has a gap", k, m)
		}
		if !exits[m.Exit] {
			t.Errorf("%s: exit code %d is not in the table", k, m.Exit)
		}
		if n := strings.Count(m.Sentence, "%s"); n != 1 || !strings.HasSuffix(m.Sentence, ".") {
			t.Errorf("%s: %q needs the subject once and a full stop", k, m.Sentence)
		}
	}
}

// TestEveryReasonIsAProblem: nothing app/pack refuses ends as an internal
// error.
func TestEveryReasonIsAProblem(t *testing.T) {
	for _, r := range pack.Reasons() {
		p := AsProblem(FromPack(&pack.Error{Reason: r, Subject: "x"}))
		if p.Kind == Internal || p.Kind == BadPackage && r != pack.BadManifest && r != pack.BadHashes {
			t.Errorf("%s became %s", r, p.Kind)
		}
	}
}

// TestSavedProblems: whatever a database says, the user gets a sentence.
func TestSavedProblems(t *testing.T) {
	for saved, want := range map[string]ProblemKind{"no-space": NoSpace, "": Internal, "of-a-newer-grove": Internal} {
		s := newState(1, DefaultSettings())
		id := uuid.New()
		s.step(time.Now(), evAdd{rec: Record{ID: id, State: Failed, Problem: saved}})
		if p := s.find(id).problem; p.Kind != want || p.Meaning().Exit == 0 {
			t.Errorf("%q became %s", saved, p.Kind)
		}
	}
}

func TestAsProblemFindsTheCause(t *testing.T) {
	p := NewProblem(NoSpace, "/f", errors.New("ENOSPC"))
	if got := AsProblem(fmt.Errorf("writing: %w", p)); got != p {
		t.Errorf("got %v", got)
	}
	if got := AsProblem(errors.New("odd")); got.Kind != Internal || got.Err == nil {
		t.Errorf("got %v", got)
	}
	if AsProblem(nil) != nil {
		t.Error("nil is a problem")
	}
}

// constants returns the values of the string constants of a type in a file.
func constants(t *testing.T, file, typ string) []string {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	f, err := parser.ParseFile(token.NewFileSet(), file, src, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	ast.Inspect(f, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if id, ok := v.Type.(*ast.Ident); ok && id.Name == typ {
			for _, x := range v.Values {
				out = append(out, strings.Trim(x.(*ast.BasicLit).Value, `"`))
			}
		}
		return true
	})
	return out
}
