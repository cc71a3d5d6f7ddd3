package batch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/bulknum/bulknum/batch/rundir"
)

// knownFields finds what earlier runs tell of fields that the API does not
// show. wanted has the numbers, each with its hidden fields. A field counts as
// known when the newest run that touched it, for the same account and address,
// has the API's answer for that number.
func knownFields(ctx context.Context, runsDir string, me Identity, wanted map[string][]string, trouble func(string)) (map[string]map[string]string, error) {
	known := map[string]map[string]string{}
	unread := func(err error) {
		trouble(fmt.Sprintf("hidden fields are taken for not known, because a run cannot be read: %v", err))
	}
	if err := nameless(runsDir, time.Time{}); err != nil {
		unread(err) // it may be the newest
		return known, nil
	}
	for _, run := range others(runsDir, me) {
		if len(wanted) == 0 {
			break
		}
		if err := ctx.Err(); err != nil {
			return nil, context.Cause(ctx)
		}
		touched, err := touchedBy(run, wanted)
		if err != nil {
			// What it did nobody knows, so that older runs tell nothing either.
			unread(err)
			return known, nil
		}
		for number, t := range touched {
			settle(known, wanted, number, t)
		}
	}
	return known, nil
}

// touch is what a run did to a number.
type touch struct {
	set      map[string]string
	answered bool
}

// settle takes over what a run tells of a number, and no longer wants it of
// older ones.
func settle(known map[string]map[string]string, wanted map[string][]string, number string, t touch) {
	var open []string
	for _, field := range wanted[number] {
		value, set := t.set[field]
		switch {
		case !set:
			open = append(open, field)
		case t.answered:
			if known[number] == nil {
				known[number] = map[string]string{}
			}
			known[number][field] = value
		}
	}
	if wanted[number] = open; len(open) == 0 {
		delete(wanted, number)
	}
}

// others returns the earlier runs that changed, or could have changed, the same
// numbers: of the same account and address, and not of a sandbox; the newest
// first. A folder that cannot be read is passed over.
func others(runsDir string, me Identity) []*Run {
	entries, err := os.ReadDir(runsDir)
	if err != nil {
		return nil
	}
	var runs []*Run
	for _, entry := range entries {
		run, err := peek(filepath.Join(runsDir, entry.Name()))
		if err != nil || run.Identity.Name == me.Name || run.Identity.Account != me.Account || run.Identity.API != me.API || run.Identity.Sandbox {
			continue
		}
		runs = append(runs, run)
	}
	slices.SortFunc(runs, newerFirst)
	return runs
}

// newerFirst is the order of runs in which the newest comes first.
func newerFirst(a, b *Run) int { return b.StartedAt.Compare(a.StartedAt) }

// nameless is the trouble with a run of which it cannot be told whose it is, and
// which did something after a time: it may be one of [others]. Nil: there is
// none.
func nameless(runsDir string, since time.Time) error {
	entries, _ := os.ReadDir(runsDir) // one that cannot be listed has no runs, as for others
	for _, entry := range entries {
		dir, err := rundir.Open(filepath.Join(runsDir, entry.Name()))
		if err != nil {
			continue
		}
		_, err = peek(dir.Path())
		nothing := err == nil || errors.Is(err, errNoBeginning) || errors.Is(err, fs.ErrNotExist)
		if !nothing && writtenSince(dir, since) {
			return err
		}
	}
	return nil
}

// touchedBy reads a run's journal for what it did to the wanted numbers.
func touchedBy(run *Run, wanted map[string][]string) (map[string]touch, error) {
	touched := map[string]touch{}
	_, err := rundir.Replay(run.dir.File(rundir.JournalFile), func(e rundir.Entry) error {
		rec, err := decode(e)
		if err != nil {
			return err
		}
		switch rec.Kind {
		case kindIntent:
			if _, ok := wanted[rec.Intent.Number]; ok {
				touched[rec.Intent.Number] = touch{set: rec.Intent.Set}
			}
		case kindResult:
			if t, ok := touched[rec.Result.Number]; ok {
				t.answered = rec.Result.Status == Updated
				touched[rec.Result.Number] = t
			}
		}
		return nil
	})
	return touched, err
}
