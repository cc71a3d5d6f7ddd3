package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/text"
)

// onlyNumbersFlag names the numbers that are rolled back.
const onlyNumbersFlag = "only-numbers"

// rollbackFlags are those of rollback.
type rollbackFlags struct {
	applyFlags
	options batch.RollbackOptions
	only    string // the file of the numbers
}

func (f *rollbackFlags) define(cmd *cobra.Command) {
	flags := cmd.Flags()
	f.defineConsent(cmd)
	flags.BoolVar(&f.dryRun, option.DryRun, false, "only show what would be rolled back")
	repeatedVar(flags, &f.options.Where, "where", "FIELD=VALUE", "only rows to which the run wrote this value, or which it cleared for FIELD=; repeatable, all must hold", input.AddWhere)
	flags.IntVar(&f.options.Wave, "wave", 0, "only the rows of the `N`-th wave of the run (default: of all)")
	flags.StringVar(&f.only, onlyNumbersFlag, "", "only the rows of the numbers in this `FILE`, one a line, each of which the run must have updated")
	flags.BoolVar(&f.options.AllowClear, option.AllowClear, false, "clear fields that had no value before")
	f.store.defineSandbox(flags, sandboxRuns)
	inGroup(flags, whatGroup)
	f.connect.store = &f.store
	f.connect.define(cmd)
	inGroup(flags, rateGroup)
	f.definePool(cmd)
	f.defineRoutes(cmd)
	inGroup(flags, planGroup)
	f.guards.defineChosen(cmd, "")
	inGroup(flags, guardGroup)
	f.slice.define(cmd)
	f.defineNames(cmd)
	inGroup(flags, runGroup)
	f.show.define(cmd)
	f.defineSending(cmd)
	f.defineTelling(cmd)
	mustBeAsked(flags, option.DryRun, "allow-clear", "where", "wave", onlyNumbersFlag)
}

func rollbackCommand(a *app) *cobra.Command {
	var f rollbackFlags
	cmd := &cobra.Command{
		Use:   "rollback RUN",
		Short: "Roll back what a run changed, where nobody changed it since",
		Long: `Begin a run that does the opposite of RUN: of the rows that it updated, or may
have, the fields that it changed go back to the values that were read before. A
number is sent only while it has what RUN wrote; otherwise the row is a
conflict, and the number stays as it is. It is shown, asked, sent, kept and
resumed as any run, in a folder of its own beside RUN's, and can itself be
rolled back. RUN is a folder or a name in the runs folder, not latest; it may
have stopped or crashed.

Rows whose former value is not known, because the field is write-only or nothing
was read (--all), are listed first and skipped; the exit code is then 5.

With --yes nobody is asked, however many rows change: a rollback is not held up
by the limit of 30% of the rows, nor by guards that compare with the job's
previous run. --max-changes, --protect and --expect-account hold if they are
given.`,
		Example: `  bulknum rollback 20261123T020000Z-cutover --dry-run
  bulknum rollback 20261123T020000Z-cutover --where MessageRouteId=MRID-new
  bulknum rollback 20261123T020000Z-cutover --wave 2
  bulknum rollback 20261123T020000Z-cutover --only-numbers back.txt`,
		Args: takesOne("RUN"),
		RunE: a.published(&f.publish, func(cmd *cobra.Command, args []string) string { return jobOfRun(a, cmd, &f.store, args[0]) },
			func(cmd *cobra.Command, args []string) error { return runRollback(a, cmd, &f, args[0]) }),
	}
	f.define(cmd)
	return cmd
}

func runRollback(a *app, cmd *cobra.Command, f *rollbackFlags, name string) error {
	if name == runs.Latest {
		return &usageError{errors.New("rollback takes no latest: name the run that is to be rolled back")}
	}
	if f.options.Wave < 0 {
		return &usageError{fmt.Errorf("--wave %d: waves are counted from 1", f.options.Wave)}
	}
	origin, closeStore, err := a.findRun(cmd.Context(), &f.store, cmd.Flags(), name)
	if err != nil {
		return err
	}
	closeStore()
	if origin.Plan != nil {
		if f.options.Where, err = findRoutes(cmd.Context(), "where", f.options.Where, origin.Plan.KnownRoutes()); err != nil {
			return err
		}
	}
	f.reads = f.dryRun
	if f.options.Numbers, err = numbersIn(onlyNumbersFlag, f.only); err != nil {
		return err
	}
	config, done, err := f.reach(a, cmd)
	if err != nil {
		return err
	}
	defer done()
	if config.Guards, err = f.guards.resolve(""); err != nil {
		return err
	}
	back, err := batch.PlanRollback(cmd.Context(), config, origin.Identity.Name, f.options)
	if err != nil {
		return err
	}
	if err := text.Skipped(a.Err, back.Skipped, f.show.full); err != nil {
		return err
	}
	if back.Rows == 0 {
		a.say("nothing to roll back in run %s", back.Origin.Name)
		return skippedRows(back)
	}
	config = back.Config(config)
	if f.dryRun {
		err = runPlanned(a, cmd, &f.runFlags, &f.show, config)
	} else {
		err = sendRun(a, cmd, &f.applyFlags, config, batch.Apply)
	}
	left := skippedRows(back)
	if left != nil && errors.Is(err, errChanges) {
		err = nil // that rows are skipped counts for more
	}
	return errors.Join(err, left)
}

// skippedRows is the error that rows which are skipped mean, or nil.
func skippedRows(b *batch.Rollback) error {
	if len(b.Skipped) == 0 {
		return nil
	}
	return &skippedError{len(b.Skipped)}
}
