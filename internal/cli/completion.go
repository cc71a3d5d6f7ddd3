package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
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
		case value == "FIELD=VALUE":
			complete = fieldValues(a)
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
		if most >= 0 && len(args) >= most {
			return nil, directive
		}
		from, err := completedFrom(a, cmd)
		if err != nil {
			return nil, directive
		}
		all, err := listRuns(cmd.Context(), a, &runsFlags{store: from})
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

// completedFrom is the store of a command that is being typed.
func completedFrom(a *app, cmd *cobra.Command) (storeFlags, error) {
	if err := environment(a.Streams, cmd, cmd.Root); err != nil {
		return storeFlags{}, err
	}
	dir, err := cmd.Flags().GetString(option.RunsDir)
	sandbox := cmd.Flags().Lookup(sandboxFlag)
	return storeFlags{runsDir: dir, sandbox: sandbox != nil && sandbox.Value.String() == "true"}, err
}

// fieldNames completes the field of FIELD=….
func fieldNames(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var names []cobra.Completion
	for _, field := range settings.Fields() {
		names = append(names, field.Name+"=")
	}
	return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// fieldValues completes FIELD=VALUE: the field, and then, where the id of a route belongs, the names of the routes that are
// known to the store, each with its id.
func fieldValues(a *app) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		name, _, isValue := strings.Cut(typed, "=")
		if !isValue {
			return fieldNames(cmd, args, typed)
		}
		field, known := settings.Lookup(name)
		from, err := completedFrom(a, cmd)
		if !known || field.Route == "" || err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var values []cobra.Completion
		for _, r := range knownRoutes(cmd.Context(), a, &from, field) {
			values = append(values, cobra.CompletionWithDesc(name+"="+settings.NamePrefix+r.Name, r.ID))
		}
		return values, cobra.ShellCompDirectiveNoFileComp
	}
}

// knownRoutes are the routes for a field that runs know by name, in the order of the alphabet. A route that was renamed has
// the name by which the newest run knows it. What cannot be read has none.
func knownRoutes(ctx context.Context, a *app, f *storeFlags, field settings.Field) []plan.RouteName {
	var known []plan.RouteName
	_ = readStores(ctx, a, f, func(in runs.Folder, _ bool) error {
		all, err := in.Store.Runs(ctx, store.RunFilter{Account: in.Account})
		for _, is := range all {
			run, err := in.LoadSteps(ctx, is)
			if err != nil || run.Plan == nil {
				continue
			}
			for _, of := range run.Plan.KnownRoutes() {
				has := func(k plan.RouteName) bool { return k.ID == of.ID }
				if of.For(field) && !slices.ContainsFunc(known, has) {
					known = append(known, of)
				}
			}
		}
		return err
	})
	slices.SortFunc(known, func(a, b plan.RouteName) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return known
}
