package send

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
)

// sendWaves sends wave after wave. What stands between two of them is gone
// through again when an earlier execution ended there, and what an earlier one could
// not read back is read now.
func (s *Sender) sendWaves(ctx context.Context, tasks Tasks) result.Stop {
	left, err := leftInWaves(s, tasks)
	if err == nil {
		err = recallFound(s)
	}
	if err != nil {
		return asStop(err)
	}
	for i, w := range s.Plan.Waves {
		before, ended := s.ended[w.N]
		passed := ended && before.Passed && left[w.N] == 0
		if !passed || !settled(before) {
			inWave := func(p plan.Row) bool { return s.WaveOf[p.Line] == w.N }
			if err := s.wave(ctx, w, tasks.among(inWave)); err != nil {
				return asStop(err)
			}
		}
		if next := i + 1; passed && (next == len(s.Plan.Waves) || left[w.N+1] != s.Plan.Waves[next].Rows) {
			continue // the next one has begun
		}
		before = s.ended[w.N]
		before.RollbackWindow, before.Folder = s.RollbackWindow(), s.Run.Folder()
		if err := s.approveNext(ctx, before); err != nil {
			return asStop(err)
		}
	}
	if err := s.settleLate(ctx); err != nil {
		return asStop(err)
	}
	if err := wavesAgain(ctx, s); err != nil {
		return asStop(err)
	}
	return result.Stop{}
}

// wavesAgain tries rows once more that failed, and judges their waves again, as the gate does: of all that was sent.
func wavesAgain(ctx context.Context, s *Sender) error {
	again, err := sendAgain(ctx, s)
	if err != nil || len(again) == 0 {
		return err
	}
	is := func(line int) bool { return again[line] != "" }
	if _, err := (&orders{Sender: s, wanted: is}).await(ctx); err != nil {
		return err
	}
	waves := map[int]struct{}{}
	for line := range again {
		waves[s.WaveOf[line]] = struct{}{}
	}
	for _, n := range slices.Sorted(maps.Keys(waves)) {
		ended := s.ended[n]
		again := event.WaveEnded{Wave: ended.Wave, StartedAt: ended.StartedAt, LetGo: ended.LetGo}
		if err := s.endWave(ctx, again); err != nil {
			return err
		}
		if err := askGate(ctx, s, s.ended[n], true); err != nil {
			return err
		}
	}
	return nil
}

// settled reports whether a wave has ended with nothing left to be found out.
func settled(w event.WaveEnded) bool { return w.Counts[result.Pending] == 0 && w.Unreadable == 0 }

// leftInWaves is how many rows of each wave there is something to be done for.
func leftInWaves(s *Sender, tasks Tasks) (map[int]int, error) {
	left := map[int]int{}
	for p, err := range s.Rows.All() {
		if err != nil {
			return nil, err
		}
		if tasks(p) != Nothing {
			left[s.WaveOf[p.Line]]++
		}
	}
	return left, nil
}

// wave sends one wave, settles it, and decides whether the next may begin. An
// error is a [result.Stop], or trouble of the folder.
func (s *Sender) wave(ctx context.Context, w plan.Wave, tasks Tasks) error {
	before := s.ended[w.N]
	ended := event.WaveEnded{Wave: w, StartedAt: time.Now(), LetGo: before.LetGo}
	if before.Passed { // the gate is not asked again
		ended.Gate = before.Gate
	}
	s.Requests.Emit(event.WaveStarted{Wave: w, At: ended.StartedAt})
	if stop := s.sendRows(ctx, tasks); stop.Early() {
		return stop
	}
	o := orders{Sender: s, wanted: func(line int) bool { return s.WaveOf[line] == w.N }}
	asked, err := propagated(ctx, o, w)
	if err != nil {
		return err
	}
	if err := s.readBack(ctx, w.N, true); err != nil {
		return err
	}
	if !ended.LetGo {
		o.wave = &w
	}
	if !asked || o.unasked() > 0 {
		letGo, err := o.await(ctx)
		if err != nil {
			return err
		}
		ended.LetGo = ended.LetGo || letGo
	}
	return s.endWave(ctx, ended)
}

