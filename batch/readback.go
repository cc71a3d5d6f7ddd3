package batch

import (
	"context"
	"fmt"
	"strings"

	"github.com/bulknum/bulknum/batch/current"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
)

// readBack reads the numbers of the wave's updated rows, all or a sample, and
// compares them with what was asked for.
func (e *engine) readBack(ctx context.Context, ended *event.WaveEnded) error {
	updated, err := e.countWave(ended)
	if err != nil {
		return err
	}
	chosen := spread(updated, e.cfg.Verify.Of(len(updated)))
	if len(chosen) == 0 {
		return nil
	}
	wanted := func(p plan.Row) bool {
		_, ok := chosen[p.Line]
		return ok
	}
	numbers := map[string]struct{}{}
	for p, err := range e.planned().Where(wanted) {
		if err != nil {
			return err
		}
		numbers[p.Number] = struct{}{}
	}
	read := current.NewReadings(store.ForSending, nil)
	if _, err = e.api().Read(ctx, read, numbers); err != nil {
		return err
	}
	return e.compare(ended, read, wanted)
}

// countWave counts what became of a wave's rows, and returns the lines of those
// that were updated.
func (e *engine) countWave(ended *event.WaveEnded) (updated []int, err error) {
	ended.Counts = map[result.Status]int{}
	for p, err := range e.planned().Heads() {
		if err != nil {
			return nil, err
		}
		if e.cutover.of[p.Line] != ended.N {
			continue
		}
		status := e.progress.of(p.Line)
		ended.Counts[status]++
		if _, back := e.takenBack[p.Number]; status == result.Updated && !back {
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
func (e *engine) compare(ended *event.WaveEnded, read *current.Readings, wanted func(plan.Row) bool) error {
	found := runs.VerifiedWriter{Record: e.log.Record}
	for p, err := range e.planned().Where(wanted) {
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
		case result.AsAsked:
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
		w.Why = fmt.Sprintf("%s of %d rows, more than --wave-failures %s", strings.Join(parts, ", "), w.Rows, limit)
	}
	return w
}
