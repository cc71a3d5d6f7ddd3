package send

import (
	"context"
	"fmt"
	"strings"

	"github.com/bulknum/bulknum/batch/current"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// recallFound takes over what earlier executions read back of waves that have passed, but for numbers that could not
// be read.
func recallFound(s *Sender) error {
	if len(s.ended) == 0 {
		return nil
	}
	last, err := s.Run.LastVerified()
	for line, v := range last {
		if s.ended[s.WaveOf[line]].Passed && v.Status != result.Unreadable {
			s.found[line] = v
		}
	}
	return err
}

// readBack reads the numbers of the wave's updated rows, all or a sample, that were not read back yet, and of its pending
// rows if that is wanted, and compares them with what was asked for.
func (s *Sender) readBack(ctx context.Context, wave int, pending bool) error {
	var written []int
	due := map[int]struct{}{}
	err := inWave(s, wave, func(p plan.Row, status result.Status) {
		_, back := s.RolledBack[p.Number]
		if back || status != result.Updated && status != result.Pending {
			return
		}
		written = append(written, p.Line)
		if status == result.Pending && pending && !s.TokenOnly {
			due[p.Line] = struct{}{}
		}
	})
	if err != nil {
		return err
	}
	for _, line := range spread(written, s.Verify.Of(len(written))) {
		if _, known := s.found[line]; !known && s.progress.of(line) == result.Updated {
			due[line] = struct{}{}
		}
	}
	return s.readLines(ctx, due)
}

// inWave calls do for each row of a wave that is sent, with how it stands.
func inWave(s *Sender, wave int, do func(plan.Row, result.Status)) error {
	for p, err := range s.Rows.All() {
		if err != nil {
			return err
		}
		if s.WaveOf[p.Line] == wave {
			do(p, s.progress.of(p.Line))
		}
	}
	return nil
}

// spread chooses n of the lines, evenly.
func spread(lines []int, n int) []int {
	chosen := make([]int, n)
	for i := range chosen {
		chosen[i] = lines[i*len(lines)/n]
	}
	return chosen
}

// readLines reads the numbers of rows, and compares them.
func (s *Sender) readLines(ctx context.Context, lines map[int]struct{}) error {
	if len(lines) == 0 {
		return nil
	}
	wanted := func(p plan.Row) bool {
		_, ok := lines[p.Line]
		return ok
	}
	numbers, sent := map[string]struct{}{}, map[string]settings.Settings{}
	for p, err := range s.Rows.Where(wanted) {
		if err != nil {
			return err
		}
		numbers[p.Number] = struct{}{}
		if s.progress.of(p.Line) == result.Updated {
			sent[p.Number] = settings.FromChanges(p.Changes)
		}
	}
	read := current.NewReadings(store.ForSending, nil)
	reader := s.Reader
	s.Requests.Emit(event.ReadingBack{})
	defer s.Requests.Emit(event.ReadingBack{Over: true})
	reader.Expected = func(number string, is settings.State) bool { return len(settings.Drift(sent[number], is)) == 0 }
	told, err := reader.Read(ctx, read, numbers)
	if err != nil {
		return err
	}
	if told.PagesInAll > 0 {
		s.pages = told.PagesInAll
	}
	return s.compare(read, wanted)
}

// compare writes down what the wanted rows' numbers were found to be. A pending row whose number shows all that was
// sent is updated; what else its number shows decides nothing, because its order may still be under way.
func (s *Sender) compare(read *current.Readings, wanted func(plan.Row) bool) error {
	writer := runs.VerifiedWriter{Record: s.Log.Record}
	for p, err := range s.Rows.Where(wanted) {
		if err != nil {
			return err
		}
		is, _ := read.Get(p.Number)
		v := runs.VerifyRow(p, is)
		v.Wave = s.WaveOf[p.Line]
		if row, pending := s.pending[p.Line]; pending {
			if !v.Proves() {
				continue
			}
			r := row.result
			r.Status, r.Error = result.Updated, fmt.Sprintf("found in sync; its order was last told to be %q", r.UpdateOrderStatus)
			if err := s.conclude(r, row.want); err != nil {
				return err
			}
		}
		if v.Wave == 0 {
			continue // there are no waves
		}
		s.found[p.Line] = v
		if err := writer.Add(v); err != nil {
			return err
		}
	}
	return writer.Flush()
}

// countWave counts what became of a wave's rows, and what the numbers of those that were updated are.
func countWave(s *Sender, ended *event.WaveEnded) error {
	ended.Counts = map[result.Status]int{}
	return inWave(s, ended.N, func(p plan.Row, status result.Status) {
		ended.Counts[status]++
		if status == result.NotAttempted && s.handover.heldBack(p.Line, ended.CountsAgainst) {
			ended.HeldBack++
		}
		v, read := s.found[p.Line]
		if !read || status != result.Updated {
			return
		}
		switch v.Status {
		case result.InSync:
			ended.Verified++
		case result.Drifted:
			ended.Drifted++
		case result.Unreadable:
			ended.Unreadable++
		}
		if len(v.NotShown) > 0 {
			ended.NotShown++
		}
	})
}

// judged is a wave with whether it has passed.
func judged(w event.WaveEnded, limit plan.Limit) event.WaveEnded {
	var parts []string
	for _, status := range result.Statuses() {
		if n := w.Counts[status]; n > 0 && w.CountsAgainst(status) {
			parts = append(parts, fmt.Sprintf("%d %s", n, status))
		}
	}
	if w.HeldBack > 0 {
		parts = append(parts, fmt.Sprintf("%d not sent for want of a SIM", w.HeldBack))
	}
	if w.Drifted > 0 {
		parts = append(parts, fmt.Sprintf("%d drifted", w.Drifted))
	}
	if w.Unreadable > 0 {
		parts = append(parts, fmt.Sprintf("%d unreadable", w.Unreadable))
	}
	if w.Passed = !limit.Over(w.Bad(), w.Rows); !w.Passed {
		w.Why = fmt.Sprintf("%s of %d rows, more than %s", strings.Join(parts, ", "), w.Rows, limit)
	}
	return w
}

// propagated waits until what a wave changed can be judged. Orders are asked for meanwhile, since what is pending moves
// from its own end on; asked reports whether that was done. An error is a [result.Stop], or trouble of the store.
func propagated(ctx context.Context, o orders, w plan.Wave) (asked bool, err error) {
	if o.Overhead(0).Propagates(w) == 0 {
		return false, nil
	}
	o.unread = true
	if _, err := o.await(ctx); err != nil {
		return true, err
	}
	return true, propagate(ctx, o.Sender, w)
}

// propagate waits until the last of a wave's rows that were not read back yet can be judged.
func propagate(ctx context.Context, s *Sender, w plan.Wave) error {
	takes := s.Overhead(0).Propagates(w)
	if takes == 0 {
		return nil
	}
	last, err := runs.LastWritten(ctx, s.Run, func(line int) bool {
		_, read := s.found[line]
		return s.WaveOf[line] == w.N && !read && s.progress.of(line).MayBeWritten()
	})
	if err != nil || last.IsZero() {
		return err
	}
	until := last.Add(takes)
	if !until.After(s.WallClock()) {
		return nil
	}
	return s.idle(ctx, until, fmt.Sprintf(
		"what wave %d of %d changed takes up to %s until it is in service", w.N, w.Of, plan.Duration(takes)))
}
