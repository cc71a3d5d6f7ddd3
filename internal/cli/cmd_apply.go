package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/runs"
)

// applyFlags are those of apply.
type applyFlags struct {
	runFlags
	failures    failureFlags
	wave        waveFlags
	show        planFlags
	dryRun      bool
	plan        string
	approved    string
	goOn        bool
	maxPlanAge  time.Duration
	requireFit  bool
	wait        bool
	waitFor     time.Duration
	recheck     time.Duration
	holdFile    string
	keep        time.Duration
	ignoreSpace bool
	yes         bool
}

func (f *applyFlags) define(cmd *cobra.Command) {
	flags, standard := cmd.Flags(), batch.Defaults()
	f.defineConsent(cmd)
	flags.BoolVar(&f.dryRun, option.DryRun, false, "stop at the plan, as bulknum plan does")
	flags.StringVar(&f.plan, option.Plan, "", "apply exactly the plan of `RUN`, instead of a file")
	flags.StringVar(&f.approved, "approved", "", "send only if each change is in the plan of `RUN`")
	durationVar(flags, &f.maxPlanAge, "max-plan-age", standard.ApprovedMaxAge, "how old the plan of --plan may be")
	flags.BoolVar(&f.goOn, continueFlag, false, "resume this job's unfinished run of the same file, if there is one")
	f.runFlags.define(cmd)
	f.show.define(cmd)
	mustBeAsked(flags, option.DryRun, "plan", "approved", continueFlag)
	f.defineSending(cmd)
}

// defineConsent defines how it is said that nobody is to be asked.
func (f *applyFlags) defineConsent(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.yes, "yes", false, "send without asking")
	mustBeAsked(cmd.Flags(), "yes")
}

// defineSending defines what every execution that sends has.
func (f *applyFlags) defineSending(cmd *cobra.Command) {
	flags, standard := cmd.Flags(), batch.Defaults()
	f.failures.define(flags, "try failed rows once more at the end, after this pause (default: "+plan.Duration(batch.DefaultSecondPass)+" with --yes off a terminal, else not; 0: never)")
	flags.BoolVar(&f.requireFit, option.RequireFit, false, "refuse when the updates would not end before --deadline")
	durationVar(flags, &f.recheck, "recheck", 0, "read a number again before its row is sent, when its reading is older (default: 12h, and 10m for a row with preconditions, in a wave, or of apply --plan)")
	flags.BoolVar(&f.wait, "wait", false, "at the end, ask for pending orders until they are complete or failed")
	durationVar(flags, &f.waitFor, "wait-for", standard.WaitFor, "how long to ask for pending orders, with --wait and after each wave")
	flags.StringVar(&f.holdFile, "hold-file", "", "send nothing while this `FILE` exists; its first line is given as the reason")
	inGroup(flags, timeGroup)
	parsedVar(flags, &f.keep, "keep", plan.Duration(standard.Keep), "DURATION", "at its end, remove finished runs of the same job that began longer ago, unless something needs them (none: remove none)", parseKeep)
	flags.BoolVar(&f.ignoreSpace, "ignore-free-space", false, "begin although the disk of the runs folder has less than twice the space that the run may need")
	inGroup(flags, runGroup)
	mustBeAsked(flags, "keep", "ignore-free-space")
	f.wave.define(cmd)
}

func applyCommand(a *app) *cobra.Command {
	var f applyFlags
	cmd := &cobra.Command{
		Use:   "apply FILE | apply --plan RUN",
		Short: "Bring numbers to the settings in a file, and report row by row",
		Long: `Check FILE (CSV or JSONL; - for standard input), read the numbers' current
settings, show what would change, ask, and send only that, at the allowed rate.
Each run has a folder of its own, with report.html for people and results.csv,
one line a row, for programs.

A column If.<Field> is a precondition: the row is sent only while its number has
that value, else it is a conflict.

Credentials come from the environment: TELEGENT_ACCOUNT_KEY and
TELEGENT_ACCOUNT_SECRET, or TELEGENT_TOKEN, for --all only; each also as …_FILE.`,
		Example: `  bulknum apply --sandbox samples/nightly.csv
  bulknum apply nightly.csv --yes
  bulknum apply --plan 20261123T020000Z-cutover`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return takesOne("FILE")(cmd, args)
		},
		RunE: a.published(&f.publish, func(cmd *cobra.Command, args []string) string { return f.jobName(a, cmd, args) }, func(cmd *cobra.Command, args []string) error { return runApply(a, cmd, &f, args) }),
	}
	f.define(cmd)
	return cmd
}

// jobName is the job of what is applied.
func (f *applyFlags) jobName(a *app, cmd *cobra.Command, args []string) string {
	if f.plan != "" {
		return jobOfRun(a, cmd, &f.store, f.plan)
	}
	return f.runFlags.jobName(cmd, args)
}

