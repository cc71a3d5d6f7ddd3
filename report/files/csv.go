package files

import (
	"encoding/csv"
	"io"
	"iter"
	"strconv"
	"time"

	"github.com/gocarina/gocsv"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/report/text"
)

// csvRow is a line of results.csv: the columns in their order.
type csvRow struct {
	Row, Line         int
	Number            cell
	Status            result.Status
	UpdateOrderId     cell
	UpdateOrderStatus cell
	UpdateOrderDate   cell
	HTTPStatus        code
	Attempts          int
	Changes           cell
	Error             cell
	StartedAt         moment
	DurationMs        duration
}

// code is an HTTP status, blank when there was no answer.
type code int

// MarshalCSV renders the cell.
func (c code) MarshalCSV() (string, error) {
	if c == 0 {
		return "", nil
	}
	return strconv.Itoa(int(c)), nil
}

// moment is a time as results.csv has it: RFC 3339, UTC, milliseconds; blank
// when it is zero.
type moment struct{ time.Time }

// MarshalCSV renders the cell.
func (m moment) MarshalCSV() (string, error) {
	if m.IsZero() {
		return "", nil
	}
	return m.UTC().Format("2006-01-02T15:04:05.000Z"), nil
}

// duration is blank for a row of which nothing was sent.
type duration struct {
	ms   int64
	none bool
}

// MarshalCSV renders the cell.
func (d duration) MarshalCSV() (string, error) {
	if d.none {
		return "", nil
	}
	return strconv.FormatInt(d.ms, 10), nil
}

// CSV writes results as results.csv has them. It streams. Cells that a
// spreadsheet would take for a formula are made harmless with a ' in front.
func CSV(w io.Writer, results iter.Seq2[result.Result, error]) error {
	return writeCSV(w, results, func(lines []csvRow, r result.Result) []csvRow { return append(lines, csvRowOf(r)) })
}

// writeCSV writes a header, and the lines that add appends for each row.
func writeCSV[Row, Line any](w io.Writer, rows iter.Seq2[Row, error], add func([]Line, Row) []Line) error {
	out := csv.NewWriter(w)
	if err := gocsv.MarshalCSV([]Line{}, out); err != nil { // the header
		return err
	}
	return plan.InChunks(rows, text.ChunkSize, func(part []Row) error {
		lines := make([]Line, 0, len(part))
		for _, r := range part {
			lines = add(lines, r)
		}
		return gocsv.MarshalCSVWithoutHeaders(lines, out)
	})
}

func csvRowOf(r result.Result) csvRow {
	return csvRow{
		Row:               r.Row,
		Line:              r.Line,
		Number:            cell(r.Number),
		Status:            r.Status,
		UpdateOrderId:     cell(r.UpdateOrderId),
		UpdateOrderStatus: cell(r.UpdateOrderStatus),
		UpdateOrderDate:   cell(r.UpdateOrderDate),
		HTTPStatus:        code(r.HTTPStatus),
		Attempts:          r.Attempts,
		Changes:           cell(r.Changes),
		Error:             cell(r.Error),
		StartedAt:         moment{r.StartedAt},
		DurationMs:        duration{ms: r.DurationMs, none: r.StartedAt.IsZero()},
	}
}
