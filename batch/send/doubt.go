package send

import (
	"context"
	"errors"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/internal/wallclock"
)

// settle ends the rows that this execution left in doubt: their numbers are
// read, and what is as it was is sent once more. What is refused as locked then is read
// again. Without a key that reads, what was locked is sent once more.
func (s *Sender) settle(ctx context.Context) result.Stop {
	for _, task := range []Task{Settle, judge} {
		if stop := s.settleBy(ctx, task); stop.Early() {
			return stop
		}
	}
	return result.Stop{}
}

func (s *Sender) settleBy(ctx context.Context, task Task) result.Stop {
	doubt, last := s.inDoubt(task == judge || s.TokenOnly, locksWait(s))
	if len(doubt) == 0 || task == judge && s.TokenOnly {
		return result.Stop{}
	}
	if err := s.Requests.AwaitLate(ctx, last.Add(s.Late(s.Reader.API))); err != nil {
		return result.StopOf(ctx)
	}
	if !s.TokenOnly {
		numbers := map[string]struct{}{}
		for _, number := range doubt {
			numbers[number] = struct{}{}
		}
		if err := s.recheck.read(ctx, numbers); err != nil {
			if stop, ok := errors.AsType[result.Stop](err); ok {
				return stop
			}
			s.Requests.Emit(event.Noticed{Detail: "what is in doubt could not be settled: " + result.OneLine(err)})
			return result.Stop{}
		}
	}
	return s.pool(ctx, func(p plan.Row) Task {
		if _, ok := doubt[p.Line]; ok {
			return task
		}
		return Nothing
	})
}

// Late is for how long what was sent may still be carried out, and not be seen, without
// an answer.
func (o Options) Late(api *client.Reader) time.Duration { return api.Timeout() + o.ReadLag }

// AwaitLate waits for a moment until which an old reading is no proof that an update was
// not applied. An error is the context's cause.
func (r *Requests) AwaitLate(ctx context.Context, until time.Time) error {
	left := time.Until(until)
	if left <= 0 {
		return nil
	}
	r.Emit(event.Noticed{Detail: "the API may still carry out what is in doubt: its numbers are read at " + wallclock.Text(until)})
	if !sleep(ctx, left) {
		return context.Cause(ctx)
	}
	return nil
}

// inDoubt takes the rows that this execution left in doubt, by line, all or those that are
// locked, unless these wait, with when the youngest came to be so.
func (s *unsettled) inDoubt(locked, wait bool) (map[int]string, time.Time) {
	s.noting.Lock()
	defer s.noting.Unlock()
	doubt := map[int]string{}
	for line, number := range s.doubt {
		if _, is := s.locked[line]; (is || !locked) && !(is && wait) {
			doubt[line] = number
			delete(s.doubt, line)
		}
	}
	return doubt, s.doubtAt
}

// settled drops a row that was judged by a reading: another one tells no more.
func (s *unsettled) settled(line int) {
	s.noting.Lock()
	defer s.noting.Unlock()
	delete(s.doubt, line)
}

// noteDoubted notes that an earlier sending of a row, which was answered since, is in doubt.
func (s *unsettled) noteDoubted(line int) {
	s.noting.Lock()
	defer s.noting.Unlock()
	if s.doubted == nil {
		s.doubted = map[int]struct{}{}
	}
	s.doubted[line] = struct{}{}
}

// remember keeps a row that is in doubt, or pending, and forgets one that is pending no more.
func (s *unsettled) remember(r result.Result, want settings.Settings) {
	s.noting.Lock()
	defer s.noting.Unlock()
	switch r.Status {
	case result.Unknown:
		if s.doubt == nil {
			s.doubt = map[int]string{}
		}
		s.doubt[r.Line], s.doubtAt = r.Number, time.Now()
	case result.Pending:
		if s.pending == nil {
			s.pending = map[int]awaited{}
		}
		s.pending[r.Line] = awaited{result: r, want: want, asked: s.pending[r.Line].asked}
		return
	}
	delete(s.pending, r.Line)
}
