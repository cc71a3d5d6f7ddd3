package batch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/folder"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
)

// Further states, which a look at the runs folder tells apart.
const (
	// Running is a run that some process holds.
	Running State = "running"
	// Crashed has no end, and nobody works on it any more.
	Crashed State = "crashed"
	// OnlyPlanned is a plan that was made and not applied.
	OnlyPlanned State = "planned"
	// Refused sent nothing, because of its input, a guard, or an answer.
	Refused State = "refused"
	// Archived is packed into one file, see [Archive].
	Archived State = "archived"
	// Damaged cannot be read.
	Damaged State = "damaged"
)

// RunInfo is a run in a few words, as a list of runs shows it.
type RunInfo struct {
	id   store.RunID
	Name string `json:"name"`
	// Folder is its path, or that of its archive.
	Folder string `json:"folder"`
	Job    string `json:"job,omitempty"`
	State  State  `json:"state"`
	// Why is the reason of a run that is stopped, refused or damaged.
	Why     string `json:"why,omitempty"`
	Sandbox bool   `json:"sandbox,omitempty"`
	// Waves are those of a cutover, RollbackOf is the run that it takes back.
	Waves      string `json:"waves,omitempty"`
	RollbackOf string `json:"rollbackOf,omitempty"`
	// RolledBack is what rollbacks took back of it; nil: nothing.
	RolledBack *RolledBack `json:"rolledBack,omitempty"`
	StartedAt  time.Time   `json:"startedAt"`
	EndedAt    time.Time   `json:"endedAt,omitzero"`
	// Rows is how many there are, Counts how many are in each status; both are
	// zero of a run without a plan.
	Rows   int                   `json:"rows"`
	Counts map[result.Status]int `json:"counts,omitempty"`
	// FolderGone tells that somebody deleted its folder, which forgets nothing.
	FolderGone bool `json:"folderGone,omitempty"`
	// Holder is who works on it.
	Holder *Holder `json:"holder,omitempty"`
}

// Runs lists runs, the newest first; of one job, if it is named. Those that were
// packed away come last.
func (f RunsFolder) Runs(ctx context.Context, job string) ([]RunInfo, error) {
	var runs []RunInfo
	all, err := f.Store.Runs(ctx, store.RunFilter{Job: job})
	for _, damage := range damagedOf(err) {
		runs = append(runs, RunInfo{Name: damage.Run, Folder: folder.At(f.Dir, damage.Run).Path(), State: Damaged, Why: result.OneLine(damage)})
	}
	if err != nil && len(runs) == 0 {
		return nil, err
	}
	for _, is := range all {
		info, err := f.look(ctx, is)
		if err != nil {
			return nil, err
		}
		runs = append(runs, info)
	}
	lost, err := f.lost(ctx, job)
	if err != nil {
		return nil, err
	}
	runs = append(runs, lost...)
	packed, err := f.archives(job)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(packed, func(a, b RunInfo) int { return b.StartedAt.Compare(a.StartedAt) })
	return append(runs, packed...), nil
}

// lost are the runs that a salvage of the store could not bring over. Nobody knows
// of which job they were.
func (f RunsFolder) lost(ctx context.Context, job string) (runs []RunInfo, err error) {
	of, ok := f.Store.(store.Losses)
	if !ok || job != "" {
		return nil, nil
	}
	lost, err := of.LostRuns(ctx)
	for _, l := range lost {
		runs = append(runs, RunInfo{
			Name: l.Name, Folder: folder.At(f.Dir, l.Name).Path(), State: Damaged,
			Why: "lost when the store was salvaged: " + l.Why, StartedAt: l.At,
		})
	}
	return runs, err
}

