package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/files"
	"github.com/bulknum/bulknum/report/text"
)

// planDiffFlags are those of plan diff.
type planDiffFlags struct {
	store    storeFlags
	json     bool
	full     bool
	detailed bool
}

func planDiffCommand(a *app) *cobra.Command {
	var f planDiffFlags
	cmd := &cobra.Command{
		Use:   "diff RUN RUN", //nolint:dupword // two runs
		Short: "Show what changed from one plan to another",
		Long: `Show to which numbers the plan of the second RUN would do something else than
that of the first: + where only the second plan does something, - where only the
first one does, ~ where both do, and not the same. It asks the store only, not
the API. RUN is a run's name, its folder, or latest; a run that was applied has
the plan that it was sent by.`,
		Example: `  bulknum plan diff monday tuesday
  bulknum plan diff monday latest --json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return fmt.Errorf("%s takes two RUNs, and was given %d", cmd.CommandPath(), len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return runPlanDiff(a, cmd, &f, args[0], args[1]) },
	}
	flags := cmd.Flags()
	f.store.define(flags)
	f.store.defineSandbox(flags, sandboxRuns)
	flags.BoolVar(&f.json, "json", false, "print the differences as one JSON document")
	flags.BoolVar(&f.full, option.Full, false, "print every number that differs, not only the first of each kind")
	flags.BoolVar(&f.detailed, "detailed-exitcode", false, "exit code 2 when there are differences")
	cmd.MarkFlagsMutuallyExclusive("json", option.Full)
	return cmd
}

func runPlanDiff(a *app, cmd *cobra.Command, f *planDiffFlags, names ...string) error {
	sides := make([]*runs.Run, len(names))
	for i, name := range names {
		run, done, err := a.findRun(cmd.Context(), &f.store, cmd.Flags(), name)
		if err != nil {
			return err
		}
		defer done() //nolint:revive,gocritic // there are two
		if run.Plan == nil {
			return &configError{err: fmt.Errorf("run %s has no plan: it ended before that", run.Identity.Name)}
		}
		sides[i] = run
	}
	before, after := sides[0], sides[1]
	diff, err := plan.NewDiff(before.PlanRows(), after.PlanRows())
	if err != nil {
		return err
	}
	if f.json {
		err = files.DiffJSON(a.Out, before, after, diff)
	} else {
		err = text.Diff(a.Out, before, after, diff, f.full)
	}
	if err == nil && f.detailed && len(diff.Differences) > 0 {
		return errChanges
	}
	return err
}
