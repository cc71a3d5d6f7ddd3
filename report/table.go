package report

import (
	"io"
	"iter"
	"strings"
	"unicode"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/bulknum/bulknum/batch"
)

// Widths of the table, in columns of the terminal.
const (
	tableWidth   = 100
	columnGap    = 2
	numberWidth  = 16 // as long as E.164 allows; of an invalid row it is whatever was written
	orderIdWidth = 43 // JNUOID- and a UUID, which people copy
	leastChanges = 10
)

// Table writes results as a table for people, readable without colour and at
// most 100 columns wide. Reasons are wrapped and stand under the order id,
// because a row seldom has both; changes that do not fit are cut, since
// results.csv has them all. Long tables are written in parts, each with its own
// header.
func Table(w io.Writer, results iter.Seq2[batch.Result, error]) error {
	first := true
	return chunked(results, func(part []batch.Result) error {
		rendered := renderTable(part) + "\n"
		if !first {
			rendered = "\n" + rendered
		}
		first = false
		_, err := io.WriteString(w, rendered)
		return err
	})
}

func renderTable(part []batch.Result) string {
	t := table.NewWriter()
	t.SetStyle(tableStyle())
	t.SuppressTrailingSpaces()
	t.AppendHeader(table.Row{"Row", "Number", "Status", "UpdateOrderId, Error", "Changes"})
	room := tableWidth - orderIdWidth - 5*columnGap - widest(part)
	for _, r := range part {
		t.AppendRow(table.Row{
			Count(r.Row),
			shownNumber(r.Number),
			string(r.Status),
			outcome(r),
			cut(printable(r.Changes), max(room, leastChanges)),
		})
	}
	t.SetColumnConfigs([]table.ColumnConfig{
		{Number: 1, Align: text.AlignRight, AlignHeader: text.AlignRight},
		{Number: 4, WidthMax: orderIdWidth, WidthMaxEnforcer: text.WrapSoft},
	})
	return t.Render()
}

// widest is how wide the columns before the order id are, in total.
func widest(part []batch.Result) int {
	row, number, status := len("Row"), len("Number"), len("Status")
	for _, r := range part {
		row = max(row, len(Count(r.Row)))
		number = max(number, columns(shownNumber(r.Number)))
		status = max(status, len(r.Status))
	}
	return row + number + status
}

// outcome is the order's id and what is to be said, each on its own line.
func outcome(r batch.Result) string {
	id, reason := printable(r.UpdateOrderId), printable(r.Error)
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

// shownNumber is a number, or what was written instead of one.
func shownNumber(number string) string { return cut(printable(number), numberWidth) }

// columns is how much room a printable text takes on a terminal.
func columns(s string) int { return text.StringWidthWithoutEscSequences(s) }

// cut shortens a text to a width of at least one column.
func cut(s string, width int) string { return text.Snip(s, width, "…") }

// printable is text from outside, without what would move the cursor, change
// colours or turn the direction of writing.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsGraphic(r):
			return r
		case unicode.IsSpace(r):
			return ' '
		default:
			return unicode.ReplacementChar
		}
	}, s)
}
