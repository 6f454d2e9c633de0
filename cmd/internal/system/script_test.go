package system

import (
	"slices"
	"strings"
	"testing"
)

// TestToastKeepsWordsOutOfTheScript: whatever a notice says, the command line
// is the same, and the stranger's name is nowhere.
func TestToastKeepsWordsOutOfTheScript(t *testing.T) {
	first, _ := toast(Notice{})
	for _, word := range hostile {
		n := Notice{Kind: NoticeKind(word), Name: "name of a stranger " + word, Title: word, Body: word}
		args, env := toast(n)
		if !slices.Equal(args, first) {
			t.Errorf("%.40q changes the command line", word)
		}
		if !slices.Equal(env, []string{"GROVE_NOTICE_TITLE=" + word, "GROVE_NOTICE_BODY=" + word}) {
			t.Errorf("%.40q: the environment is %.200q", word, env)
		}
		for _, s := range append(args, env...) {
			if strings.Contains(s, "name of a stranger") {
				t.Errorf("%.40q: the name is in %.200q", word, s)
			}
		}
	}
	// Nothing that PowerShell would evaluate, and no quote that a command line
	// would end at.
	if strings.ContainsAny(toastScript, "\"`\r\n") || strings.Contains(toastScript, "$(") || strings.Contains(strings.ToLower(toastScript), "invoke-expression") {
		t.Errorf("the script is\n%s", toastScript)
	}
}

// TestOsascriptKeepsWordsOutOfTheScript: words are arguments behind the
// script, and the first of them is Grove's own.
func TestOsascriptKeepsWordsOutOfTheScript(t *testing.T) {
	for _, word := range hostile {
		args := osascript(Notice{Kind: NoticeFinished, Name: word, Title: "Download complete", Body: "Body"})
		if len(args) != 4 || args[0] != "-e" || args[1] != noticeScript || args[2] != "Download complete" || args[3] != strings.TrimSpace(word+"\nBody") {
			t.Errorf("%.40q: %.200q", word, args)
		}
	}
}

func TestPlain(t *testing.T) {
	for s, want := range map[string]string{
		"Film": "Film", "a\tb\nc": "a b c", "a\u202egpj.exe": "agpj.exe", "\x1b[31mred": "[31mred", "\xffa": "a", "": "",
		"\U000e0001x": "x", "漢字": "漢字", "عربي": "عربي", strings.Repeat("é", 9): "ééééééé…", "12345678": "12345678",
	} {
		if got := plain(s, 8); got != want {
			t.Errorf("%q: %q; want %q", s, got, want)
		}
	}
}
