package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLine: on one network there is nothing to test, which both sides say; and
// neither leaves anything in its data folder.
func TestLine(t *testing.T) {
	t.Parallel()
	here, there := filepath.Join(t.TempDir(), "none"), filepath.Join(t.TempDir(), "none")
	giver := startProcess(t, "line", "--json", "--data", here)
	giver.out.await(t, `"event":"link"`)
	link := jsonLines(t, giver.out.String())[0]["link"].(string)
	taker := startProcess(t, "line", link, "--json", "--data", there)
	if code := giver.wait(); code != 0 {
		t.Fatalf("the giver ended with %d: %s", code, giver.errs)
	}
	if code := taker.wait(); code != 0 {
		t.Fatalf("the taker ended with %d: %s", code, taker.errs)
	}
	said := jsonLines(t, giver.out.String())
	if last := said[len(said)-1]; last["event"] != "summary" || last["local_network"] != true || !strings.Contains(last["verdict"].(string), "same local network") {
		t.Errorf("the giver says %v", last)
	}
	if last := jsonLines(t, taker.out.String())[0]; last["event"] != "summary" || last["taken"] != 0.0 {
		t.Errorf("the taker says %v", last)
	}
	for _, data := range []string{here, there} {
		if _, err := os.Stat(data); !os.IsNotExist(err) {
			t.Errorf("%s: %v", data, err)
		}
	}
}

// TestLineWhereGroveRuns: the test needs no store, and ends when it is told to.
func TestLineWhereGroveRuns(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	share := begin(t, "share", putFile(t, filler("film", 1000), t.TempDir(), "film.bin"), "--data", data, "--listen", "/ip4/127.0.0.1/tcp/0")
	share.errs.await(t, "Send this link")
	other := begin(t, "line", strings.TrimSpace(share.out.String()), "--data", t.TempDir())
	other.wait().want(t, 2, "something else than a test of a line")

	r := begin(t, "line", "--data", data)
	r.errs.await(t, "Ctrl-C ends it")
	r.stop()
	r.wait().want(t, 7, "A Grove runs on this computer", "was stopped")
}

// TestLineSettings: what the settings say of the network holds.
func TestLineSettings(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	groveAt(data, "config", "set", "network.peers=off").want(t, 0)
	groveAt(data, "line").want(t, 2, "keep Grove from reaching other people")
	groveAt(data, "config", "set", "network.peers=on", "network.bind=grove-test0").want(t, 0)
	groveAt(data, "line").want(t, 6, "grove-test0")
	groveAt(data, "line", "--bind", "grove-test1").want(t, 6, "grove-test1")
	groveAt(data, "line", "--for", "1s").want(t, 2, "--for")
	groveAt(data, "line", "grove:1/nonsense").want(t, 2)
}
