package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/report/files"
	"github.com/bulknum/bulknum/report/text"
)

// verifyFlags are those of verify.
type verifyFlags struct {
	runFlags
	show planFlags
}

func (f *verifyFlags) define(cmd *cobra.Command) {
	flags := cmd.Flags()
	f.store.defineSandbox(flags, sandboxRuns)
	inGroup(flags, whatGroup)
	f.connect.store = &f.store
	f.connect.define(cmd)
	inGroup(flags, rateGroup)
	f.definePool(cmd)
	flags.BoolVar(&f.show.json, "json", false, "print the verification as one JSON document, with every row")
	flags.BoolVar(&f.show.full, option.Full, false, "print every row that is not in sync, not only the first 50")
	flags.BoolVar(&f.show.detailed, "detailed-exitcode", false, "exit code 2 when numbers have drifted")
	f.defineTelling(cmd)
}

func verifyCommand(a *app) *cobra.Command {
	var f verifyFlags
	f.store.latest = latestSent
	cmd := &cobra.Command{
		Use:   "verify RUN",
		Short: "Read a run's numbers again, and show which are not in sync",
		Long: `Read the numbers of RUN again, in the way that takes the fewest requests, and
compare them with what its rows ask for: those that are updated or unchanged,
and those that are pending or unknown. Nothing is sent. RUN is a folder, a name
in the runs folder, or latest, the newest that sent something (if none did, the
newest).

  in_sync     each field that the row sets has that value
  drifted     a field has another value by now; both are shown, the row's first
  not_shown   the row sets only fields that the API does not show
  unreadable  the number cannot be read

verify.csv in the folder has one line a row, and report.html is made anew; a
gate of the run itself may verify it, and then nothing is written. Exit code 5
when a number cannot be read, else 2 with --detailed-exitcode when one has
drifted.`,
		Example: `  bulknum verify latest
  bulknum verify 20261123T020000Z-cutover --detailed-exitcode`,
		Args: takesOne("RUN"),
		RunE: a.published(&f.publish, func(cmd *cobra.Command, args []string) string { return verifyJob(a, cmd, &f.store, args[0]) },
			func(cmd *cobra.Command, args []string) error { return runVerify(a, cmd, &f, args[0]) }),
	}
	f.define(cmd)
	return cmd
}

// verifyJob is what the verification of a run is known by: not by the run's job
// alone, which has metrics of its own.
func verifyJob(a *app, cmd *cobra.Command, f *storeFlags, name string) string {
	job := jobOfRun(a, cmd, f, name)
	if job == "" {
		return ""
	}
	return job + "-verify"
}

func runVerify(a *app, cmd *cobra.Command, f *verifyFlags, name string) error {
	run, closeStore, err := a.findRun(cmd.Context(), &f.store, cmd.Flags(), name)
	if err != nil {
		return err
	}
	f.reads, f.verifies, f.beside = true, true, fromGate(a.Streams, run)
	if !f.beside && !f.store.sandbox && run.StateNow() == runs.Running {
		f.beside = true
		a.note("run %s is running: what its numbers are by now is shown, and not kept", run.Identity.Name)
	}
	closeStore()
	config, done, err := f.reach(a, cmd)
	if err != nil {
		return err
	}
	defer done()
	f.run = run.Identity.Name // for the log
	s := startSession(a, &f.runFlags, run.Identity.Source)
	defer s.close()
	var v *batch.Verification
	_, err = s.run(cmd.Context(), config, func(ctx context.Context, config batch.Config) (*runs.Run, error) {
		v, err = batch.Verify(ctx, config, run.Identity.Name)
		return run, err
	})
	if err != nil {
		return err
	}
	a.verification = v
	return showVerification(context.WithoutCancel(cmd.Context()), a, v, &f.show)
}

// showVerification writes verify.csv, shows what was found, and returns what it
// means.
func showVerification(ctx context.Context, a *app, v *batch.Verification, show *planFlags) error {
	var shown error
	if show.json {
		shown = files.VerifyJSON(a.Out, v, v.Run.Verified(ctx))
	} else {
		shown = text.Verification(a.Out, v, v.Run.Verified(ctx), show.full)
	}
	unwritten := files.FinishVerify(ctx, v.Run)
	if _, unkept := v.Run.In.Store.(*store.Unkept); unkept { // which was told, or is so by a gate
		unwritten = nil
	}
	err := errors.Join(unwritten, shown)
	switch {
	case err != nil:
		return err
	case v.Counts[result.Unreadable]+v.Counts[result.NotShown] > 0:
		return &unreadError{v.Counts[result.Unreadable] + v.Counts[result.NotShown]}
	case show.detailed && v.Counts[result.Drifted] > 0:
		return errChanges
	default:
		return nil
	}
}
