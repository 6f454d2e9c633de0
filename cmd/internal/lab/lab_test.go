package main

import (
	"strings"
	"testing"

	"github.com/libp2p/go-libp2p/core/peer"
)

func TestChoose(t *testing.T) {
	all, err := choose("")
	if err != nil || len(all) != len(scenarios) {
		t.Fatalf("all: %d, %v", len(all), err)
	}
	some, err := choose("dht,lan")
	if err != nil || len(some) != 2 || some[0].name != "dht" || some[1].name != "lan" {
		t.Fatalf("dht,lan: %v, %v", some, err)
	}
	if _, err := choose("lan,nowhere"); err == nil {
		t.Error("a scenario that is not there was taken")
	}
	seen := map[string]bool{}
	for _, s := range scenarios {
		if seen[s.name] || s.limit <= 0 || s.run == nil {
			t.Errorf("%+v", s)
		}
		seen[s.name] = true
	}
}

func TestTable(t *testing.T) {
	var b strings.Builder
	printTable(&b, []row{{"a", "what", "x|y", "two\nlines", true}, {"b", "w", "e", "m", false}})
	want := "| Scenario | What | Expected | Measured | |\n|---|---|---|---|---|\n" +
		"| a | what | x\\|y | two lines | ok |\n| b | w | e | m | **missed** |\n"
	if b.String() != want {
		t.Errorf("got\n%s", b.String())
	}
}

// Lies are as good as the truth: they read back, and no two are of one peer or
// at one port.
func TestLies(t *testing.T) {
	seen := map[peer.ID]bool{}
	ports := map[string]bool{}
	for n := range 300 {
		i, err := lie("/ip4/44.1.3.2", n)
		if err != nil {
			t.Fatal(err)
		}
		if seen[i.ID] || i.ID.Validate() != nil || len(i.Addrs) != 2 || ports[i.Addrs[0].String()] {
			t.Fatalf("%d: %v", n, i)
		}
		if back, err := peer.Decode(i.ID.String()); err != nil || back != i.ID {
			t.Fatalf("%s reads back as %v, %v", i.ID, back, err)
		}
		seen[i.ID], ports[i.Addrs[0].String()] = true, true
	}
}

func TestNoPath(t *testing.T) {
	for _, c := range []struct {
		l    line
		told bool
	}{
		{line{text: "grove: Somebody is there, but the networks allow no direct connection."}, true},
		{line{text: `time=x level=DEBUG msg="no session" err="no direct connection came of it"`}, false},
		{line{text: "{}", event: event{Event: "progress", Missed: 1}}, true},
		{line{text: "{}", event: event{Event: "progress", Problem: &problem{Kind: "no-path"}}}, true},
		{line{text: "{}", event: event{Event: "progress", Problem: &problem{Kind: "no-source"}}}, false},
	} {
		if got := noPath(c.l); got != c.told {
			t.Errorf("%+v: %v", c.l, got)
		}
	}
}
