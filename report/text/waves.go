package text

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/report/words"
)

// Wave writes how a wave ended, and where the run stands then, for someone who
// is to say whether it goes on.
func Wave(w io.Writer, ended event.WaveEnded) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Wave %d of %d has ended: %s\n", ended.N, ended.Of, words.Wave(ended))
	if ended.RollbackWindow != nil {
		for _, line := range words.RollbackWindow(*ended.RollbackWindow) {
			b.WriteString(line + "\n")
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// waves writes the waves of a run, as a table.
func waves(b *bytes.Buffer, of []words.WaveLine) {
	if len(of) == 0 {
		return
	}
	t := table.NewWriter()
	t.SetStyle(tableStyle())
	t.SuppressTrailingSpaces()
	t.AppendHeader(table.Row{"Wave", "Rows", "State", "Ended", "Read back", "Took"})
	for _, w := range of {
		t.AppendRow(table.Row{w.Wave, w.Rows, w.State, w.Ended, w.ReadBack, w.Took})
	}
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 2, Align: text.AlignRight, AlignHeader: text.AlignRight}})
	b.WriteString(t.Render() + "\n\n")
}

// rollbackWindow writes until when a rollback would end in time, if that was asked for.
func rollbackWindow(b *bytes.Buffer, w *plan.RollbackWindow) {
	if w == nil {
		return
	}
	var lines []string
	for _, line := range words.RollbackWindow(*w) {
		lines = append(lines, wrapped(line, textWidth-labelWidth)...)
	}
	field(b, "Window", strings.Join(lines, "\n"))
}

// planWaves writes how a plan is sliced.
func planWaves(b *bytes.Buffer, of []plan.Wave) {
	if len(of) == 0 {
		return
	}
	rows := make([]string, len(of))
	for i, w := range of {
		rows[i] = words.Count(w.Rows)
	}
	if n := len(rows); n > mostWaves {
		rows = append(append(rows[:mostWaves-2:mostWaves-2], "…"), rows[n-1])
	}
	field(b, "Waves", fmt.Sprintf("%s: %s rows", words.Count(len(of)), strings.Join(rows, ", ")))
}

// mostWaves is of how many waves a plan tells the rows.
const mostWaves = 12
