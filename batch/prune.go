package batch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/rundir"
	"github.com/bulknum/bulknum/batch/settings"
)

// ArchiveSuffix is added to a run's name for the file of its archive.
const ArchiveSuffix = rundir.ArchiveSuffix

// PruneConfig says which runs are old.
type PruneConfig struct {
	RunsDir string
	// Job limits it to one job. Optional.
	Job string
	// Keep keeps what began less than so long ago.
	Keep time.Duration
	// KeepLast keeps so many of the newest runs of each job; those of a sandbox
	// are counted apart.
	KeepLast int
}

// Prune is what is to be done about old runs, the newest first.
type Prune struct {
	// Old are those that can go.
	Old []RunInfo
	// Kept are as old, but are kept.
	Kept []KeptRun
}

// KeptRun is an old run that is kept, and why.
type KeptRun struct {
	RunInfo
	Reasons []string
}

// PlanPrune finds the old runs and keeps, among them, those that are not over,
// and those that later runs still need: the newest run that tells what the API
// does not show, and the one that the guards compare the next one with.
func PlanPrune(ctx context.Context, cfg PruneConfig) (*Prune, error) {
	runs, err := Runs(ctx, cfg.RunsDir, "")
	if err != nil {
		return nil, err
	}
	needed, err := needs(ctx, runs)
	if err != nil {
		return nil, err
	}
	p := &Prune{}
	newer := map[string]int{}
	for _, run := range runs {
		if run.State == Archived || cfg.Job != "" && run.Job != cfg.Job {
			continue
		}
		same := fmt.Sprint(run.Sandbox, run.Job)
		newer[same]++
		if newer[same] <= cfg.KeepLast || time.Since(run.StartedAt) < cfg.Keep {
			continue
		}
		reasons := needed[run.Folder]
		if !run.State.over() {
			reasons = append([]string{"it is " + string(run.State)}, reasons...)
		}
		if len(reasons) > 0 {
			p.Kept = append(p.Kept, KeptRun{RunInfo: run, Reasons: reasons})
		} else {
			p.Old = append(p.Old, run)
		}
	}
	return p, nil
}

// over reports whether nobody will go on with a run.
func (s State) over() bool { return s == Ran || s == OnlyPlanned || s == Refused }

// Archive packs a run into one file beside its folder, which it returns, and
// removes the folder.
func Archive(ctx context.Context, run RunInfo) (path string, err error) {
	err = whileOver(ctx, run, func(dir *rundir.Dir) error {
		path, err = dir.Archive()
		return errors.Join(err, ctx.Err())
	})
	return path, err
}

// Remove removes the folder of a run.
func Remove(ctx context.Context, run RunInfo) error {
	return whileOver(ctx, run, func(*rundir.Dir) error { return nil })
}

// whileOver does something with the folder of a run and removes it, while nobody
// else can work in it, and only if nobody has gone on with it meanwhile.
func whileOver(ctx context.Context, run RunInfo, do func(*rundir.Dir) error) error {
	dir, err := rundir.Open(run.Folder)
	if err != nil {
		return err
	}
	if err := dir.Lock(ctx, rundir.Myself(run.Folder, "bulknum runs prune"), 0); err != nil {
		return err
	}
	defer dir.Unlock()
	now, err := read(dir)
	if err != nil {
		return err
	}
	if state := now.state(false); !state.over() || !now.EndedAt.Equal(run.EndedAt) {
		return fmt.Errorf("%s is kept: somebody has gone on with it, and it is %s", run.Folder, state)
	}
	if err := do(dir); err != nil {
		return err
	}
	return dir.Remove()
}

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
			reasons[run.Folder()] = append(reasons[run.Folder()], "it is the job's newest that was applied, which guards compare the next one with")
		}
	}
	hidden, err := hiddenFields(ctx, runs)
	if err != nil {
		return nil, err
	}
	told := map[string]struct{}{}
	for _, run := range runs {
		numbers, fields, err := run.tellsFirst(ctx, hidden, told)
		if err != nil {
			return nil, err
		}
		if numbers > 0 {
			reasons[run.Folder()] = append(reasons[run.Folder()], fmt.Sprintf("it tells what the API does not show: %s of %s", strings.Join(fields, ", "), countOf(numbers)))
		}
	}
	return reasons, nil
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
