package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"grove/cmd/internal/files"
)

//go:generate go run . internal docs ../../docs

// newDocs writes the reference that is made from the command table.
func newDocs(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use:   "docs FOLDER",
		Short: "Write the Markdown reference and the man pages",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			pages, err := reference(c.Root())
			if err != nil {
				return err
			}
			for name, text := range pages {
				path := filepath.Join(args[0], filepath.FromSlash(name))
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					return files.WriteProblem(path, err)
				}
				if err := files.Replace(path, text, 0o644); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// manDate is what the man page generator makes of no date: a page must not
// change because a month has passed.
var manDate = regexp.MustCompile(`(?m)^(\.TH "[^"]*" "1") "[^"]*"`)

// around is what the reference says of grove as a whole: what scripts need to
// know. The exit codes are those of app.Problem.
const around = `

Data goes to standard output, progress and messages to standard error. With
--json each line of output is one JSON object.

Environment:

    GROVE_DATA            data folder, where --data does not name one
    GROVE_LOCAL_ONLY=1    nothing outside this computer and its network is reached
    GROVE_FINDERS         which finders are used, whatever the settings say:
                          lan, tracker, exchange, dht with commas, or none
    GROVE_AROUND          what is around this computer, whatever the system says:
                          battery, metered, vpn, full-screen with commas, or none
    GROVE_SERVE_*         flags of grove serve, as in GROVE_SERVE_ROLES
    GROVE_PASSPHRASE      passphrase of a key, instead of the question for it
    GROVE_NEW_PASSPHRASE  new one for grove keys protect
    NO_COLOR              no colour on a terminal

Exit codes:

    0   done, and everything was checked
    1   something unexpected
    2   the command line, a link or a file given to it is not usable
    3   not found, or expired
    6   nobody answers
    7   stopped; the same command, or grove resume, goes on
    9   not enough room on the disk
    11  another Grove uses the data folder
    13  there is already something in the way; nothing is overwritten
    17  the disk or a permission
    29  busy; try again later
    32  bytes are not what was signed
    33  a signature, a key or a package is not to be trusted
    34  not allowed here, as outside the local network in local-only mode
    35  a limit that you set was reached`

// reference is CLI.md and one man page a command, by the name of the file.
func reference(root *cobra.Command) (map[string][]byte, error) {
	pages := map[string][]byte{}
	root.Long = root.Short + "." + around
	var cli bytes.Buffer
	cli.WriteString("<!-- Made from the command table by go generate ./cmd/grove; edit that. -->\n\n# grove, command by command\n\n")
	var visit func(c *cobra.Command) error
	visit = func(c *cobra.Command) error {
		if c.Hidden || c.Name() == "help" {
			return nil
		}
		c.DisableAutoGenTag = true
		c.InitDefaultHelpFlag()
		var page bytes.Buffer
		if err := doc.GenMarkdownCustom(c, &page, func(file string) string {
			return "#" + strings.ReplaceAll(strings.TrimSuffix(file, ".md"), "_", "-")
		}); err != nil {
			return fmt.Errorf("the reference of %s: %w", c.CommandPath(), err)
		}
		cli.Write(page.Bytes())
		var man bytes.Buffer
		if err := doc.GenMan(c, &doc.GenManHeader{Section: "1", Source: "Grove", Manual: "Grove"}, &man); err != nil {
			return fmt.Errorf("the man page of %s: %w", c.CommandPath(), err)
		}
		pages["man/"+strings.ReplaceAll(c.CommandPath(), " ", "-")+".1"] = manDate.ReplaceAll(man.Bytes(), []byte(`$1 ""`))
		for _, sub := range c.Commands() {
			if err := visit(sub); err != nil {
				return err
			}
		}
		return nil
	}
	if err := visit(root); err != nil {
		return nil, err
	}
	pages["CLI.md"] = bytes.TrimRight(cli.Bytes(), "\n")
	pages["CLI.md"] = append(pages["CLI.md"], '\n')
	return pages, nil
}
