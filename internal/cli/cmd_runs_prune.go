package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/prune"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/text"
	"github.com/bulknum/bulknum/report/words"
)

// pruneFlags are those of runs prune.
type pruneFlags struct {
	prune.Config
	store   storeFlags
	archive bool
	dryRun  bool
	yes     bool
}

func pruneCommand(a *app) *cobra.Command {
	var f pruneFlags
	cmd := &cobra.Command{
		Use:   "prune --keep 90d | prune --keep-last N",
		Short: "Remove or archive old runs",
		Long: `Remove old runs that are over, with their folders. At least one of --keep and
--keep-last must be given; with both, a run goes only if both say so.

Never removed, and listed with the reason:

  - runs that are running, stopped, crashed or damaged
  - the newest run that knows a write-only field of a number
  - the newest run of each job that was applied: guards compare with it
  - cutovers that still protect their numbers
  - rollbacks of runs that are kept, and runs whose rollback is kept

Any other run that is old is removed even if it could still be rolled back:
choose --keep and --keep-last with that in mind.

With --archive a run is packed into RUN` + runs.ArchiveSuffix + ` in the runs folder instead, with
all that the store has of it. Other commands do not look into archives: bulknum
runs restore RUN brings the run back; tar --zstd -xf unpacks its folder, to
read.

It works on a full disk too, and frees the space.`,
		Example: `  bulknum runs prune --keep 90d --dry-run
  bulknum runs prune --keep-last 30 --job nightly --archive --yes`,
		Args: takesNone,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if flags := cmd.Flags(); !flags.Changed("keep") && !flags.Changed("keep-last") {
				return &usageError{errors.New("which runs are old? Give --keep 90d or --keep-last N")}
			}
			return runPrune(cmd.Context(), a, &f)
		},
	}
	flags := cmd.Flags()
	f.store.define(flags)
	f.store.defineSandbox(flags, "only the runs of the sandbox")
	flags.StringVar(&f.Job, "job", "", "only the runs of job `NAME`")
	durationVar(flags, &f.Keep, "keep", 0, "keep runs that began less than this long ago, as in 90d (default: no run, for its age)")
	flags.IntVar(&f.KeepLast, "keep-last", 0, "keep the `N` newest runs of each job (default: none)")
	flags.BoolVar(&f.archive, "archive", false, "pack runs into one compressed file each, instead of removing them")
	flags.BoolVar(&f.dryRun, option.DryRun, false, "show what would be removed, and remove nothing")
	flags.BoolVar(&f.yes, "yes", false, "do not ask")
	mustBeAsked(flags, "keep", "keep-last", "archive", option.DryRun, "yes")
	return cmd
}

func runPrune(ctx context.Context, a *app, f *pruneFlags) error {
	if f.KeepLast < 0 {
		return &usageError{fmt.Errorf("--keep-last %d: must not be below 0", f.KeepLast)}
	}
	p := &prune.Plan{}
	var opened []func()
	defer func() {
		for _, done := range opened {
			done()
		}
	}()
	in := map[bool]runs.Folder{} // by whether it is the sandbox's
	for _, sandbox := range f.store.stores() {
		if sandbox && !f.store.hasSandbox() {
			continue
		}
		all, done, err := a.openRuns(ctx, &f.store, toWrite, sandbox)
		if err != nil {
			return err
		}
		opened = append(opened, done)
		f.Folder, in[sandbox] = all, all
		some, err := prune.Find(ctx, f.Config)
		if err != nil {
			return err
		}
		p.Old, p.Kept = append(p.Old, some.Old...), append(p.Kept, some.Kept...)
	}
	verb := "remove"
	if f.archive {
		verb = "archive"
	}
	if err := text.Prune(a.Out, p, verb, time.Now()); err != nil {
		return err
	}
	if len(p.Old) == 0 {
		a.say("nothing to %s in %s", verb, f.store.runsDir)
		return nil
	}
	if f.dryRun {
		return nil
	}
	if err := agreedToPrune(ctx, a, len(p.Old), f.archive, f.yes); err != nil {
		return err
	}
	return carryOutPrune(ctx, a, p, f.archive, in)
}

// agreedToPrune asks, unless --yes has said so.
func agreedToPrune(ctx context.Context, a *app, all int, archive, yes bool) error {
	question := fmt.Sprintf("What is known of their numbers from these %s runs will be gone.\nType yes to remove them: ", words.Count(all))
	if archive {
		question = fmt.Sprintf("Type yes to archive these %s runs: ", words.Count(all))
	}
	return a.agreed(ctx, question, yes, errKept)
}

// carryOutPrune removes or archives what can go. A run that cannot is told at
// the end, and keeps no other from going.
func carryOutPrune(ctx context.Context, a *app, p *prune.Plan, archive bool, in map[bool]runs.Folder) error {
	var failed []error
	done := 0
	for _, run := range slices.Backward(p.Old) { // a run before what took it back
		if ctx.Err() != nil {
			failed = append(failed, context.Cause(ctx))
			break
		}
		var err error
		if archive {
			_, err = prune.Archive(ctx, in[run.Sandbox], run)
		} else {
			err = prune.Remove(ctx, in[run.Sandbox], run)
		}
		if err != nil {
			failed = append(failed, err)
			continue
		}
		done++
	}
	past := "removed"
	if archive {
		past = "archived"
	}
	a.say("%s of %s runs %s", words.Count(done), words.Count(len(p.Old)), past)
	return errors.Join(failed...)
}
