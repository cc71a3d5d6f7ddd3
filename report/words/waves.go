package words

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
)

// Wave is how a wave ended, in a line: 12 rows, 11 updated, 1 failed; read
// back: 11 in sync.
func Wave(ended event.WaveEnded) string {
	told := CountOf(ended.Rows, "row") + ", " + WaveRows(ended)
	if back := WaveReadBack(ended); back != "" {
		told += "; read back: " + back
	}
	return told
}

// WaveLine is a wave of a run in a table: one that has ended, or has not.
type WaveLine struct{ Wave, Rows, State, Ended, ReadBack, Took string }

// Waves are all waves of a run, in their order.
func Waves(s *runs.Summary) []WaveLine {
	byNumber := map[int]WaveLine{}
	line := func(w plan.Wave, state string, counts map[result.Status]int) WaveLine {
		return WaveLine{Wave: fmt.Sprintf("%d of %d", w.N, w.Of), Rows: Count(w.Rows), State: state, Ended: wavesRows(counts)}
	}
	for _, w := range s.Waves {
		state := "passed"
		if !w.Passed {
			state = "did not pass"
		}
		l := line(w.Wave, state, w.Counts)
		l.ReadBack, l.Took = WaveReadBack(w), Duration(w.At.Sub(w.StartedAt))
		byNumber[w.N] = l
	}
	for _, w := range s.WavesLeft {
		switch {
		case !w.Begun():
			byNumber[w.N] = line(w.Wave, "not begun", nil)
		case s.State == runs.Running:
			byNumber[w.N] = line(w.Wave, "under way", w.Counts)
		default:
			byNumber[w.N] = line(w.Wave, "cut off", w.Counts)
		}
	}
	lines := make([]WaveLine, 0, len(byNumber))
	for _, n := range slices.Sorted(maps.Keys(byNumber)) {
		lines = append(lines, byNumber[n])
	}
	return lines
}

// WaveRows is how many rows of a wave ended in each status.
func WaveRows(ended event.WaveEnded) string { return wavesRows(ended.Counts) }

func wavesRows(counts map[result.Status]int) string {
	var parts []string
	for _, status := range result.Statuses() {
		if n := counts[status]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", Count(n), status))
		}
	}
	return strings.Join(parts, ", ")
}

// WaveReadBack is what the numbers of a wave were found to be. A number that is not shown
// in full has a field that the API does not show: what it has there, nobody knows.
func WaveReadBack(ended event.WaveEnded) string {
	var parts []string
	for _, found := range []struct {
		n    int
		what string
	}{{ended.Verified, "in sync"}, {ended.Drifted, "drifted"}, {ended.Unreadable, "unreadable"}, {ended.NotShown, "not shown in full"}} {
		if found.n > 0 {
			parts = append(parts, Count(found.n)+" "+found.what)
		}
	}
	return strings.Join(parts, ", ")
}

// RollbackWindow say when a run ends, how long a rollback takes, and until when it
// fits before the deadline. Times are shown in the zone that they are in, the
// point of no return in that of the deadline.
func RollbackWindow(w plan.RollbackWindow) []string {
	lines := []string{"A rollback of what is done takes " + Milliseconds(w.RollbackMs)}
	if w.FullRollbackMs > w.RollbackMs { // some is left to be sent
		lines[0] = fmt.Sprintf("At this rate it ends at %s; a rollback of everything takes %s",
			w.EndsAt.Format(Clock), Milliseconds(w.FullRollbackMs))
		if w.RollbackMs > 0 {
			lines[0] += ", of what is done " + Milliseconds(w.RollbackMs)
		}
	}
	switch {
	case w.Deadline.IsZero():
	case w.NoReturnAt.IsZero():
		lines = append(lines, "So a rollback would still end before the deadline of "+w.Deadline.Format(Clock))
	default:
		lines = append(lines, fmt.Sprintf("Point of no return: %s, with %s sent; a rollback after it would not end before the deadline of %s",
			w.NoReturnAt.In(w.Deadline.Location()).Format(Clock), CountOf(w.NoReturnRows, "row"), w.Deadline.Format(Clock)))
	}
	return lines
}
