package main

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain is the program itself where a test, or a command under test, runs
// this binary again with asGrove set.
func TestMain(m *testing.M) {
	if os.Getenv(asGrove) != "" || len(os.Args) > 1 && os.Args[1] == "internal" {
		os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	// The tests say where they may connect, not the machine they run on.
	os.Setenv("GROVE_LOCAL_ONLY", "1")
	os.Setenv("GROVE_FINDERS", "none") // what else is on the local network is nothing to a test
	os.Setenv("GROVE_AROUND", "none")  // and so is what it runs on
	os.Unsetenv("GROVE_DATA")
	os.Unsetenv("GROVE_PASSPHRASE")
	goleak.VerifyTestMain(m)
}

// asGrove in the environment makes the test binary behave as grove.
const asGrove = "GROVE_TEST_AS_GROVE"
