package text

import (
	"io"
	"iter"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/report/words"
)

// Widths of the table, in columns of the terminal.
const (
	columnGap    = 2
	orderIdWidth = 43 // JNUOID- and a UUID, which people copy
	leastChanges = 7
)

// Table writes results as a table for people, readable without colour. Reasons are
// wrapped and stand under the order id, because a row seldom has both. On a
// terminal, which has so many columns, changes that do not fit are cut, since
// results.csv has them all; off one, where width is 0, nothing is. Routes whose names
// are known are shown with them. Long tables are written in parts, each with its own
// header.
func Table(w io.Writer, width int, routes map[string]string, results iter.Seq2[result.Result, error]) error {
	first := true
	return plan.InChunks(results, ChunkSize, func(part []result.Result) error {
		named := make([]result.Result, len(part))
		for i, r := range part {
			r.Changes, r.Error = words.WithRouteNames(r.Changes, routes), words.WithRouteNames(r.Error, routes)
			named[i] = r
		}
		rendered := renderTable(named, width) + "\n"
		if !first {
			rendered = "\n" + rendered
		}
		first = false
		_, err := io.WriteString(w, rendered)
		return err
	})
}

func renderTable(part []result.Result, width int) string {
	t := table.NewWriter()
	t.SetStyle(tableStyle())
	t.SuppressTrailingSpaces()
	t.AppendHeader(table.Row{"Line\n(row)", "Number", "Status", outcomeHeader, "Changes"})
	room := max(width-5*columnGap-widest(part), leastChanges)
	for _, r := range part {
		changes := words.Printable(r.Changes)
		if width > 0 {
			changes = words.Cut(changes, room)
		}
		t.AppendRow(table.Row{
			words.PlaceCell(r.Line, r.Row),
			words.Number(r.Number),
			string(r.Status),
			outcome(r),
			changes,
		})
	}
	t.SetColumnConfigs([]table.ColumnConfig{
		{Number: 1, Align: text.AlignRight, AlignHeader: text.AlignRight},
		{Number: 4, WidthMax: orderIdWidth, WidthMaxEnforcer: text.WrapSoft},
	})
	return t.Render()
}

// outcomeHeader is above what [outcome] says.
const outcomeHeader = "UpdateOrderId, Error"

// widest is how wide the columns before the changes are, in total.
func widest(part []result.Result) int {
	row, number, status, id := len("(row)"), len("Number"), len("Status"), len(outcomeHeader)
	for _, r := range part {
		row = max(row, len(words.PlaceCell(r.Line, r.Row)))
		number = max(number, words.Width(words.Number(r.Number)))
		status = max(status, len(r.Status))
		for line := range strings.Lines(outcome(r)) {
			id = max(id, min(words.Width(line), orderIdWidth))
		}
	}
	return row + number + status + id
}

// outcome is the order's id and what is to be said, each on its own line.
func outcome(r result.Result) string {
	id, reason := words.Printable(r.UpdateOrderId), words.Printable(r.Error)
	if id != "" && reason != "" {
		return id + "\n" + reason
	}
	return id + reason
}

func tableStyle() table.Style {
	style := table.StyleDefault
	style.Box = table.BoxStyle{MiddleHorizontal: "-", PaddingRight: strings.Repeat(" ", columnGap)}
	style.Format.Header = text.FormatDefault
	style.Options = table.Options{SeparateHeader: true}
	return style
}
