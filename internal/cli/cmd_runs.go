package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/files"
	"github.com/bulknum/bulknum/report/text"
)

// runsFlags are those of runs.
type runsFlags struct {
	store storeFlags
	job   string
	json  bool
}

func runsCommand(a *app) *cobra.Command {
	var f runsFlags
	cmd := &cobra.Command{
		Use:   "runs",
		Short: "List the runs in the runs folder",
		Long: `List the runs in the runs folder, the newest first: the state of each, how many
rows it has and what became of them.

  running   a process is working on it
  finished  it came to its end
  planned   a plan that was not applied
  stopped   it ended early; bulknum resume continues it
  crashed   its process ended without recording an end: bulknum resume goes on
  refused   nothing was sent: an invalid input, a guard, or nobody agreed
  archived  packed into one file by runs prune or runs delete --archive; bulknum
            runs restore brings it back
  damaged   its records in the store are damaged, or were lost when the store
            was salvaged

A run whose folder was deleted is still listed: bulknum report makes the folder
again, and bulknum runs delete removes the run.`,
		Example: `  bulknum runs --job nightly
  bulknum runs prune --keep 90d --dry-run`,
		Args: commandsOnly,
		RunE: func(cmd *cobra.Command, _ []string) error { return runRuns(a, cmd, &f) },
	}
	flags := cmd.Flags()
	f.store.define(flags)
	f.store.defineSandbox(flags, "list only the runs of the sandbox (default: these too)")
	flags.StringVar(&f.job, "job", "", "only the runs of job `NAME`")
	flags.BoolVar(&f.json, "json", false, "print them as one JSON document")
	cmd.AddCommand(pruneCommand(a), deleteCommand(a), restoreCommand(a))
	return cmd
}

func runRuns(a *app, cmd *cobra.Command, f *runsFlags) error {
	all, err := listRuns(cmd.Context(), a, f)
	switch {
	case err != nil:
		return err
	case f.json:
		return files.RunsJSON(a.Out, all)
	case len(all) == 0:
		_, err = fmt.Fprintf(a.Err, "no runs in %s\n", f.store.runsDir)
		return err
	default:
		return text.Runs(a.Out, all, time.Now())
	}
}

// listRuns lists the runs of the store, and those of the sandbox.
func listRuns(ctx context.Context, a *app, f *runsFlags) ([]runs.Info, error) {
	var all []runs.Info
	err := readStores(ctx, a, &f.store, func(in runs.Folder, sandbox bool) error {
		found, err := in.Runs(ctx, f.job)
		if sandbox && !f.store.sandbox { // what is archived was listed already
			found = slices.DeleteFunc(found, func(r runs.Info) bool { return r.State == runs.Archived })
		}
		all = append(all, found...)
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, func(a, b runs.Info) int { return b.StartedAt.Compare(a.StartedAt) })
	return all, nil
}

// readStores has the store read, and that of the sandbox, as far as they are there and are looked into.
func readStores(ctx context.Context, a *app, f *storeFlags, read func(in runs.Folder, sandbox bool) error) error {
	for _, sandbox := range f.stores() {
		in, done, err := a.openRuns(ctx, f, toRead, sandbox)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if !sandbox {
			in = ofNamed(ctx, a, in)
		}
		err = read(in, sandbox)
		done()
		if err != nil {
			return err
		}
	}
	return nil
}