// look tells of one run. One that is damaged hides no other.
func (f RunsFolder) look(ctx context.Context, is store.Run) (RunInfo, error) {
	holder, held := executor(f.Store, is.ID) // before the run is read, so that no end is missed
	run, err := f.open(ctx, is)
	if damaged, ok := errors.AsType[*store.DamagedError](err); ok {
		return RunInfo{
			id: is.ID, Name: is.Name, Folder: folder.At(f.Dir, is.Name).Path(), Job: is.Job,
			State: Damaged, Why: result.OneLine(damaged), StartedAt: is.StartedAt,
		}, nil
	}
	if err != nil {
		return RunInfo{}, err
	}
	info := run.info(held)
	if _, err := os.Lstat(info.Folder); errors.Is(err, os.ErrNotExist) {
		info.FolderGone = true
	}
	if held && holder.PID != 0 {
		info.Holder = &holder
	}
	info.Counts, err = run.counts(ctx)
	if _, damaged := errors.AsType[*store.DamagedError](err); damaged {
		info.State, info.Why = Damaged, result.OneLine(err)
	} else if err != nil {
		return info, err
	}
	for _, n := range info.Counts {
		info.Rows += n
	}
	info.RolledBack, err = run.rolledBack(ctx)
	if len(damagedOf(err)) > 0 { // of a rollback, which is listed as such
		err = nil
	}
	return info, err
}

// info is a run without its counts.
func (r *Run) info(held bool) RunInfo {
	info := RunInfo{
		id: r.is.ID, Name: r.Identity.Name, Folder: r.Folder(), Job: r.Identity.Job, Sandbox: r.Identity.Sandbox,
		Waves: r.Identity.Waves, RollbackOf: r.Identity.RollbackOf,
		StartedAt: r.StartedAt, EndedAt: r.EndedAt, State: r.state(held),
	}
	if info.State == Halted || info.State == Refused {
		info.Why = string(r.Stop.Reason)
	}
	return info
}

// StateNow is how far the run has come, and whether a process works on it.
func (r *Run) StateNow() State {
	_, held := r.executor()
	return r.state(held)
}

// state is how far the run has come, given whether somebody works on it.
func (r *Run) state(held bool) State {
	switch {
	case held:
		return Running
	case r.EndedAt.IsZero():
		return Crashed
	case r.Stop.Reason.Class() == result.Refused && !r.applied:
		return Refused
	case r.Stop.Early():
		return Halted
	case r.Identity.DryRun && !r.applied:
		return OnlyPlanned
	default:
		return Ran
	}
}

// counts is how many rows are in each status, as [Run.Results] has them: from
// the figures of the plan and the outcomes alone, unless rows repeat others. A run
// without a plan has none, because the input would have to be read.
func (r *Run) counts(ctx context.Context) (map[result.Status]int, error) {
	if r.plan == nil {
		return nil, nil
	}
	if r.plan.Counts[result.Planned] != r.plan.Updates() {
		counts := map[result.Status]int{}
		for outcome, err := range r.Results(ctx) {
			if err != nil {
				return nil, err
			}
			counts[outcome.Status]++
		}
		return counts, nil
	}
	counts := r.progressed()
	if !r.Identity.DryRun || r.applied {
		counts[result.NotAttempted] = counts[result.Planned]
		delete(counts, result.Planned)
	}
	maps.DeleteFunc(counts, func(_ result.Status, n int) bool { return n == 0 })
	return counts, nil
}

// progressed is how many rows of the plan are in each status by now. A row that
// repeats another is planned still.
func (r *Run) progressed() map[result.Status]int {
	counts := maps.Clone(r.plan.Counts)
	for _, row := range r.rows {
		if row.status != result.NotAttempted {
			counts[result.Planned]--
			counts[row.status]++
		}
	}
	return counts
}

// archives are the runs that were packed away.
func (f RunsFolder) archives(job string) ([]RunInfo, error) {
	entries, err := os.ReadDir(f.Dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("runs folder: %w", err)
	}
	var runs []RunInfo
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ArchiveSuffix) {
			continue
		}
		path := filepath.Join(f.Dir, entry.Name())
		of, err := peekArchive(path)
		if errors.Is(err, os.ErrPermission) {
			return nil, err
		}
		if err != nil || job != "" && of.Run.Job != job {
			continue // it is no archive of a run
		}
		runs = append(runs, RunInfo{
			Name: of.Run.Name, Folder: path, Job: of.Run.Job, Sandbox: of.Run.Sandbox,
			Waves: of.Run.Waves, RollbackOf: of.Run.RollbackOf,
			StartedAt: of.StartedAt, State: Archived,
		})
	}
	return runs, nil
}
