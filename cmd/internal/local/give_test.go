package local

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"grove/app"
	"grove/app/apptest"
)

// What is no measure changes nothing and is refused; what is one holds for what
// the engine has and for what is only saved.
func TestGive(t *testing.T) {
	data, store := t.TempDir(), apptest.NewStore()
	old := app.Record{ID: uuid.UUID{1}, Name: "old", State: app.Done, Folder: "/in", Target: "old", Path: "/in/old", After: true, Files: 1}
	live := app.Record{ID: uuid.UUID{2}, Name: "live", State: app.Paused, Folder: "/in", Target: "live", Size: 5}
	for _, r := range []app.Record{old, live} {
		if err := store.SaveTransfer(r); err != nil {
			t.Fatal(err)
		}
	}
	_, e := serveFrom(t, data, store)
	if err := e.Restore(t.Context(), live); err != nil {
		t.Fatal(err)
	}
	key := publicKey(t)
	for body, want := range map[string]int{
		"":                                     http.StatusBadRequest,
		"more":                                 http.StatusBadRequest,
		"{}":                                   http.StatusBadRequest,
		`{"give":"more"}`:                      http.StatusBadRequest,
		`{"transfer":"1b9d"}`:                  http.StatusBadRequest,
		fmt.Sprintf(`{"transfer":%q}`, old.ID): http.StatusBadRequest,
		fmt.Sprintf(`{"transfer":%q,"give":"more","soon":true}`, old.ID):                    http.StatusBadRequest,
		fmt.Sprintf(`{"transfer":%q,"give":"plenty"}`, old.ID):                              http.StatusBadRequest,
		fmt.Sprintf(`{"transfer":%q,"give":"plenty"}`, live.ID):                             http.StatusBadRequest,
		fmt.Sprintf(`{"transfer":%q,"give":"more","publisher":%q,"budget":1}`, old.ID, key): http.StatusBadRequest,
		fmt.Sprintf(`{"publisher":%q}`, key):                                                http.StatusBadRequest,
		fmt.Sprintf(`{"publisher":%q,"budget":-1}`, key):                                    http.StatusBadRequest,
		`{"publisher":"me","budget":1}`:                                                     http.StatusBadRequest,
		fmt.Sprintf(`{"transfer":%q,"give":"more"}`, uuid.UUID{9}):                          http.StatusNotFound,
		fmt.Sprintf(`{"publisher":%q,"budget":1}`, key):                                     http.StatusNotFound,
	} {
		r, err := http.NewRequestWithContext(soon(t), http.MethodPost, "http://grove/v1/give", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		var said refusal
		if code := answered(t, data, r, &said); code != want || said.Problem == nil || said.Problem.Kind != map[int]app.ProblemKind{400: app.BadInput, 404: app.NotFound}[want] {
			t.Errorf("%s: %d, %+v", body, code, said.Problem)
		}
	}
	gives := func() (all []app.Give) {
		listed, err := NewClient(data).Transfers(soon(t))
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range listed {
			all = append(all, l.Give)
		}
		return all
	}
	if g := gives(); g[0] != "" || g[1] != "" {
		t.Errorf("what was refused was done: %q", g)
	}
	for _, id := range []uuid.UUID{old.ID, live.ID} {
		if err := NewClient(data).Give(soon(t), Measure{Transfer: id, Give: "less"}); err != nil {
			t.Error(err)
		}
	}
	if g := gives(); g[0] != app.GiveLess || g[1] != app.GiveLess {
		t.Errorf("%q", g)
	}
	if err := store.SavePublisher(app.Publisher{Key: key, Name: "Films"}); err != nil {
		t.Fatal(err)
	}
	budget := int64(5)
	if err := NewClient(data).Give(soon(t), Measure{Publisher: key, Budget: &budget}); err != nil {
		t.Error(err)
	}
	all, err := NewClient(data).Publishers(soon(t))
	if err != nil || len(all) != 1 || all[0] != (Publisher{key, key.Fingerprint(), "Films", 5, 0}) {
		t.Errorf("%+v, %v", all, err)
	}
}
