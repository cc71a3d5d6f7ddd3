package batch

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/rundir"
)

// Run is a run as its folder tells of it: finished, stopped, crashed, or still
// going on.
type Run struct {
	Identity Identity
	// StartedAt is when the run began; EndedAt when it ended, zero when it has
	// not, or crashed.
	StartedAt, EndedAt time.Time
	// Stop is why it ended early.
	Stop Stop
	// Torn is the end of the journal that a crash left unfinished, or nil.
	Torn *rundir.Torn

	// Controls are what was asked of it while it went.
	Controls []Controlled

	// plan is what it would do, once that was decided; applied is whether it
	// began to be sent.
	plan    *Plan
	applied bool
	// waves are those that have ended, by their numbers; deadline is that of the
	// newest execution, and pace the one that somebody asked it for last, or "".
	waves    map[int]WaveEnded
	deadline time.Time
	pace     string

	dir  *rundir.Dir
	rows map[int]rowState // by line
	file *input.File      // the checked input, when someone has it
}

// rowState is what the journal has of a row: its newest result, and where that
// is; or an intent without one, which is [Unknown] at noResult.
type rowState struct {
	status Status
	offset int64
}

// noResult is the offset of a row whose request may have left and whose answer
// is not in the journal.
const noResult int64 = -1

// errNoBeginning is a run that crashed before anything of it was on the disk.
var errNoBeginning = errors.New("the journal has no beginning: the run crashed before it was set up")

// Open reads the folder of a run. A journal that is damaged is an error, a torn
// end is not: see [Run.Torn].
func Open(path string) (*Run, error) {
	dir, err := rundir.Open(path)
	if err != nil {
		return nil, err
	}
	return read(dir)
}

// claim is [Open] for this process alone, before anything in the folder is
// looked at: what others write in it is then whole. It ends with the folder's
// Unlock.
func claim(ctx context.Context, cfg Config, path string) (*Run, error) {
	dir, err := rundir.Open(path)
	if err != nil {
		return nil, err
	}
	if err := cfg.take(ctx, dir); err != nil {
		return nil, err
	}
	run, err := read(dir)
	if err != nil {
		dir.Unlock()
	}
	return run, err
}

// read reads the journal of a folder.
func read(dir *rundir.Dir) (r *Run, err error) {
	r = &Run{dir: dir, rows: map[int]rowState{}, waves: map[int]WaveEnded{}}
	r.Torn, err = rundir.Replay(dir.File(rundir.JournalFile), r.replay)
	if err != nil {
		return nil, err
	}
	if r.Identity.Format == 0 {
		return nil, fmt.Errorf("%s: %w", dir.Path(), errNoBeginning)
	}
	return r, nil
}

// Folder returns the path of the run's folder.
func (r *Run) Folder() string { return r.dir.Path() }

// Plan returns what the run would do in figures, or nil when it did not come
// that far.
func (r *Run) Plan() *Plan { return r.plan }

// PlanRows gives what each row would do, in the input's order. It is empty when
// the run did not come that far.
func (r *Run) PlanRows() iter.Seq2[PlanRow, error] {
	if r.plan == nil {
		return func(func(PlanRow, error) bool) {}
	}
	return planRows(r.dir)
}

// Dir returns the run's folder, for reports to be written to.
func (r *Run) Dir() *rundir.Dir { return r.dir }

// replay takes in one record of the journal.
func (r *Run) replay(e rundir.Entry) error {
	if kind, line, status, ok := glance(e.JSON); ok {
		r.rows[line] = rowState{status: status, offset: e.Offset}
		if kind == kindIntent {
			r.rows[line] = rowState{status: Unknown, offset: noResult}
		}
		return nil
	}
	rec, err := decode(e)
	if err != nil {
		return err
	}
	switch rec.Kind {
	case kindRun:
		if rec.Run.Format > formatVersion {
			return fmt.Errorf("the journal has format %d, and this version of bulknum knows up to %d; use the version that made it: %s", rec.Run.Format, formatVersion, rec.Run.Version)
		}
		r.Identity, r.StartedAt = *rec.Run, rec.At
	case kindPlan:
		r.plan = rec.Plan
	case kindApply:
		if r.applied {
			r.pace = "" // another execution begins at its own
		}
		r.applied, r.deadline, r.Identity.Cautions, r.Identity.Manner = true, rec.Deadline, rec.Cautions, rec.Manner
		r.Identity.Rate = cmp.Or(rec.Rate, r.Identity.Rate)
		r.Identity.Behalf = rec.Behalf.or(r.Identity.Behalf)
		if r.plan != nil {
			r.plan.learn(rec.Routes)
		}
		r.EndedAt, r.Stop = time.Time{}, Stop{} // another execution goes on
	case kindIntent:
		r.rows[rec.Intent.Line] = rowState{status: Unknown, offset: noResult}
	case kindResult:
		r.rows[rec.Result.Line] = rowState{status: rec.Result.Status, offset: e.Offset}
	case kindWave:
		r.waves[rec.Wave.N] = *rec.Wave
	case kindControl:
		r.Controls = append(r.Controls, *rec.Control)
		if rec.Control.What == CommandRate {
			r.pace = rec.Control.Detail
		}
	case kindEnd:
		r.EndedAt, r.Stop = rec.At, *rec.End
	}
	return nil
}

// has reports whether the journal has a row with a status.
func (r *Run) has(status Status) bool {
	for _, state := range r.rows {
		if state.status == status {
			return true
		}
	}
	return false
}

// decode reads a record of the journal.
func decode(e rundir.Entry) (record, error) {
	var rec record
	if err := json.Unmarshal(e.JSON, &rec); err != nil {
		return rec, fmt.Errorf("journal: record at byte %d: %w", e.Offset, err)
	}
	return rec, nil
}
