package send

import (
	"context"
	"errors"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
)

// settle ends the rows that this execution left in doubt: their numbers are
// read, and what is as it was is sent once more.
func (s *Sender) settle(ctx context.Context) result.Stop {
	doubt := s.inDoubt()
	if len(doubt) == 0 || s.TokenOnly {
		return result.Stop{}
	}
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
	return s.pool(ctx, func(p plan.Row) Task {
		if _, ok := doubt[p.Line]; ok {
			return Settle
		}
		return Nothing
	})
}

// inDoubt takes the rows that this execution left in doubt, by line.
func (s *unsettled) inDoubt() map[int]string {
	s.noting.Lock()
	defer s.noting.Unlock()
	doubt := s.doubt
	s.doubt = nil
	return doubt
}

// settled drops a row that was judged by a reading: another one tells no more.
func (s *unsettled) settled(line int) {
	s.noting.Lock()
	defer s.noting.Unlock()
	delete(s.doubt, line)
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
		s.doubt[r.Line] = r.Number
	case result.Pending:
		if s.pending == nil {
			s.pending = map[int]awaited{}
		}
		s.pending[r.Line] = awaited{result: r, want: want, asked: s.pending[r.Line].asked}
		return
	}
	delete(s.pending, r.Line)
}
