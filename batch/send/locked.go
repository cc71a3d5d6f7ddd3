package send

import (
	"errors"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
)

// isLocked reports whether a request was refused because something else is at work on its number.
func isLocked(err error) bool {
	call, ok := errors.AsType[*client.Error](err)
	return ok && call.Kind == client.KindLocked
}

// noteLocked keeps the refusal of a row that is in doubt for nothing else than being locked, and
// forgets one of which something else is in doubt by now.
func (s *unsettled) noteLocked(r result.Result, err error, otherwise bool) {
	s.noting.Lock()
	defer s.noting.Unlock()
	delete(s.locked, r.Line)
	call, ok := errors.AsType[*client.Error](err)
	if r.Status != result.Unknown || otherwise || !ok || call.Kind != client.KindLocked {
		return
	}
	if s.locked == nil {
		s.locked = map[int]result.Result{}
	}
	refusal := *call
	refusal.Applied = client.AppliedNo // what its number shows decides
	r.Error = result.OneLine(&refusal)
	s.locked[r.Line] = r
}

// locksWait reports whether rows that were refused as locked wait for the second pass. A wave does not: it is judged
// before.
func locksWait(s *Sender) bool {
	return s.SecondPass > 0 && len(s.Plan.Waves) == 0 && !s.second.isBegun()
}

// lockedAs returns the refusal of a row of which nothing else is in doubt.
func (s *unsettled) lockedAs(line int) (r result.Result, locked bool) {
	s.noting.Lock()
	defer s.noting.Unlock()
	r, locked = s.locked[line]
	return r, locked
}

// provenLocked reports whether a row was refused as locked, and nothing of it was applied: its
// number was read again, and is as it was.
func (s *Sender) provenLocked(p plan.Row) bool {
	_, locked := s.lockedAs(p.Line)
	return locked && s.recheck.asBefore(p)
}

// judge says what became of a row by what was found, or that it is still to be sent.
func (s *Sender) judge(p plan.Row, task Task) (outcome result.Result, settled bool) {
	outcome, settled = s.recheck.judge(p, task)
	if task == judge && !settled {
		r, _ := s.lockedAs(p.Line)
		return stillLocked(r, s.provenLocked(p)), true
	}
	return outcome, settled
}

// stillLocked is what became of a row that was refused as locked, sent once more, refused again, and read.
func stillLocked(r result.Result, asBefore bool) result.Result {
	if asBefore {
		r.Status = result.Failed
		r.Error += "; it was sent once more, and its number is as it was"
	} else {
		r.Error += "; it was sent once more, and its number does not tell whether it was applied"
	}
	return r
}

// asBefore reports whether a row's number was read again, and has all that the row changes as it was.
func (r *recheck) asBefore(p plan.Row) bool {
	was, _ := r.before.Get(p.Number)
	is, _ := r.after.Get(p.Number)
	return was.State != nil && is.State != nil && p.AsBefore(*was.State, *is.State)
}
