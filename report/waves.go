package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/bulknum/bulknum/batch"
)

// Wave writes how a wave ended, and where the run stands then, for someone who
// is to say whether it goes on.
func Wave(w io.Writer, ended batch.WaveEnded) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Wave %d of %d has ended: %s\n", ended.N, ended.Of, WaveText(ended))
	if ended.WayBack != nil {
		for _, line := range WayBackLines(*ended.WayBack) {
			b.WriteString(line + "\n")
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// WaveText is how a wave ended, in a line: 12 rows, 11 updated, 1 failed; read
// back: 11 as asked.
func WaveText(ended batch.WaveEnded) string {
	told := countOf(ended.Rows, "row") + ", " + endedText(ended)
	if back := readBackText(ended); back != "" {
		told += "; read back: " + back
	}
	return told
}

// endedText is how many rows of a wave ended in each status.
func endedText(ended batch.WaveEnded) string {
	var parts []string
	for _, status := range batch.Statuses() {
		if n := ended.Counts[status]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", Count(n), status))
		}
	}
	return strings.Join(parts, ", ")
}

// readBackText is what the numbers of a wave were found to be.
func readBackText(ended batch.WaveEnded) string {
	var parts []string
	for _, found := range []struct {
		n    int
		what string
	}{{ended.Verified, "as asked"}, {ended.Drifted, "drifted"}, {ended.Unreadable, "unreadable"}} {
		if found.n > 0 {
			parts = append(parts, Count(found.n)+" "+found.what)
		}
	}
	return strings.Join(parts, ", ")
}

// waves writes the waves of a run that have ended, as a table.
func waves(b *bytes.Buffer, of []batch.WaveEnded) {
	if len(of) == 0 {
		return
	}
	t := table.NewWriter()
	t.SetStyle(tableStyle())
	t.SuppressTrailingSpaces()
	t.AppendHeader(table.Row{"Wave", "Rows", "Ended", "Read back", "Took"})
	for _, w := range of {
		t.AppendRow(table.Row{
			fmt.Sprintf("%d of %d", w.N, w.Of), Count(w.Rows), endedText(w), readBackText(w), Duration(w.At.Sub(w.StartedAt)),
		})
	}
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 2, Align: text.AlignRight, AlignHeader: text.AlignRight}})
	b.WriteString(t.Render() + "\n\n")
}

// WayBackLines say when a run ends, how long a rollback takes, and until when it
// fits before the deadline. Times are shown in the zone that they are in, the
// point of no return in that of the deadline.
func WayBackLines(w batch.WayBack) []string {
	lines := []string{"A rollback of what is done takes " + milliseconds(w.RollbackMs)}
	if w.FullRollbackMs > w.RollbackMs { // some is left to be sent
		lines[0] = fmt.Sprintf("At this pace it ends at %s; a rollback of everything takes %s",
			w.EndsAt.Format(clock), milliseconds(w.FullRollbackMs))
		if w.RollbackMs > 0 {
			lines[0] += ", of what is done " + milliseconds(w.RollbackMs)
		}
	}
	switch {
	case w.Deadline.IsZero():
	case w.NoReturnAt.IsZero():
		lines = append(lines, "So a rollback would still end before the deadline of "+w.Deadline.Format(clock))
	default:
		lines = append(lines, fmt.Sprintf("Point of no return: %s, with %s sent; a rollback after it would not end before the deadline of %s",
			w.NoReturnAt.In(w.Deadline.Location()).Format(clock), countOf(w.NoReturnRows, "row"), w.Deadline.Format(clock)))
	}
	return lines
}

// standing writes where a run stands, if that was asked for.
func standing(b *bytes.Buffer, w *batch.WayBack) {
	if w == nil {
		return
	}
	var lines []string
	for _, line := range WayBackLines(*w) {
		lines = append(lines, wrapped(line, textWidth-labelWidth)...)
	}
	field(b, "Way back", strings.Join(lines, "\n"))
}

// planWaves writes how a plan is sliced.
func planWaves(b *bytes.Buffer, of []batch.Wave) {
	if len(of) == 0 {
		return
	}
	rows := make([]string, len(of))
	for i, w := range of {
		rows[i] = Count(w.Rows)
	}
	if n := len(rows); n > mostWaves {
		rows = append(append(rows[:mostWaves-2:mostWaves-2], "…"), rows[n-1])
	}
	field(b, "Waves", fmt.Sprintf("%s: %s rows", Count(len(of)), strings.Join(rows, ", ")))
}

// mostWaves is of how many waves a plan tells the rows.
const mostWaves = 12

// wayBackInUTC is the same with times as documents have them.
func wayBackInUTC(w *batch.WayBack) *batch.WayBack {
	if w == nil {
		return nil
	}
	told := *w
	for _, t := range []*time.Time{&told.EndsAt, &told.Deadline, &told.NoReturnAt} {
		*t = inUTC(*t)
	}
	return &told
}
