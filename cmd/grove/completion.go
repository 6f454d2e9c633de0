package main

import (
	"github.com/spf13/cobra"

	"grove/app"
)

func newCompletion(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Print a script that lets a shell complete grove's commands",
		Long: `Print a script that lets a shell complete grove's commands.

    bash        grove completion bash > ~/.local/share/bash-completion/completions/grove
    zsh         grove completion zsh > "${fpath[1]}/_grove"
    fish        grove completion fish > ~/.config/fish/completions/grove.fish
    powershell  grove completion powershell | Out-String | Invoke-Expression`,
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"},
		Args:      cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			root := c.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(t.out, true)
			case "zsh":
				return root.GenZshCompletion(t.out)
			case "fish":
				return root.GenFishCompletion(t.out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(t.out)
			}
			return app.NewProblem(app.BadInput, "There is no completion for "+args[0]+"; there is for bash, zsh, fish and powershell", nil)
		},
	}
}
