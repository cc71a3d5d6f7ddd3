package files

import (
	"encoding/csv"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/result"
)

// csvColumns are those of results.csv.
const csvColumns = "Row,Line,Number,Status,UpdateOrderId,UpdateOrderStatus,UpdateOrderDate,HTTPStatus,Attempts,Changes,Error,StartedAt,DurationMs"

// ResultColumns returns the columns of results.csv, in their order.
func ResultColumns() []string { return strings.Split(csvColumns, ",") }

// moment is a time as results.csv has it: RFC 3339, UTC, milliseconds; blank
// when it is zero.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// CSV writes results as results.csv has them. It streams. Cells that a
// spreadsheet would take for a formula are made harmless with a ' in front.
func CSV(w io.Writer, results iter.Seq2[result.Result, error]) error {
	return writeCSV(w, csvColumns, results, func(r result.Result, line func(...string)) { line(csvCells(r)...) })
}

// csvWriter writes lines of CSV.
type csvWriter struct{ out *csv.Writer }

// newCSV begins with a header.
func newCSV(w io.Writer, columns string) *csvWriter {
	c := &csvWriter{csv.NewWriter(w)}
	c.line(strings.Split(columns, ",")...)
	return c
}

// line writes a line. That it fails is told in the end.
func (c *csvWriter) line(cells ...string) { _ = c.out.Write(cells) }

// end writes what is left, and tells whether all was written.
func (c *csvWriter) end() error {
	c.out.Flush()
	return c.out.Error()
}

// writeCSV writes a header, and the lines that each row has.
func writeCSV[Row any](w io.Writer, columns string, rows iter.Seq2[Row, error], lines func(r Row, line func(cells ...string))) error {
	c := newCSV(w, columns)
	for r, err := range rows {
		if err != nil {
			return err
		}
		if lines(r, c.line); c.out.Error() != nil {
			return c.out.Error()
		}
	}
	return c.end()
}

// csvCells are the cells of a result. Blank are the status of what was not answered, and the duration of what was not sent.
func csvCells(r result.Result) []string {
	status, duration := "", ""
	if r.HTTPStatus != 0 {
		status = strconv.Itoa(r.HTTPStatus)
	}
	if !r.StartedAt.IsZero() {
		duration = strconv.FormatInt(r.DurationMs, 10)
	}
	return []string{
		strconv.Itoa(r.Row), strconv.Itoa(r.Line), cell(r.Number), string(r.Status),
		cell(r.UpdateOrderId), cell(r.UpdateOrderStatus), cell(r.UpdateOrderDate), status, strconv.Itoa(r.Attempts),
		cell(r.Changes), cell(r.Error), moment(r.StartedAt), duration,
	}
}
