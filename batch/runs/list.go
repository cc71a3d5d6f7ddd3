package runs

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

// Info is a run in a few words, as a list of runs shows it.
type Info struct {
	ID   store.RunID `json:"-"`
	Name string      `json:"name"`
	// Folder is its path, or that of its archive.
	Folder string `json:"folder"`
	Job    string `json:"job,omitempty"`
	State  State  `json:"state"`
	// Why is the reason of a run that is stopped, refused or damaged.
	Why     string `json:"why,omitempty"`
	Sandbox bool   `json:"sandbox,omitempty"`
	// Waves are those of a cutover, RollbackOf is the run that it rolls back.
	Waves      string `json:"waves,omitempty"`
	RollbackOf string `json:"rollbackOf,omitempty"`
	// RolledBack is what rollbacks rolled back of it; nil: nothing.
	RolledBack *RolledBack `json:"rolledBack,omitempty"`
	StartedAt  time.Time   `json:"startedAt"`
	EndedAt    time.Time   `json:"endedAt,omitzero"`
	// Rows is how many there are, Counts how many are in each status; both are zero of a run without a plan.
	Rows   int                   `json:"rows"`
	Counts map[result.Status]int `json:"counts,omitempty"`
	// FolderGone tells that somebody deleted its folder, which forgets nothing.
	FolderGone bool `json:"folderGone,omitempty"`
	// Holder is who works on it.
	Holder *store.Holder `json:"holder,omitempty"`
}

// Runs lists runs, the newest first; of the folder's account, if it has one, and of one job, if it is named. Those that were packed away come last.
func (f Folder) Runs(ctx context.Context, job string) ([]Info, error) {
	var runs []Info
	all, err := f.Store.Runs(ctx, store.RunFilter{Account: f.Account, Job: job})
	for _, damage := range Damages(err) {
		runs = append(runs, Info{Name: damage.Run, Folder: folder.At(f.Dir, damage.Run).Path(), State: Damaged, Why: result.OneLine(damage)})
	}
	if err != nil && len(runs) == 0 {
		return nil, err
	}
	for _, is := range all {
		info, err := f.Look(ctx, is)
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
	packed, err := f.Archives(job)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(packed, func(a, b Info) int { return b.StartedAt.Compare(a.StartedAt) })
	return append(runs, packed...), nil
}

// Damages are the damages that an error tells, one or several.
func Damages(err error) (all []*store.DamagedError) {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		if one, is := errors.AsType[*store.DamagedError](err); is {
			return []*store.DamagedError{one}
		}
		return nil
	}
	for _, one := range joined.Unwrap() {
		all = append(all, Damages(one)...)
	}
	return all
}

// lost are the runs that a salvage of the store could not bring over. Nobody knows of which job they were.
func (f Folder) lost(ctx context.Context, job string) (runs []Info, err error) {
	of, ok := f.Store.(store.Losses)
	if !ok || job != "" {
		return nil, nil
	}
	lost, err := of.LostRuns(ctx)
	for _, l := range lost {
		runs = append(runs, Info{
			Name: l.Name, Folder: folder.At(f.Dir, l.Name).Path(), State: Damaged,
			Why: "lost when the store was salvaged: " + l.Why, StartedAt: l.At,
		})
	}
	return runs, err
}

// Look tells of one run. One that is damaged hides no other.
func (f Folder) Look(ctx context.Context, is store.Run) (Info, error) {
	holder, held := executor(f.Store, is.ID) // before the run is read, so that no end is missed
	run, err := f.Load(ctx, is)
	if damaged, ok := errors.AsType[*store.DamagedError](err); ok {
		return Info{
			ID: is.ID, Name: is.Name, Folder: folder.At(f.Dir, is.Name).Path(), Job: is.Job,
			State: Damaged, Why: result.OneLine(damaged), StartedAt: is.StartedAt,
		}, nil
	}
	if err != nil {
		return Info{}, err
	}
	info := infoOf(run, held)
	if _, err := os.Lstat(info.Folder); errors.Is(err, os.ErrNotExist) {
		info.FolderGone = true
	}
	if held && holder.PID != 0 {
		info.Holder = &holder
	}
	info.Counts, err = countsOf(ctx, run)
	if _, damaged := errors.AsType[*store.DamagedError](err); damaged {
		info.State, info.Why = Damaged, result.OneLine(err)
	} else if err != nil {
		return info, err
	}
	for _, n := range info.Counts {
		info.Rows += n
	}
	info.RolledBack, err = run.RolledBack(ctx)
	if len(Damages(err)) > 0 { // of a rollback, which is listed as such
		err = nil
	}
	return info, err
}

// infoOf is a run without its counts.
func infoOf(r *Run, held bool) Info {
	info := Info{
		ID: r.Stored.ID, Name: r.Identity.Name, Folder: r.Folder(), Job: r.Identity.Job, Sandbox: r.Identity.Sandbox,
		Waves: r.Identity.Waves.String(), RollbackOf: r.Identity.RollbackOf,
		StartedAt: r.StartedAt, EndedAt: r.EndedAt, State: r.StateGiven(held),
	}
	if info.State == Stopped || info.State == Refused {
		info.Why = string(r.Stop.Reason)
	}
	return info
}

// countsOf is how many rows are in each status, as [Run.Results] has them: from the figures of the plan and the
// outcomes alone, unless rows repeat others. A run without a plan has none, because the input would have to be read.
func countsOf(ctx context.Context, r *Run) (map[result.Status]int, error) {
	if r.Plan == nil {
		return nil, nil
	}
	if r.Plan.Counts[result.Planned] != r.Plan.Updates() {
		counts := map[result.Status]int{}
		for outcome, err := range r.Results(ctx) {
			if err != nil {
				return nil, err
			}
			counts[outcome.Status]++
		}
		return counts, nil
	}
	counts := r.Progressed()
	if !r.Identity.DryRun || r.Applied {
		counts[result.NotAttempted] = counts[result.Planned]
		delete(counts, result.Planned)
	}
	maps.DeleteFunc(counts, func(_ result.Status, n int) bool { return n == 0 })
	return counts, nil
}

// Progressed is how many rows of the plan are in each status by now. A row that repeats another is planned still.
func (r *Run) Progressed() map[result.Status]int {
	counts := maps.Clone(r.Plan.Counts)
	for _, row := range r.Moved {
		counts[result.Unchanged]--
		counts[row.Status]++
	}
	for _, row := range r.States {
		if row.Status != result.NotAttempted {
			counts[result.Planned]--
			counts[row.Status]++
		}
	}
	return counts
}

// Archives are the runs that were packed away; of one job, if it is named.
func (f Folder) Archives(job string) ([]Info, error) {
	entries, err := os.ReadDir(f.Dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("runs folder: %w", err)
	}
	var runs []Info
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ArchiveSuffix) {
			continue
		}
		path := filepath.Join(f.Dir, entry.Name())
		of, err := PeekArchive(path)
		if errors.Is(err, os.ErrPermission) {
			return nil, err
		}
		if err != nil || job != "" && of.Run.Job != job {
			continue // it is no archive of a run
		}
		runs = append(runs, Info{
			Name: of.Run.Name, Folder: path, Job: of.Run.Job, Sandbox: of.Run.Sandbox,
			Waves: of.Run.Waves.String(), RollbackOf: of.Run.RollbackOf,
			StartedAt: of.StartedAt, State: Archived,
		})
	}
	return runs, nil
}
