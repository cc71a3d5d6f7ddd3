// Package send is the sender of a run, which brings planned rows to the API. A [Sender]
// sends them through a pool of workers, at once or in waves, each row by a delivery; it
// reads numbers again before that where a reading is old, settles what was left in
// doubt, waits for orders, and stops at the deadline.
package send

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/send/failing"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// Sender sends the rows of one execution.
type Sender struct {
	Job
	*deadline
	recheck  *recheck
	failures failing.Failures
	echoes   echoes
	progress *progress
	inFlight atomic.Int64
	unsettled
	handover *handover
	second   secondPass
	grave    result.Stop             // the gravest that some row met
	ended    map[int]event.WaveEnded // by number, the waves that have ended
	found    map[int]runs.Verified   // by line, what was read back after a wave
	pages    int                     // of the inventory, as far as it is known
}

// unsettled are the rows of an execution that may become something else.
type unsettled struct {
	noting    sync.Mutex
	doubt     map[int]string        // by line, the number of a row left in doubt
	doubtAt   time.Time             // of the youngest of them
	locked    map[int]result.Result // by line, the rows of which nothing but refusals as locked is in doubt
	doubted   map[int]struct{}      // by line, the rows that were answered after a sending in doubt
	pending   map[int]awaited       // by line, the rows whose order is not complete yet
	concluded map[int]result.Status // by line, the rows that ended as pending or unknown
}

// NewSender returns the sender of a job.
func NewSender(j Job) *Sender {
	s := &Sender{
		Job: j, progress: newProgress(j.Run.States), failures: failing.Failures{Limit: j.MaxFailures, Numbers: j.Plan.Numbers()},
		ended: map[int]event.WaveEnded{}, found: map[int]runs.Verified{}, pages: j.Plan.Reading.PagesInAll,
	}
	maps.Copy(s.ended, j.Run.WavesEnded)
	s.recheck = newRecheck(&s.Job)
	s.deadline = &deadline{job: &s.Job, progress: s.progress}
	return s
}

// Failing takes in how many rows failed when their numbers were read for the plan, and
// returns the [result.Stop] that this means before anything is sent, or nil.
func (s *Sender) Failing(inReading int) error {
	s.failures.InReading = inReading
	return s.failures.Over()
}

// Send does what there is to do, at once or in waves, and returns why it ended
// early.
func (s *Sender) Send(ctx context.Context, tasks Tasks) result.Stop {
	defer s.stopAfterHours()()
	s.watchReserve() // of what earlier executions have sent
	if err := findChains(s); err != nil {
		return asStop(err)
	}
	if len(s.Plan.Waves) > 0 {
		return s.sendWaves(ctx, tasks)
	}
	if stop := s.sendRows(ctx, tasks); stop.Early() {
		return stop
	}
	if _, err := sendAgain(ctx, s); err != nil {
		return asStop(err)
	}
	if s.LeavePending {
		return result.Stop{}
	}
	all := orders{Sender: s, wanted: func(int) bool { return true }}
	if !slices.ContainsFunc(all.left(), func(line int) bool { return !s.handover.keeps(line) }) {
		return result.Stop{} // they were waited for just now
	}
	if _, err := all.await(ctx); err != nil {
		return asStop(err)
	}
	return result.Stop{}
}

// sendRows reads again what must be, does what there is to do, and settles what was
// left in doubt.
func (s *Sender) sendRows(ctx context.Context, tasks Tasks) result.Stop {
	if err := s.recheck.readStale(ctx, tasks); err != nil {
		return asStop(err)
	}
	if stop := s.pool(ctx, tasks); stop.Early() {
		return stop
	}
	if stop := s.settle(ctx); stop.Early() {
		return stop
	}
	return handOn(ctx, s)
}

// sendAgain tries the rows once more that failed or are unknown, after the pause, with those that wait for the SIMs of
// others and were left for that, and returns which those were, by line:
// none where that is not wanted, or would not begin before the deadline. An error is a [result.Stop], or trouble of the
// store.
func sendAgain(ctx context.Context, s *Sender) (map[int]result.Status, error) {
	failed, rows := s.second.waiting()
	if s.SecondPass <= 0 || rows == 0 || s.TokenOnly && failed == 0 {
		return nil, nil
	}
	now := s.WallClock()
	what := fmt.Sprintf("%d rows that failed or are unknown", rows)
	if rows == 1 {
		what = "1 row that failed or is unknown"
	}
	if why := s.closedAt(now.Add(s.SecondPass)).Detail; why != "" {
		s.Requests.Emit(event.Noticed{Detail: what + ": no second pass: when it would begin, " + why})
		return nil, nil
	}
	if err := s.idle(ctx, now.Add(s.SecondPass), "the pause before the second pass of "+what); err != nil {
		return nil, err
	}
	if err := s.recheck.read(ctx, s.second.numbers(s.TokenOnly || s.ReadsNothing)); err != nil {
		return nil, err
	}
	again := s.second.begin()
	if err := s.Log.Milestone(store.SecondPass, time.Now(), len(again)); err != nil {
		return nil, err
	}
	takers := s.handover.again()
	for line := range takers {
		again[line] = result.NotAttempted
	}
	s.Restart(maps.Keys(again))
	s.retell(again)
	stop := s.sendRows(ctx, func(p plan.Row) Task {
		if status := again[p.Line]; (status == result.Failed || status == result.NotAttempted) && p.Sent() {
			return Send
		}
		return Nothing
	})
	if stop.Early() {
		s.handover.stop(takers)
		return again, errors.Join(stop, leave(s))
	}
	return again, nil
}

// asStop is an error as the [result.Stop] that it means for a run that is sending.
func asStop(err error) result.Stop {
	if stop, ok := result.StopIn(err); ok {
		return stop
	}
	return result.StopFor(result.StoppedByInput, err)
}

