package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch/export"
	"github.com/bulknum/bulknum/batch/route"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/report/words"
)

// exportState writes what a run has read of its numbers.
func exportState(a *app, cmd *cobra.Command, f *exportFlags) error {
	ctx := cmd.Context()
	run, done, err := a.findRun(ctx, &f.store, cmd.Flags(), f.state)
	if err != nil {
		return err
	}
	defer done()
	names := route.NewDirectory(nil)
	where, whereErr := findRoutes(ctx, "where", f.config.Where.Settings, names)
	_, setErr := findRoutes(ctx, "set", f.config.Set, names)
	if err := errors.Join(whereErr, setErr); err != nil {
		return err
	}
	f.config.Where.Settings = where
	known, since, unread, err := stateOf(ctx, run)
	if err != nil {
		return err
	}
	if len(known) == 0 {
		return &configError{err: fmt.Errorf("run %s has read no number", run.Identity.Name), hint: "name a run that was planned by what the API told, as by apply without --all"}
	}
	result, err := export.ExportKnown(f.config, known, a.Out)
	a.export = &result
	if err != nil {
		return err
	}
	if !f.quiet {
		at := since.UTC().Format(time.RFC3339)
		a.say("as run %s read them from %s on; for --state, give the file that time: touch -d %s FILE", run.Identity.Name, since.Local().Format(words.Clock), at)
	}
	if unread > 0 {
		a.warn("left out, because the API did not tell run %s of them: %s", run.Identity.Name, words.CountOf(unread, "number"))
	}
	return concludeExport(a, f, result)
}

// stateOf is what a run has read before it was planned: of each number the newest reading, since when, and how many numbers the
// API did not tell.
func stateOf(ctx context.Context, run *runs.Run) (known []export.Known, since time.Time, unread int, err error) {
	place := map[string]int{}
	var newest []store.Reading
	for r, err := range run.In.Store.Readings(ctx, run.Stored.ID, nil) {
		if err != nil {
			return nil, since, 0, err
		}
		if r.Number == "" || r.Phase == store.ForSending {
			continue
		}
		if i, again := place[r.Number]; again {
			newest[i] = r
			continue
		}
		place[r.Number] = len(newest)
		newest = append(newest, r)
	}
	for _, r := range newest {
		if r.State == nil {
			unread++
			continue
		}
		if since.IsZero() || r.At.Before(since) {
			since = r.At
		}
		known = append(known, export.Known{Number: r.Number, Status: r.Status, State: *r.State})
	}
	return known, since, unread, nil
}
