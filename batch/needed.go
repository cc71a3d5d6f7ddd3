package batch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/bulknum/bulknum/batch/rundir"
	"github.com/bulknum/bulknum/batch/settings"
)

// needs says why runs are needed by later ones, by folder. The runs come newest
// first; those that cannot be read need nobody's care here: they are kept.
func needs(ctx context.Context, infos []RunInfo) (map[string][]string, error) {
	var runs []*Run
	for _, info := range infos {
		if info.Sandbox || info.State == Archived {
			continue
		}
		if run, err := Open(info.Folder); err == nil {
			run.rows = nil // of many runs they would need much memory, and here nobody asks for them
			runs = append(runs, run)
		}
	}
	reasons := map[string][]string{}
	compared := map[[3]string]bool{}
	for _, run := range runs {
		job := [3]string{run.Identity.Job, run.Identity.Account, run.Identity.API}
		if run.canBePrevious() && !compared[job] {
			compared[job] = true
			reasons[run.Folder()] = []string{"it is the job's newest that was applied, which guards compare the next one with"}
		}
	}
	if err := protectors(ctx, runs, reasons); err != nil {
		return nil, err
	}
	return reasons, tellers(ctx, runs, reasons)
}

// tellers adds to the reasons of the runs that tell what the API does not show
// and no newer one tells.
func tellers(ctx context.Context, runs []*Run, reasons map[string][]string) error {
	hidden, err := hiddenFields(ctx, runs)
	if err != nil {
		return err
	}
	told := map[string]struct{}{}
	for _, run := range runs {
		numbers, fields, err := run.tellsFirst(ctx, hidden, told)
		if err != nil {
			return err
		}
		if numbers > 0 {
			reason := fmt.Sprintf("it tells what the API does not show: %s of %s", strings.Join(fields, ", "), countOf(numbers))
			reasons[run.Folder()] = append(reasons[run.Folder()], reason)
		}
	}
	return nil
}

// countOf is how many numbers there are, in words.
func countOf(numbers int) string {
	if numbers == 1 {
		return "1 number"
	}
	return fmt.Sprintf("%d numbers", numbers)
}

// hiddenFields are the fields that the API does not show: those of the table,
// and those that some plan found hidden.
func hiddenFields(ctx context.Context, runs []*Run) (map[string]bool, error) {
	hidden := map[string]bool{}
	for _, field := range settings.Fields() {
		hidden[field.Name] = !field.Shown
	}
	for _, run := range runs {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if run.Identity.All {
			continue // it read nothing, so that it found nothing hidden
		}
		for row, err := range run.PlanRows() {
			if errors.Is(err, os.ErrNotExist) {
				break // it is being removed
			}
			if err != nil {
				return nil, err
			}
			for _, change := range row.Changes {
				hidden[change.Field] = hidden[change.Field] || change.Hidden
			}
		}
	}
	return hidden, nil
}

// tellsFirst counts the numbers of which a run has sent hidden fields that no
// newer run has sent, and names the fields. What is told already is in told, by
// account, address, number and field.
func (r *Run) tellsFirst(ctx context.Context, hidden map[string]bool, told map[string]struct{}) (int, []string, error) {
	if ctx.Err() != nil {
		return 0, nil, context.Cause(ctx)
	}
	numbers, fields := map[string]struct{}{}, map[string]struct{}{}
	account := r.Identity.Account + "\n" + r.Identity.API + "\n"
	_, err := rundir.Replay(r.dir.File(rundir.JournalFile), func(entry rundir.Entry) error {
		rec, err := decode(entry)
		if err != nil || rec.Kind != kindIntent {
			return err
		}
		for field := range rec.Intent.Set {
			key := account + rec.Intent.Number + "\n" + field
			if _, known := told[key]; known || !hidden[field] {
				continue
			}
			told[key] = struct{}{}
			numbers[rec.Intent.Number], fields[field] = struct{}{}, struct{}{}
		}
		return nil
	})
	return len(numbers), slices.Sorted(maps.Keys(fields)), err
}
