package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch/prune"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/report/text"
)

// deleteFlags are those of runs delete.
type deleteFlags struct {
	store   storeFlags
	archive bool
	yes     bool
}

func deleteCommand(a *app) *cobra.Command {
	var f deleteFlags
	cmd := &cobra.Command{
		Use:   "delete RUN",
		Short: "Remove or archive one run",
		Long: `Remove RUN from the store, with its folder. (Deleting the folder alone removes
nothing: bulknum report RUN makes it again.)

What runs prune keeps however old it is, such as a stopped run or a cutover that
still protects its numbers, is not deleted either; the reason is shown. With
--archive the run is packed into RUN` + runs.ArchiveSuffix + ` instead; bulknum runs
restore RUN brings it back.`,
		Example: `  bulknum runs delete 20261123T020000Z-nightly --archive`,
		Args:    takesOne("RUN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			follow(a, &f.store, cmd.Flags(), args[0])
			return runDelete(cmd.Context(), a, &f, args[0])
		},
	}
	flags := cmd.Flags()
	f.store.define(flags)
	f.store.defineSandbox(flags, sandboxRuns)
	flags.BoolVar(&f.archive, "archive", false, "pack the run into one compressed file, instead of removing it")
	flags.BoolVar(&f.yes, "yes", false, "do not ask")
	mustBeAsked(flags, "archive", "yes")
	return cmd
}

func runDelete(ctx context.Context, a *app, f *deleteFlags, name string) error {
	in, done, sandbox, err := a.storeOf(ctx, &f.store, name)
	if err != nil {
		return err
	}
	defer done()
	p, err := prune.FindOne(ctx, in, name)
	if err != nil {
		return err
	}
	verb := "remove"
	if f.archive {
		verb = "archive"
	}
	if err := text.Prune(a.Out, p, verb, time.Now()); err != nil {
		return err
	}
	if len(p.Old) == 0 {
		return errNeeded
	}
	if err := agreedToPrune(ctx, a, len(p.Old), f.archive, f.yes); err != nil {
		return err
	}
	return carryOutPrune(ctx, a, p, f.archive, map[bool]runs.Folder{sandbox: in})
}

// storeOf opens the store, for writing, that has a run.
func (a *app) storeOf(ctx context.Context, f *storeFlags, name string) (in runs.Folder, done func(), sandbox bool, err error) {
	var missing error
	for _, sandbox := range f.stores() {
		if sandbox && !f.hasSandbox() {
			continue
		}
		in, done, err = a.openRuns(ctx, f, toWrite, sandbox)
		if err != nil {
			return in, nil, false, err
		}
		_, err = in.Find(ctx, name)
		if err == nil {
			return in, done, sandbox, nil
		}
		done()
		missing = cmp.Or(missing, err)
		if !errors.Is(err, store.ErrNotFound) {
			break
		}
	}
	if missing == nil {
		missing = fmt.Errorf("%s: %w: %s has no sandbox", name, store.ErrNotFound, f.runsDir)
	}
	return in, nil, false, missingRun(missing, "RUN is a run's name in --runs-dir, or its folder there: bulknum runs lists them")
}

func restoreCommand(a *app) *cobra.Command {
	var f storeFlags
	cmd := &cobra.Command{
		Use:   "restore FILE|RUN",
		Short: "Bring a run back that was archived",
		Long: `Bring a run back that runs prune --archive or runs delete --archive has packed:
into the store, in its place in the order of runs, and its folder. RUN is the
name of a run whose archive is in the runs folder; that archive is then removed.
FILE is an archive elsewhere, which stays. A run can only be brought back into
the store that it came from, or into one that was salvaged from that. Of a run
that was rolled back, restore the rollback first.`,
		Example: `  bulknum runs restore 20261123T020000Z-nightly
  bulknum runs restore /archive/20261123T020000Z-nightly` + runs.ArchiveSuffix,
		Args: takesOne("RUN"),
		RunE: func(cmd *cobra.Command, args []string) error { return runRestore(cmd.Context(), a, &f, args[0]) },
	}
	f.define(cmd.Flags())
	return cmd
}

func runRestore(ctx context.Context, a *app, f *storeFlags, name string) error {
	const what = "FILE is an archive, RUN the name of a run that is archived in --runs-dir: bulknum runs lists them"
	sandbox, err := prune.ArchivedInSandbox(f.runsDir, name)
	if errors.Is(err, fs.ErrNotExist) {
		return &configError{err: fmt.Errorf("%s: there is no such file, and no archived run of this name in %s", name, f.runsDir), hint: what}
	}
	if err != nil {
		return &configError{err: err, hint: what}
	}
	in, done, err := a.openRuns(ctx, f, toWrite, sandbox)
	if err != nil {
		return err
	}
	defer done()
	run, err := prune.Restore(ctx, in, name)
	if errors.Is(err, store.ErrExists) {
		return &configError{err: err, hint: "the run is there: nothing has to be brought back"}
	}
	if taken, ok := errors.AsType[*store.RolledBackError](err); ok {
		return &configError{err: err, hint: fmt.Sprintf("bulknum runs restore %s first; if it has no archive, the run can be read only: tar --zstd -xf", taken.Rollback)}
	}
	if err != nil {
		return err
	}
	a.note("run %s is back, in %s", run.Identity.Name, run.Folder())
	return nil
}
