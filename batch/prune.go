package batch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bulknum/bulknum/batch/rundir"
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
