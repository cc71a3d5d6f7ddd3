package batch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/rundir"
)

// Further states, which a look at the runs folder tells apart.
const (
	// Running is a run whose folder some process holds.
	Running State = "running"
	// Crashed has no end in its journal, and nobody works on it any more.
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
	Rows   int            `json:"rows"`
	Counts map[Status]int `json:"counts,omitempty"`
	// Holder is who works on it.
	Holder *Holder `json:"holder,omitempty"`
}

// Runs lists the runs of a folder, the newest first; of one job, if it is named.
// A folder that does not exist has none.
func Runs(ctx context.Context, runsDir, job string) ([]RunInfo, error) {
	entries, err := os.ReadDir(runsDir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("runs folder: %w", err)
	}
	var runs []RunInfo
	for _, entry := range entries {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if info, ok := look(ctx, filepath.Join(runsDir, entry.Name())); ok {
			runs = append(runs, info)
		}
	}
	tellRolledBack(runs)
	runs = slices.DeleteFunc(runs, func(r RunInfo) bool { return job != "" && r.Job != job })
	slices.SortFunc(runs, func(a, b RunInfo) int {
		if c := b.StartedAt.Compare(a.StartedAt); c != 0 {
			return c
		}
		return strings.Compare(b.Name, a.Name)
	})
	return runs, nil
}

// tellRolledBack adds to the runs what others of them took back. Of those that
// cannot be read their states tell.
func tellRolledBack(runs []RunInfo) {
	var backs []*Run
	of := map[string]bool{}
	for _, info := range runs {
		if info.RollbackOf == "" {
			continue
		}
		if back, err := peek(info.Folder); err == nil {
			backs, of[info.RollbackOf] = append(backs, back), true
		}
	}
	slices.SortFunc(backs, newerFirst)
	for i := range runs {
		if !of[runs[i].Name] {
			continue
		}
		if run, err := Open(runs[i].Folder); err == nil {
			runs[i].RolledBack, _ = run.rolledBack(backs)
		}
	}
}

// look tells of one entry of the runs folder, if it is a run.
func look(ctx context.Context, path string) (RunInfo, bool) {
	if run, archive := strings.CutSuffix(path, rundir.ArchiveSuffix); archive {
		if _, err := rundir.Open(run); err == nil {
			return RunInfo{}, false // it is there unpacked as well
		}
		return lookArchived(path)
	}
	dir, err := rundir.Open(path)
	if err != nil {
		return RunInfo{}, false
	}
	holder, held := dir.Holder() // before the journal is read, so that no end is missed
	run, err := read(dir)
	if err != nil {
		return unreadable(dir, err), true
	}
	info := run.info(held)
	if held && holder.PID != 0 {
		info.Holder = &holder
	}
	info.Counts, err = run.counts(ctx)
	if err != nil {
		info.State, info.Why = Damaged, oneLine(err)
	}
	for _, n := range info.Counts {
		info.Rows += n
	}
	return info, true
}

// info is a run without its counts.
func (r *Run) info(held bool) RunInfo {
	info := RunInfo{
		Name: r.Identity.Name, Folder: r.Folder(), Job: r.Identity.Job, Sandbox: r.Identity.Sandbox,
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
	_, held := r.dir.Holder()
	return r.state(held)
}

// state is how far the run has come, given whether somebody works on it.
func (r *Run) state(held bool) State {
	refused := r.Stop.Reason == RefusedInput || r.Stop.Reason == Guarded || r.Stop.Reason == Declined
	switch {
	case held:
		return Running
	case r.EndedAt.IsZero():
		return Crashed
	case refused && !r.applied:
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
// the figures of the plan and the journal alone, unless rows repeat others. A run
// without a plan has none, because the input would have to be read.
func (r *Run) counts(ctx context.Context) (map[Status]int, error) {
	if r.plan == nil {
		return nil, nil
	}
	if r.plan.Counts[Planned] != r.plan.updates() {
		counts := map[Status]int{}
		for result, err := range r.Results(ctx) {
			if err != nil {
				return nil, err
			}
			counts[result.Status]++
		}
		return counts, nil
	}
	counts := maps.Clone(r.plan.Counts)
	left := counts[Planned] - len(r.rows)
	delete(counts, Planned)
	for _, row := range r.rows {
		counts[row.status]++
	}
	if r.Identity.DryRun && !r.applied {
		counts[Planned] += left
	} else {
		counts[NotAttempted] += left
	}
	maps.DeleteFunc(counts, func(_ Status, n int) bool { return n == 0 })
	return counts, nil
}

// unreadable tells of a folder whose journal cannot be read: it is damaged, or
// the run crashed before it was set up.
func unreadable(dir *rundir.Dir, err error) RunInfo {
	info := RunInfo{Name: dir.Base(), Folder: dir.Path(), State: Damaged, Why: oneLine(err)}
	if errors.Is(err, errNoBeginning) {
		info.State, info.Why = Crashed, "before it was set up"
	}
	if stat, err := os.Stat(dir.File(rundir.JournalFile)); err == nil {
		info.StartedAt = stat.ModTime()
	}
	return info
}

// lookArchived tells of an archive.
func lookArchived(path string) (RunInfo, bool) {
	body, err := rundir.PeekArchive(path)
	if err != nil {
		return RunInfo{}, false
	}
	var rec record
	if err := json.Unmarshal(body, &rec); err != nil || rec.Run == nil {
		return RunInfo{}, false
	}
	return RunInfo{
		Name: rec.Run.Name, Folder: path, Job: rec.Run.Job, Sandbox: rec.Run.Sandbox,
		Waves: rec.Run.Waves, RollbackOf: rec.Run.RollbackOf,
		StartedAt: rec.At, State: Archived,
	}, true
}
