package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/words"
)

// resumeFlags are those of resume.
type resumeFlags struct {
	applyFlags
	options batch.ResumeOptions
}

func (f *resumeFlags) define(cmd *cobra.Command) {
	flags := cmd.Flags()
	f.defineConsent(cmd)
	f.defineResume(cmd)
	f.store.defineSandbox(flags, sandboxRuns)
	inGroup(flags, whatGroup)
	f.connect.store = &f.store
	f.connect.define(cmd)
	inGroup(flags, rateGroup)
	f.definePool(cmd)
	f.defineRoutes(cmd)
	inGroup(flags, planGroup)
	f.guards.define(cmd)
	f.unprotect.define(cmd)
	inGroup(flags, guardGroup)
	f.slice.defineGoing(cmd)
	f.slice.defineHours(cmd)
	f.defineSending(cmd)
	f.defineTelling(cmd)
}

// defineResume defines the options of the resuming itself.
func (f *resumeFlags) defineResume(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.options.RetryFailed, option.RetryFailed, false, "take failed rows again: read those that could not be read, send the others")
	flags.BoolVar(&f.options.AfterLater, option.AfterLater, false, "resume although later runs moved or rolled back some rows: those stay as they are")
	mustBeAsked(flags, "retry-failed", "after-later")
}

func resumeCommand(a *app) *cobra.Command {
	var f resumeFlags
	f.store.latest = func(ctx context.Context, in runs.Folder) (string, error) {
		name, err := batch.Resumable(ctx, in, f.options)
		if err == nil && name == "" { // that there is nothing to resume is told of it
			name, err = in.Sent(ctx)
		}
		return name, err
	}
	cmd := &cobra.Command{
		Use:   "resume RUN",
		Short: "Resume a run where it stopped, whatever stopped it",
		Long: `Go on with RUN where it stopped, with its own copy of the input. Rows with an
answer are not sent again; rows that were never sent are sent. Where a row may
have been applied, its number is read first: if it is in sync, the row is
updated; if it is as it was before, the row is sent again; if it is neither, the
row stays unknown. A number that somebody else changed before its row was sent
is a conflict. RUN is a folder, a name in the runs folder, or latest, the newest
that can be resumed.

The run's saved options, such as rate, deadline, pauses and limits, are used
again unless they are given anew. A deadline that has passed must be given anew:
a later one, or none. So must --gate, --confirm-waves and --reserve-rollback,
even to switch them off, as in --confirm-waves=false.

A run that was rolled back since, or of which a later run moved rows, is
refused; with --after-later those rows stay as they are, and the others are
sent.`,
		Example: `  bulknum resume latest
  bulknum resume 20261123T020000Z-nightly --yes --rate 24/m`,
		Args: takesOne("RUN"),
		RunE: a.published(&f.publish, func(cmd *cobra.Command, args []string) string { return jobOfRun(a, cmd, &f.store, args[0]) },
			func(cmd *cobra.Command, args []string) error { return runResume(a, cmd, &f, args[0]) }),
	}
	f.define(cmd)
	return cmd
}

func runResume(a *app, cmd *cobra.Command, f *resumeFlags, name string) error {
	run, closeStore, err := a.findRun(cmd.Context(), &f.store, cmd.Flags(), name)
	if err != nil {
		return err
	}
	defer closeStore()
	if name == runs.Latest {
		a.note("latest is run %s, begun %s", run.Identity.Name, run.StartedAt.Local().Format(words.Clock))
	}
	if batch.Done(run, f.options) {
		a.note("run %s is finished: there is nothing to resume", run.Identity.Name)
		return conclude(cmd.Context(), a, run, nil)
	}
	if err := inherit(a.Streams, cmd.Flags(), run, "resuming with saved options"); err != nil {
		return err
	}
	if err := effective(cmd, run); err != nil {
		return err
	}
	f.all, f.wait = run.Identity.All, true
	config, done, err := f.reach(a, cmd)
	if err != nil {
		return err
	}
	defer done()
	if config.Guards, err = f.guards.resolve(""); err != nil {
		return err
	}
	config.SourceName = run.Identity.Source
	f.run = run.Identity.Name // for the log
	return sendRun(a, cmd, &f.applyFlags, config, func(ctx context.Context, config batch.Config) (*runs.Run, error) {
		return batch.Resume(ctx, config, run.Identity.Name, f.options)
	})
}