// runApply is flags to configuration to run to report.
func runApply(a *app, cmd *cobra.Command, f *applyFlags, args []string) error {
	switch {
	case f.plan != "" && len(args) > 0, f.plan == "" && len(args) == 0:
		return &usageError{fmt.Errorf("apply takes a FILE, or --plan RUN")}
	case f.plan != "":
		return applyPlan(a, cmd, f)
	case f.dryRun:
		return runPlan(a, cmd, &f.runFlags, &f.show, args[0])
	}
	config, done, err := f.config(a, cmd, args[0])
	if err != nil {
		return err
	}
	defer done()
	if a.hosted.enters() {
		return enterRun(a, cmd, f, config)
	}
	if f.approved != "" {
		approved, err := runs.Folder{Store: config.Store, Dir: config.RunsDir}.Find(cmd.Context(), f.approved)
		if err != nil {
			return &configError{err: fmt.Errorf("--approved: %w", err)}
		}
		config.Approved, config.ApprovedMaxAge = approved.Identity.Name, f.maxPlanAge
	}
	if f.goOn {
		return applyOrResume(a, cmd, f, config)
	}
	return sendRun(a, cmd, f, config, batch.Apply)
}

// applyOrResume goes on with the job's unfinished run of the same file, or
// starts anew.
func applyOrResume(a *app, cmd *cobra.Command, f *applyFlags, config batch.Config) error {
	err := f.slice.apply(&config) // its waves must be the same, and what it holds for
	if err == nil {
		config.Saved, err = saved(cmd.Flags(), config.Deadline)
	}
	if err != nil {
		return err
	}
	if config.Job == "" {
		return &usageError{errors.New("--continue: what another process writes has no job of its own: give --job NAME")}
	}
	file, err := rereadable(cmd.Context(), config.Source)
	if err != nil {
		return err
	}
	unfinished, err := batch.FindUnfinished(cmd.Context(), config, file)
	if _, back := file.Seek(0, io.SeekStart); err == nil {
		err = back
	}
	if err != nil {
		return &configError{err: fmt.Errorf("--continue: %w", err)}
	}
	config.Source = file
	if unfinished == "" {
		return sendRun(a, cmd, f, config, batch.Apply)
	}
	if config.RunName != "" && config.RunName != unfinished {
		return &usageError{fmt.Errorf("--run: --continue resumes run %s, which has its name", unfinished)}
	}
	return sendRun(a, cmd, f, config, func(ctx context.Context, config batch.Config) (*runs.Run, error) {
		return batch.Resume(ctx, config, unfinished, batch.ResumeOptions{})
	})
}

// applyPlan applies a plan that was made and agreed to.
func applyPlan(a *app, cmd *cobra.Command, f *applyFlags) error {
	run, closeStore, err := a.findRun(cmd.Context(), &f.store, cmd.Flags(), f.plan)
	if err != nil {
		return err
	}
	closeStore()
	if run.StateNow() == runs.OnlyPlanned {
		if err := inherit(a.Streams, cmd.Flags(), run, "applying with saved options"); err != nil {
			return err
		}
	}
	if err := effective(cmd, run); err != nil {
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
	return sendRun(a, cmd, f, config, func(ctx context.Context, config batch.Config) (*runs.Run, error) {
		return batch.ApplyPlan(ctx, config, run.Identity.Name, f.maxPlanAge)
	})
}

// sending takes what the flags say of the sending into a configuration.
func (f *applyFlags) sending(a *app, cmd *cobra.Command, config *batch.Config) error {
	err := errors.Join(f.slice.apply(config), f.wave.apply(a, config))
	if err == nil {
		config.Saved, err = saved(cmd.Flags(), config.Deadline)
	}
	if err != nil {
		return err
	}
	config.MaxFailures, config.RequireFit, config.Keep = f.failures.most, f.requireFit, f.keep
	config.IgnoreFreeSpace = f.ignoreSpace
	if config.Recheck = f.recheck; cmd.Flags().Changed("recheck") {
		config.Recheck = max(f.recheck, 1) // 0 is to read every number again
	}
	if config.SecondPass = f.failures.secondPass; f.yes && !a.InTerminal && !cmd.Flags().Changed(option.SecondPass) {
		config.SecondPass = batch.DefaultSecondPass
	}
	config.WaitFor, config.LeavePending = f.waitFor, !f.wait
	config.Guards.AllowPartialFirstWave = f.wave.partial || a.InTerminal
	config.Guards.Unattended = f.yes && !a.InTerminal
	return nil
}

// sendRun runs what sends, watched, and reports.
func sendRun(a *app, cmd *cobra.Command, f *applyFlags, config batch.Config, run runner) error {
	if err := f.sending(a, cmd, &config); err != nil {
		return err
	}
	config.Leaves = a.hosted.leavesSlot()
	s := startSession(a, &f.runFlags, config.SourceName)
	s.holdFile = f.holdFile
	defer s.close()
	config.Confirm = func(ctx context.Context, q batch.Question) error {
		s.problems.show(a.line)
		return a.confirm(ctx, q, f.yes)
	}
	done, err := s.run(cmd.Context(), config, run)
	a.hosted.closed(config.Hours)
	if done == nil {
		return err
	}
	return conclude(cmd.Context(), a, done, err)
}
