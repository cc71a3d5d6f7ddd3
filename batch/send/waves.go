package send

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/current"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
)

// sendWaves sends wave after wave. What stands between two of them is gone
// through again when an earlier execution ended there.
func (s *Sender) sendWaves(ctx context.Context, tasks Tasks) result.Stop {
	left, err := s.leftInWaves(tasks)
	if err != nil {
		return asStop(err)
	}
	for i, w := range s.Plan.Waves {
		before, ended := s.Run.WavesEnded[w.N]
		if ended && before.Passed && left[w.N] == 0 {
			if next := i + 1; next < len(s.Plan.Waves) && left[w.N+1] == s.Plan.Waves[next].Rows {
				before.RollbackWindow, before.Folder = s.RollbackWindow(), s.Run.Folder()
				if err := s.approveNext(ctx, before); err != nil {
					return asStop(err)
				}
			}
			continue
		}
		inWave := func(p plan.Row) bool { return s.WaveOf[p.Line] == w.N }
		if err := s.wave(ctx, w, tasks.among(inWave)); err != nil {
			return asStop(err)
		}
	}
	return s.await(ctx) // of earlier waves
}

// leftInWaves is how many rows of each wave there is something to be done for.
func (s *Sender) leftInWaves(tasks Tasks) (map[int]int, error) {
	left := map[int]int{}
	for p, err := range s.Rows.Heads() {
		if err != nil {
			return nil, err
		}
		if tasks(p) != Nothing {
			left[s.WaveOf[p.Line]]++
		}
	}
	return left, nil
}

// wave sends one wave, reads it back, and decides whether the next may begin. An
// error is a [result.Stop], or trouble of the folder.
func (s *Sender) wave(ctx context.Context, w plan.Wave, tasks Tasks) error {
	began := time.Now()
	s.Requests.Emit(event.WaveStarted{Wave: w, At: began})
	if stop := s.sendTasks(ctx, tasks); stop.Early() {
		return stop
	}
	ended := event.WaveEnded{Wave: w, StartedAt: began, Folder: s.Run.Folder()}
	if err := s.readBack(ctx, &ended); err != nil {
		return err
	}
	if ctx.Err() != nil { // what was asked meanwhile comes first
		return context.Cause(ctx)
	}
	ended = judged(ended, s.WaveFailures)
	ended.At, ended.RollbackWindow = time.Now(), s.RollbackWindow()
	if err := s.Log.Milestone(store.WaveEnded, ended.At, ended); err != nil {
		return err
	}
	s.Requests.Emit(ended)
	if !ended.Passed {
		return result.Stop{Reason: result.StoppedByWave, Detail: fmt.Sprintf("wave %d of %d: %s", w.N, w.Of, ended.Why)}
	}
	return s.approveNext(ctx, ended)
}

// approveNext lets the next wave begin when nothing and nobody is against it: the
// gate, the pause, and a person. After the last wave only the gate is told. An
// error is a [result.Stop].
func (s *Sender) approveNext(ctx context.Context, ended event.WaveEnded) error {
	last := ended.N == ended.Of
	if err := s.askGate(ctx, ended, last); err != nil || last {
		return err
	}
	if pause := s.PauseBetween; pause > 0 {
		why := fmt.Sprintf("the pause after wave %d of %d", ended.N, ended.Of)
		if err := s.Control.AwaitNext(ctx, time.Now().Add(pause), why); err != nil {
			return err
		}
	}
	if s.ConfirmWave == nil {
		return nil
	}
	s.Requests.Emit(event.Asking{})
	err := s.ConfirmWave(ctx, ended)
	if errors.Is(err, result.ErrDeclined) {
		return result.Stop{Reason: result.StoppedByWave, Detail: fmt.Sprintf("nobody agreed to continue after wave %d of %d", ended.N, ended.Of)}
	}
	return err
}

// askGate asks the gate, and holds the run when it is against the next wave. When
// there is none, that is only told.
func (s *Sender) askGate(ctx context.Context, ended event.WaveEnded, last bool) error {
	if s.Gate == nil {
		return nil
	}
	err := s.Gate(ctx, ended)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err == nil:
		return nil
	}
	why := fmt.Sprintf("the gate after wave %d of %d: %s", ended.N, ended.Of, result.OneLine(err))
	if last {
		s.Requests.Emit(event.Noticed{Detail: why})
		return nil
	}
	return s.Control.AwaitNext(ctx, time.Time{}, why+`; approve it with "bulknum ctl RUN next"`)
}

// readBack reads the numbers of the wave's updated rows, all or a sample, and
// compares them with what was asked for.
func (s *Sender) readBack(ctx context.Context, ended *event.WaveEnded) error {
	updated, err := s.countWave(ended)
	if err != nil {
		return err
	}
	chosen := spread(updated, s.Verify.Of(len(updated)))
	if len(chosen) == 0 {
		return nil
	}
	wanted := func(p plan.Row) bool {
		_, ok := chosen[p.Line]
		return ok
	}
	numbers := map[string]struct{}{}
	for p, err := range s.Rows.Where(wanted) {
		if err != nil {
			return err
		}
		numbers[p.Number] = struct{}{}
	}
	read := current.NewReadings(store.ForSending, nil)
	if _, err = s.Reader.Read(ctx, read, numbers); err != nil {
		return err
	}
	return s.compare(ended, read, wanted)
}

// countWave counts what became of a wave's rows, and returns the lines of those
// that were updated.
func (s *Sender) countWave(ended *event.WaveEnded) (updated []int, err error) {
	ended.Counts = map[result.Status]int{}
	for p, err := range s.Rows.Heads() {
		if err != nil {
			return nil, err
		}
		if s.WaveOf[p.Line] != ended.N {
			continue
		}
		status := s.progress.of(p.Line)
		ended.Counts[status]++
		if _, back := s.RolledBack[p.Number]; status == result.Updated && !back {
			updated = append(updated, p.Line)
		}
	}
	return updated, nil
}

// spread chooses n of the lines, evenly.
func spread(lines []int, n int) map[int]struct{} {
	chosen := make(map[int]struct{}, n)
	for i := range n {
		chosen[lines[i*len(lines)/n]] = struct{}{}
	}
	return chosen
}

// compare writes down what the wanted rows' numbers were found to be.
func (s *Sender) compare(ended *event.WaveEnded, read *current.Readings, wanted func(plan.Row) bool) error {
	found := runs.VerifiedWriter{Record: s.Log.Record}
	for p, err := range s.Rows.Where(wanted) {
		if err != nil {
			return err
		}
		line, _ := read.Get(p.Number)
		v := runs.VerifyRow(p, line)
		v.Wave = ended.N
		if err := found.Add(v); err != nil {
			return err
		}
		switch v.Status {
		case result.InSync:
			ended.Verified++
		case result.Drifted:
			ended.Drifted++
		case result.Unreadable:
			ended.Unreadable++
		}
	}
	return found.Flush()
}

// judged is a wave with whether it has passed.
func judged(w event.WaveEnded, limit plan.Limit) event.WaveEnded {
	var parts []string
	for _, status := range []result.Status{result.Failed, result.Unknown, result.Conflict} {
		if n := w.Counts[status]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, status))
		}
	}
	if w.Drifted > 0 {
		parts = append(parts, fmt.Sprintf("%d drifted", w.Drifted))
	}
	if w.Passed = !limit.Over(w.Bad(), w.Rows); !w.Passed {
		w.Why = fmt.Sprintf("%s of %d rows, more than %s", strings.Join(parts, ", "), w.Rows, limit)
	}
	return w
}
