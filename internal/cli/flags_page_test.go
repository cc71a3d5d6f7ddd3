package cli

import (
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// docs/flags.md, which make docs writes, has each command as its help has it.
func TestThePageOfFlagsIsCurrent(t *testing.T) {
	content, err := os.ReadFile("../../docs/flags.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(content)
	commands := 0
	everyCommand(t, func(string) (string, bool) { return "", false }, func(_ *app, cmd *cobra.Command) {
		if cmd.IsAdditionalHelpTopicCommand() || strings.HasPrefix(cmd.CommandPath(), "bulknum completion") || cmd.Name() == "help" {
			return
		}
		commands++
		cmd.InitDefaultHelpFlag()
		_, its, found := strings.Cut(page, "\n## "+cmd.CommandPath()+"\n")
		its, _, _ = strings.Cut(its, "\n## ")
		for _, part := range []string{cmd.Short, cmd.Long, cmd.Example, cmd.NonInheritedFlags().FlagUsages()} {
			if !found || !strings.Contains(its, part) {
				t.Errorf("%s is not as its help: run make docs", cmd.CommandPath())
				return
			}
		}
	})
	if told := strings.Count(page, "\n## "); told != commands {
		t.Errorf("there are %d commands, and the page has %d: run make docs", commands, told)
	}
}
