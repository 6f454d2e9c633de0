package app_test

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"grove/app"
	"grove/app/apptest"
)

func TestPublisherIsNamedAndBlocked(t *testing.T) {
	inWorld(t, 4*miB, func(w *world) {
		ctx := w.t.Context()
		key := w.made.Package.Manifest.Publisher
		if err := w.engine.SetPublisher(ctx, key, "Anna", false); kindOf(err) != app.NotFound {
			t.Errorf("a key never seen: %v", err)
		}
		o := w.inspect()
		if v := w.view(o); v.Publisher != (app.Publisher{Key: key}) {
			t.Errorf("an offer's publisher %+v", v.Publisher)
		}
		w.did(w.engine.Accept(ctx, o, app.Choice{Folder: "/f"}))
		synctest.Wait()
		if v := w.view(o); v.Publisher.Packages != 1 || v.Publisher.FirstSeen.IsZero() {
			t.Errorf("after the yes %+v", v.Publisher)
		}
		w.did(w.engine.SetPublisher(ctx, key, "  Anna ✿ 日本 ", true))
		if v := w.view(o); v.Publisher.Name != "Anna ✿ 日本" || !v.Publisher.Blocked || v.Publisher.Packages != 1 {
			t.Errorf("named %+v", v.Publisher)
		}

		again := w.inspect() // one may look
		if !again.Publisher.Blocked || again.Publisher.Name != "Anna ✿ 日本" {
			t.Errorf("offered by %+v", again.Publisher)
		}
		err := w.engine.Accept(ctx, again, app.Choice{Folder: "/g"})
		if p := app.AsProblem(err); p == nil || p.Kind != app.Refused || p.Subject != "Anna ✿ 日本" {
			t.Errorf("accepted from a blocked publisher: %v", err)
		}
		if v := w.view(again); v.State != app.Offered {
			t.Errorf("%s", v.State)
		}
		w.did(w.engine.SetPublisher(ctx, key, "", true))
		err = w.engine.Accept(ctx, again, app.Choice{Folder: "/g"})
		if p := app.AsProblem(err); p == nil || p.Subject != key.Fingerprint() {
			t.Errorf("named by %v", err)
		}
		w.did(w.engine.SetPublisher(ctx, key, "", false))
		w.did(w.engine.Accept(ctx, again, app.Choice{Folder: "/g"}))

		w.did(w.engine.SetPublisher(ctx, key, "kept", true))
		w.restart()
		if v := w.view(o); v.Publisher.Name != "kept" || !v.Publisher.Blocked || v.Publisher.Packages != 2 {
			t.Errorf("after a restart %+v", v.Publisher)
		}
		all, err := w.engine.Publishers(ctx)
		if err != nil || len(all) != 1 || all[0] != w.view(o).Publisher {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

func TestPublisherNames(t *testing.T) {
	inWorld(t, miB, func(w *world) {
		key := w.made.Package.Manifest.Publisher
		w.accept(app.Choice{})
		for _, bad := range []string{strings.Repeat("ä", 61), "a\nb", "a\u202eb", "a\u200bb", "a\u2028b", "a\xffb", "\x1b[31m", "a\tb"} {
			if err := w.engine.SetPublisher(w.t.Context(), key, bad, false); kindOf(err) != app.BadInput {
				t.Errorf("%q: %v", bad, err)
			}
		}
		for _, good := range []string{"", strings.Repeat("ä", 60), "أحمد", "<b>Bob</b>", "😀 e\u0301"} {
			if err := w.engine.SetPublisher(w.t.Context(), key, good, false); err != nil {
				t.Errorf("%q: %v", good, err)
			}
		}
	})
}

// TestNothingIsLostBetweenWriters: names and counts are written by different
// hands.
func TestNothingIsLostBetweenWriters(t *testing.T) {
	inWorld(t, miB, func(w *world) {
		ctx, key := w.t.Context(), w.made.Package.Manifest.Publisher
		w.did(w.engine.Accept(ctx, w.inspect(), app.Choice{Folder: "/0"}))
		synctest.Wait()
		var offers []*app.Offer
		for range 10 {
			offers = append(offers, w.inspect())
		}
		var all sync.WaitGroup
		for _, o := range offers {
			all.Go(func() { w.did(w.engine.Accept(ctx, o, app.Choice{Folder: "/" + o.ID.String()})) })
			all.Go(func() { w.did(w.engine.SetPublisher(ctx, key, "name", false)) })
		}
		all.Wait()
		synctest.Wait()
		saved, _ := w.store.LoadPublishers()
		if p := saved[0]; p.Packages != 11 || p.Name != "name" || p.FirstSeen.IsZero() || p != w.snap().Transfers[0].Publisher {
			t.Errorf("%+v, shown as %+v", p, w.snap().Transfers[0].Publisher)
		}
	})
}

func TestPublishersAreSorted(t *testing.T) {
	inWorld(t, miB, func(w *world) {
		for i, name := range []string{"", "zoe", "Adam", "", "bob"} {
			key := apptest.Package(w.t, apptest.Options{Seed: uint64(i)}).Package.Manifest.Publisher
			w.did(w.store.SavePublisher(app.Publisher{Key: key, Name: name, FirstSeen: w.begun.AddDate(0, 0, i)}))
		}
		all, err := w.engine.Publishers(w.t.Context())
		w.did(err)
		var names []string
		for _, p := range all {
			names = append(names, p.Name)
		}
		if got := strings.Join(names, ","); got != "Adam,bob,zoe,," || !all[3].FirstSeen.After(all[4].FirstSeen) {
			t.Errorf("%s; %v", got, all)
		}
	})
}