// drainLimit bounds how long rows in flight may take once a run is stopping. It
// is below the 30 s that container platforms wait before they kill.
const drainLimit = 25 * time.Second

// errDrained cuts what is still in flight after [drainLimit], or when the end is insisted on.
var errDrained = errors.New("the run ended before the answer came")

// pool sends the planned rows, a few at a time, until they are done or ctx ends,
// and returns why it ended early. A row that fails does not disturb the others;
// only an error of [Sender.send], which is a [result.Stop], keeps further rows from
// starting.
func (s *Sender) pool(ctx context.Context, tasks Tasks) result.Stop {
	group, starting := errgroup.WithContext(ctx)

	// What is in flight outlives the starting of rows, by drainLimit.
	answering, cut := context.WithCancelCause(context.WithoutCancel(ctx))
	told := make(chan struct{})
	unwatch := context.AfterFunc(starting, func() {
		defer close(told)
		if stop := result.StopOf(starting); stop.Early() {
			s.Requests.Emit(event.Stopping{Stop: stop, InFlight: int(s.inFlight.Load())})
			s.drain(answering, cut)
		}
	})
	defer func() {
		if cut(nil); !unwatch() {
			<-told // nothing is told of a run that has ended
		}
	}()

	chains := make(chan func() error) // and no goroutine each, whose stack would grow anew
	for range s.Workers {
		group.Go(func() error { return sendAll(chains) })
	}
	var broken result.Stop
	for row, err := range s.Rows.Where(tasks.Changing) {
		if starting.Err() != nil {
			break
		}
		if err != nil {
			broken = result.StopFor(result.StoppedByInput, err)
			break
		}
		task := tasks(row)
		if task == Send && s.handover.parks(row) {
			continue
		}
		select {
		case chains <- func() error { return sendChain(answering, starting, s, row, task) }:
		case <-starting.Done():
		}
	}
	close(chains)
	if err := group.Wait(); err == nil && broken.Early() {
		return broken
	}
	return result.StopOf(starting)
}

// drain bounds how long what is in flight may take, unless somebody will not even wait for
// that. While nothing may leave, only the requests that are under way can come to anything.
func (s *Sender) drain(answering context.Context, cut context.CancelCauseFunc) {
	go func() {
		limit := time.NewTimer(drainLimit)
		defer limit.Stop()
		select {
		case <-limit.C:
		case <-s.Control.Insisted():
		case <-answering.Done():
		}
		cut(errDrained)
	}()
	if s.Control.Holding() && s.Client.Gate().Quiet(answering) == nil {
		cut(errDrained)
	}
}

// noteStop remembers what a row's end means for the run. The first such end
// keeps further rows from starting; a graver one may come while it drains.
func (s *Sender) noteStop(err error) error {
	if stop, ok := errors.AsType[result.Stop](err); ok {
		s.noting.Lock()
		defer s.noting.Unlock()
		s.grave = result.Graver(s.grave, stop)
	}
	return err
}

// Gravest is the reason that a run's end is told with: of the first one, what
// rows met while it drained, and what was asked for meanwhile.
func (s *Sender) Gravest(first result.Stop) result.Stop {
	s.noting.Lock()
	defer s.noting.Unlock()
	return result.Graver(result.Graver(first, s.grave), s.Control.Stopped())
}

// findChains finds the rows that hand SIMs on.
func findChains(s *Sender) error {
	back := func(number string) bool {
		_, is := s.RolledBack[number]
		return is
	}
	s.handover = &handover{status: s.progress.of, read: s.recheck.after.Get, back: back, waveOf: s.WaveOf}
	if !s.Plan.HandsOnSIMs() {
		return nil
	}
	var err error
	s.handover.chains, err = plan.ChainsOf(s.Rows.Where(plan.Row.MayHandOn))
	return err
}

// sendAll sends rows until there are no more, or one of them ends the run.
func sendAll(chains <-chan func() error) error {
	for send := range chains {
		if err := send(); err != nil {
			return err
		}
	}
	return nil
}

// sendChain sends a row, and then those that waited for it.
func sendChain(ctx, starting context.Context, s *Sender, row plan.Row, task Task) error {
	for rows := []plan.Row{row}; len(rows) > 0; rows, task = rows[1:], Send {
		if err := s.noteStop(s.send(ctx, starting, rows[0], task)); err != nil {
			return err
		}
		rows = append(rows, s.handover.release(rows[0].Line)...)
	}
	return nil
}

// handOn sends the rows that are parked when everything else of the run, or of its wave, is answered, as the orders of
// their givers become complete, and ends those whose givers keep their SIMs.
func handOn(ctx context.Context, s *Sender) result.Stop {
	for s.handover.waits() {
		givers := orders{Sender: s, wanted: s.handover.awaited}
		if _, err := givers.await(ctx); err != nil {
			return asStop(err)
		}
		free := map[int]struct{}{}
		for _, row := range s.handover.release(0) {
			free[row.Line] = struct{}{}
		}
		if len(free) == 0 {
			break
		}
		stop := s.pool(ctx, func(p plan.Row) Task {
			if _, ok := free[p.Line]; ok {
				return Send
			}
			return Nothing
		})
		if !stop.Early() {
			stop = s.settle(ctx)
		}
		if stop.Early() {
			return stop
		}
	}
	if err := leave(s); err != nil {
		return asStop(err)
	}
	return result.Stop{}
}

// leave ends the rows that are parked, whose givers keep their SIMs.
func leave(s *Sender) error {
	rows, left := s.handover.leave()
	for i, r := range left {
		if err := s.conclude(r, settings.FromChanges(rows[i].Changes)); err != nil {
			return err
		}
	}
	return nil
}