// endWave reads back what was settled last, and judges the wave. An error is a
// [result.Stop], or trouble of the folder.
func (s *Sender) endWave(ctx context.Context, ended event.WaveEnded) error {
	if err := propagate(ctx, s, ended.Wave); err != nil {
		return err
	}
	if err := s.readBack(ctx, ended.N, false); err != nil {
		return err
	}
	if ctx.Err() != nil { // what was asked meanwhile comes first
		return context.Cause(ctx)
	}
	if err := countWave(s, &ended); err != nil {
		return err
	}
	ended = judged(ended, s.WaveFailures)
	ended.At, ended.RollbackWindow, ended.Folder = time.Now(), s.RollbackWindow(), s.Run.Folder()
	if err := s.Log.Milestone(store.WaveEnded, ended.At, ended); err != nil {
		return err
	}
	s.ended[ended.N] = ended
	s.Requests.Emit(ended)
	if !ended.Passed {
		return result.Stop{Reason: result.StoppedByWave, Detail: fmt.Sprintf("wave %d of %d: %s", ended.N, ended.Of, ended.Why)}
	}
	return nil
}

// settleLate settles what earlier waves left pending, and judges these waves again.
// The last wave had its time just now.
func (s *Sender) settleLate(ctx context.Context) error {
	last := len(s.Plan.Waves)
	earlier := func(line int) bool { return s.WaveOf[line] != last }
	o := orders{Sender: s, wanted: earlier}
	before := map[int]int{}
	for _, line := range o.left() {
		before[s.WaveOf[line]]++
	}
	if _, err := o.await(ctx); err != nil {
		return err
	}
	now := map[int]int{}
	for _, line := range o.left() {
		now[s.WaveOf[line]]++
	}
	for _, w := range s.Plan.Waves {
		if now[w.N] == before[w.N] {
			continue
		}
		ended := s.ended[w.N]
		if err := s.endWave(ctx, event.WaveEnded{Wave: w, StartedAt: ended.StartedAt, LetGo: ended.LetGo}); err != nil {
			return err
		}
	}
	return nil
}

// approveNext lets the next wave begin when nothing and nobody is against it: the
// gate, the pause, and a person. After the last wave only the gate is told. An
// error is a [result.Stop].
func (s *Sender) approveNext(ctx context.Context, ended event.WaveEnded) error {
	last := ended.N == ended.Of
	if err := askGate(ctx, s, ended, last); err != nil || last {
		return err
	}
	if pause := s.PauseBetween; pause > 0 {
		why := fmt.Sprintf("the pause after wave %d of %d", ended.N, ended.Of)
		if err := s.Control.AwaitNext(ctx, ended.N+1, time.Now().Add(pause), why); err != nil {
			return err
		}
	}
	if s.ConfirmWave == nil {
		return nil
	}
	return askPerson(ctx, s, ended)
}

// askPerson asks whether the next wave may begin. Whoever answers first, on the terminal or
// by [control.Control.Next], is recorded.
func askPerson(ctx context.Context, s *Sender, ended event.WaveEnded) error {
	asking, release := s.Control.AskWave(ctx, ended.N+1, fmt.Sprintf("somebody is asked after wave %d of %d", ended.N, ended.Of))
	defer release()
	s.Requests.Emit(event.Asking{Why: fmt.Sprintf("whether to continue with wave %d of %d", ended.N+1, ended.Of)})
	err := s.ConfirmWave(asking, ended)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case asking.Err() != nil: // somebody else has said it
		return nil
	case errors.Is(err, result.ErrDeclined):
		return result.Stop{Reason: result.StoppedByWave, Detail: fmt.Sprintf("nobody agreed to continue after wave %d of %d", ended.N, ended.Of)}
	case err == nil && s.Control.Agree(onTerminal) != nil && ctx.Err() != nil: // stopped at this moment
		return context.Cause(ctx)
	default:
		return err
	}
}

// onTerminal is who answers the question itself.
const onTerminal = "who was asked on the terminal"

// askGate asks the gate, and holds the run when it is against the next wave. When
// there is none, that is recorded, for the end of the run to tell it.
func askGate(ctx context.Context, s *Sender, ended event.WaveEnded, last bool) error {
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
	if last { // there is none to be held: the end of the run tells it
		ended.Gate = result.OneLine(err)
		s.Requests.Emit(event.Noticed{Detail: why})
		return s.Log.Milestone(store.WaveEnded, time.Now(), ended)
	}
	if s.Leaves {
		return result.Stop{Reason: result.StoppedByWave, Detail: why}
	}
	return s.Control.AwaitNext(ctx, ended.N+1, time.Time{}, why)
}
