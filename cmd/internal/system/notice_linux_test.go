package system

import (
	"context"
	"encoding/xml"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"grove/cmd/internal/system/bustest"
)

func newNotifier(t *testing.T) *Notifier {
	t.Helper()
	n := &Notifier{App: "Grove", Icon: "/usr/share/icons/grove 1.png"}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	return n
}

func TestNotify(t *testing.T) {
	desk := bustest.Start(t, bustest.Options{})
	n := newNotifier(t)
	for _, row := range []struct {
		note                    Notice
		summary, body, category string
	}{
		{Notice{NoticeFinished, "Big film", "Download complete", "It is in your downloads."}, "Download complete", "Big film\nIt is in your downloads.", "transfer.complete"},
		{Notice{NoticeFailed, "A & <b>B</b>", "Stopped", ""}, "Stopped", "A & <b>B</b>", "transfer.error"},
		{Notice{NoticeFinished, "", "Download complete", "Body"}, "Download complete", "Body", "transfer.complete"},
	} {
		if err := n.Notify(t.Context(), row.note); err != nil {
			t.Fatal(err)
		}
		got := next(t, desk.Notices)
		if got.App != "Grove" || got.Icon != "file:///usr/share/icons/grove%201.png" || got.Summary != row.summary || got.Body != row.body || got.Hints["category"].Value() != row.category {
			t.Errorf("%+v became %+v", row.note, got)
		}
	}
}

// TestNotifyHostile: whoever wrote it, it arrives as plain text, and read as
// markup it is the same text again.
func TestNotifyHostile(t *testing.T) {
	for _, markup := range []bool{false, true} {
		desk := bustest.Start(t, bustest.Options{Markup: markup})
		n := newNotifier(t)
		for _, name := range hostile {
			if err := n.Notify(t.Context(), Notice{NoticeFinished, name, name, name}); err != nil {
				t.Fatal(err)
			}
			got := next(t, desk.Notices)
			body := got.Body
			if markup {
				var text struct {
					Tags []struct{} `xml:",any"`
					Text string     `xml:",chardata"`
				}
				if err := xml.Unmarshal([]byte("<x>"+body+"</x>"), &text); err != nil || len(text.Tags) > 0 {
					t.Errorf("%.40q is the markup %.80q: %v", name, body, err)
				}
				body = text.Text
			}
			lines := strings.Split(body, "\n")
			if len(lines) > 2 || len(lines) == 2 && lines[0] != plain(name, maxName) {
				t.Errorf("%.40q is shown as %.80q", name, body)
			}
			for i, line := range append(lines, got.Summary) {
				if n := utf8.RuneCountInString(line); n > maxBody || !utf8.ValidString(line) {
					t.Errorf("%.40q: line %d has %d characters", name, i, n)
				}
				for _, r := range line {
					if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
						t.Errorf("%.40q: %q is shown", name, r)
					}
				}
			}
		}
	}
}

// TestNotifyAgain: a bus that went away is looked for again, and none is an
// error and no wait.
func TestNotifyAgain(t *testing.T) {
	n := newNotifier(t)
	t.Run("first", func(t *testing.T) {
		desk := bustest.Start(t, bustest.Options{Markup: true})
		if err := n.Notify(t.Context(), Notice{NoticeFinished, "<a>", "T", "B"}); err != nil {
			t.Fatal(err)
		}
		if got := next(t, desk.Notices).Body; got != "&lt;a&gt;\nB" {
			t.Errorf("body %q", got)
		}
	})
	noBus(t)
	deadline := time.Now().Add(patience) // the connection learns of the end by itself
	for n.Notify(t.Context(), Notice{NoticeFinished, "", "T", "B"}) == nil {
		if time.Now().After(deadline) {
			t.Fatal("notices are shown without a bus")
		}
	}
	t.Run("second", func(t *testing.T) {
		desk := bustest.Start(t, bustest.Options{})
		if err := n.Notify(t.Context(), Notice{NoticeFinished, "<a>", "T", "B"}); err != nil {
			t.Fatal(err)
		}
		if got := next(t, desk.Notices).Body; got != "<a>\nB" {
			t.Errorf("body %q", got)
		}
	})
	t.Run("no server", func(t *testing.T) {
		bustest.Start(t, bustest.Options{NoNotifications: true})
		if err := newNotifier(t).Notify(t.Context(), Notice{NoticeFinished, "", "T", "B"}); err == nil {
			t.Error("nobody shows it, and that is no error")
		}
	})
}

func TestNotifyFromManyGoroutines(t *testing.T) {
	desk := bustest.Start(t, bustest.Options{})
	n := newNotifier(t)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if err := n.Notify(t.Context(), Notice{NoticeFinished, "", "T", "B"}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for range 20 {
		next(t, desk.Notices)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := (&Notifier{}).Notify(ctx, Notice{}); err == nil {
		t.Error("a context that has ended is no error")
	}
}
