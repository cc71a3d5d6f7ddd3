package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/report/text"
)

// rowEndings are those that files of rows have.
var rowEndings = []string{"csv", "tsv", "txt", "jsonl", "ndjson"}

// completes has a shell complete what the commands below take, by the words of their usage: RUN, FILE, DIR, FIELD=….
// It asks nobody but the store.
func completes(a *app, cmd *cobra.Command) {
	words := strings.Fields(cmd.Use)
	if len(words) > 1 && cmd.ValidArgsFunction == nil {
		switch words[1] {
		case "RUN":
			cmd.ValidArgsFunction = runNames(a, strings.Count(cmd.Use, "RUN"))
		case "FILE":
			cmd.ValidArgsFunction = cobra.FixedCompletions(rowEndings, cobra.ShellCompDirectiveFilterFileExt)
		}
	}
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		var complete cobra.CompletionFunc
		switch value, _ := pflag.UnquoteUsage(f); {
		case value == "RUN":
			complete = runNames(a, -1)
		case value == "DIR":
			complete = cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs)
		case strings.HasPrefix(value, "FIELD="):
			complete = fieldNames
		default:
			return
		}
		if _, has := cmd.GetFlagCompletionFunc(f.Name); !has {
			_ = cmd.RegisterFlagCompletionFunc(f.Name, complete) // which only refuses a flag that there is not
		}
	})
	for _, below := range cmd.Commands() {
		completes(a, below)
	}
}

// runNames completes at most so many arguments with the names of runs, the newest first, each with its state and age;
// -1: the value of a flag. A store that cannot be read has none.
func runNames(a *app, most int) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		const directive = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
		if most >= 0 && len(args) >= most || environment(a.Streams, cmd) != nil {
			return nil, directive
		}
		dir, err := cmd.Flags().GetString(option.RunsDir)
		if err != nil {
			return nil, directive
		}
		all, err := listRuns(cmd.Context(), a, &runsFlags{store: storeFlags{runsDir: dir}})
		if err != nil {
			return nil, directive
		}
		var names []cobra.Completion
		for _, run := range all {
			names = append(names, cobra.CompletionWithDesc(run.Name, fmt.Sprintf("%s, %s", run.State, text.Age(time.Since(run.StartedAt)))))
		}
		return names, directive
	}
}

// fieldNames completes the field of FIELD=….
func fieldNames(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var names []cobra.Completion
	for _, field := range settings.Fields() {
		names = append(names, field.Name+"=")
	}
	return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}
