package batch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bulknum/bulknum/batch/current"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// cutover is a run's way through its waves.
type cutover struct {
	waves []plan.Wave
	// of has the wave of each row that is sent, by its line.
	of map[int]int
	// ended are the waves that ended in earlier executions.
	ended map[int]event.WaveEnded
}

// planWaves slices the plan that was made, if it is to be sent in waves, and
// returns the waves: by the plan and by what was read for it. read may be nil.
func (e *engine) planWaves(read *current.Readings) ([]plan.Wave, error) {
	if len(e.cfg.Waves.Sizes) == 0 {
		return nil, nil
	}
	var lines, shapes, pages []int
	known := map[string]int{}
	for p, err := range e.planned().Where(plan.Row.Sent) {
		if err != nil {
			return nil, err
		}
		shape := waveShape(p, read)
		if _, ok := known[shape]; !ok {
			known[shape] = len(known)
		}
		lines, shapes = append(lines, p.Line), append(shapes, known[shape])
		pages = append(pages, read.PageOf(p.Number))
	}
	numbers, waves := e.cfg.Waves.Slice(shapes)
	plan.CostWaves(waves, numbers, pages, func(pages []int) int { return current.Cost(pages, e.made.Reading.PagesInAll) })
	e.cutover.waves, e.cutover.of = waves, make(map[int]int, len(lines))
	for i, line := range lines {
		e.cutover.of[line] = numbers[i]
	}
	return waves, nil
}

// waveShape is what a row has in common with others that fail for the same
// reason: its changes, and the classification of its number.
func waveShape(p plan.Row, readings *current.Readings) string {
	shape := string(settings.ShapeOf(p.Changes))
	read, known := readings.Get(p.Number)
	if !known || read.State == nil {
		return shape
	}
	class, _ := read.State.Get("Classification")
	return shape + "\n" + class
}

// sliceAgain takes over the waves of an earlier execution.
func (e *engine) sliceAgain(ctx context.Context, run *runs.Run) (err error) {
	e.progress = newProgress(run.States)
	if len(e.cfg.Waves.Sizes) == 0 {
		return nil
	}
	e.cutover.waves, e.cutover.ended = run.Plan.Waves, run.WavesEnded
	e.cutover.of, err = e.cfg.Store.WaveOf(ctx, e.is.ID)
	return err
}

// sendWaves sends wave after wave. What stands between two of them is gone
// through again when an earlier execution ended there.
func (e *engine) sendWaves(ctx context.Context) result.Stop {
	todo := e.task
	left, err := e.leftInWaves(todo)
	if err != nil {
		return asStop(err)
	}
	for i, w := range e.cutover.waves {
		before, ended := e.cutover.ended[w.N]
		if ended && before.Passed && left[w.N] == 0 {
			if next := i + 1; next < len(e.cutover.waves) && left[w.N+1] == e.cutover.waves[next].Rows {
				before.RollbackWindow, before.Folder = e.rollbackWindow(), e.dir().Path()
				if err := e.approveNext(ctx, before); err != nil {
					return asStop(err)
				}
			}
			continue
		}
		e.task = func(p plan.Row) task {
			if e.cutover.of[p.Line] != w.N {
				return nothing
			}
			return todo(p)
		}
		if err := e.wave(ctx, w); err != nil {
			return asStop(err)
		}
	}
	return e.await(ctx) // of earlier waves
}

// leftInWaves is how many rows of each wave there is something to be done for.
func (e *engine) leftInWaves(todo func(plan.Row) task) (map[int]int, error) {
	left := map[int]int{}
	for p, err := range e.planned().Heads() {
		if err != nil {
			return nil, err
		}
		if todo(p) != nothing {
			left[e.cutover.of[p.Line]]++
		}
	}
	return left, nil
}

// wave sends one wave, reads it back, and decides whether the next may begin. An
// error is a [result.Stop], or trouble of the folder.
func (e *engine) wave(ctx context.Context, w plan.Wave) error {
	began := time.Now()
	e.emit(event.WaveStarted{Wave: w, At: began})
	if stop := e.sendTasks(ctx); stop.Early() {
		return stop
	}
	ended := event.WaveEnded{Wave: w, StartedAt: began, Folder: e.dir().Path()}
	if err := e.readBack(ctx, &ended); err != nil {
		return err
	}
	if ctx.Err() != nil { // what was asked meanwhile comes first
		return context.Cause(ctx)
	}
	ended = judged(ended, e.cfg.WaveFailures)
	ended.At, ended.RollbackWindow = time.Now(), e.rollbackWindow()
	if err := e.log.Milestone(store.WaveEnded, ended.At, ended); err != nil {
		return err
	}
	e.emit(ended)
	if !ended.Passed {
		return result.Stop{Reason: result.StoppedByWave, Detail: fmt.Sprintf("wave %d of %d: %s", w.N, w.Of, ended.Why)}
	}
	return e.approveNext(ctx, ended)
}

// approveNext lets the next wave begin when nothing and nobody is against it: the
// gate, the pause, and a person. After the last wave only the gate is told. An
// error is a [result.Stop].
func (e *engine) approveNext(ctx context.Context, ended event.WaveEnded) error {
	last := ended.N == ended.Of
	if err := e.askGate(ctx, ended, last); err != nil || last {
		return err
	}
	if pause := e.cfg.PauseBetween; pause > 0 {
		why := fmt.Sprintf("the pause after wave %d of %d", ended.N, ended.Of)
		if err := e.cfg.Control.AwaitNext(ctx, time.Now().Add(pause), why); err != nil {
			return err
		}
	}
	if e.cfg.ConfirmWave == nil {
		return nil
	}
	e.emit(event.Asking{})
	err := e.cfg.ConfirmWave(ctx, ended)
	if errors.Is(err, ErrDeclined) {
		return result.Stop{Reason: result.StoppedByWave, Detail: fmt.Sprintf("nobody agreed to go on after wave %d of %d", ended.N, ended.Of)}
	}
	return err
}

// askGate asks the gate, and holds the run when it is against the next wave. When
// there is none, that is only told.
func (e *engine) askGate(ctx context.Context, ended event.WaveEnded, last bool) error {
	if e.cfg.Gate == nil {
		return nil
	}
	err := e.cfg.Gate(ctx, ended)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err == nil:
		return nil
	}
	why := fmt.Sprintf("the gate after wave %d of %d: %s", ended.N, ended.Of, result.OneLine(err))
	if last {
		e.emit(event.Noticed{Detail: why})
		return nil
	}
	return e.cfg.Control.AwaitNext(ctx, time.Time{}, why+`; "ctl next" lets it go`)
}

// asStop is an error as the [result.Stop] that it means for a run that is sending.
func asStop(err error) result.Stop {
	if stop, ok := result.StopIn(err); ok {
		return stop
	}
	return result.StopFor(result.StoppedByInput, err)
}
