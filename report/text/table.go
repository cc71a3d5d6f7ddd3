package text

import (
	"io"
	"iter"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/report/words"
)

// Widths of the table, in columns of the terminal.
const (
	tableWidth   = 100
	columnGap    = 2
	orderIdWidth = 43 // JNUOID- and a UUID, which people copy
	leastChanges = 7
)

// Table writes results as a table for people, readable without colour and at
// most 100 columns wide. Reasons are wrapped and stand under the order id,
// because a row seldom has both; changes that do not fit are cut, since
// results.csv has them all. Long tables are written in parts, each with its own
// header.
func Table(w io.Writer, results iter.Seq2[result.Result, error]) error {
	first := true
	return InChunks(results, func(part []result.Result) error {
		rendered := renderTable(part) + "\n"
		if !first {
			rendered = "\n" + rendered
		}
		first = false
		_, err := io.WriteString(w, rendered)
		return err
	})
}

func renderTable(part []result.Result) string {
	t := table.NewWriter()
	t.SetStyle(tableStyle())
	t.SuppressTrailingSpaces()
	t.AppendHeader(table.Row{"Line\n(row)", "Number", "Status", "UpdateOrderId, Error", "Changes"})
	room := tableWidth - orderIdWidth - 5*columnGap - widest(part)
	for _, r := range part {
		t.AppendRow(table.Row{
			words.PlaceCell(r.Line, r.Row),
			words.Number(r.Number),
			string(r.Status),
			outcome(r),
			words.Cut(words.Printable(r.Changes), max(room, leastChanges)),
		})
	}
	t.SetColumnConfigs([]table.ColumnConfig{
		{Number: 1, Align: text.AlignRight, AlignHeader: text.AlignRight},
		{Number: 4, WidthMax: orderIdWidth, WidthMaxEnforcer: text.WrapSoft},
	})
	return t.Render()
}

// widest is how wide the columns before the order id are, in total.
func widest(part []result.Result) int {
	row, number, status := len("(row)"), len("Number"), len("Status")
	for _, r := range part {
		row = max(row, len(words.PlaceCell(r.Line, r.Row)))
		number = max(number, words.Width(words.Number(r.Number)))
		status = max(status, len(r.Status))
	}
	return row + number + status
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
