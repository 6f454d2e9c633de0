package main

import "github.com/spf13/cobra"

// commands is the command table: what it lists is what the help, the man page
// and docs/CLI.md are made from.
func commands(t *terminal) []*cobra.Command {
	return []*cobra.Command{
		newGet(t),
		newShare(t),
		newResume(t),
		newList(t),
		newStatus(t),
		newRemove(t),
		newLog(t),
		newLedger(t),
		newGive(t),
		newPublish(t),
		newPush(t),
		newServe(t),
		newInspect(t),
		newVerify(t),
		newKeys(t),
		newMap(t),
		newConfig(t),
		newDoctor(t),
		newLine(t),
		newCompletion(t),
		newVersion(t),
		internalCommand(t),
	}
}
