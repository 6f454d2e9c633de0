package storage

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// children are what this test binary does when a test runs it again as a
// child process; the variable names one.
const childVariable = "GROVE_STORAGE_TEST_CHILD"

var children = map[string]func() error{
	"killed": killedChild,
	"giver":  budgetChild,
	"probe":  func() error { return ProbeFile(os.Getenv("GROVE_STORAGE_TEST_FILE")) },
}

func TestMain(m *testing.M) {
	if name := os.Getenv(childVariable); name != "" {
		if err := children[name](); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}
