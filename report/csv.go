package report

import (
	"encoding/csv"
	"io"
	"iter"
	"strconv"
	"time"

	"github.com/gocarina/gocsv"

	"github.com/bulknum/bulknum/batch"
)

// csvRow is a line of results.csv: the columns in their order.
type csvRow struct {
	Row, Line         int
	Number            cell
	Status            batch.Status
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

// chunk is how many rows are handed to gocsv, or to a table, at once.
const chunk = 512

// CSV writes results as results.csv has them. It streams. Cells that a
// spreadsheet would take for a formula are made harmless with a ' in front.
func CSV(w io.Writer, results iter.Seq2[batch.Result, error]) error {
	out := csv.NewWriter(w)
	if err := gocsv.MarshalCSV([]csvRow{}, out); err != nil { // the header
		return err
	}
	return chunked(results, func(part []batch.Result) error {
		rows := make([]csvRow, len(part))
		for i, r := range part {
			rows[i] = csvRowOf(r)
		}
		return gocsv.MarshalCSVWithoutHeaders(rows, out)
	})
}

func csvRowOf(r batch.Result) csvRow {
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

// chunked calls write with the results, a few hundred at a time.
func chunked(results iter.Seq2[batch.Result, error], write func([]batch.Result) error) error {
	part := make([]batch.Result, 0, chunk)
	for r, err := range results {
		if err != nil {
			return err
		}
		part = append(part, r)
		if len(part) < chunk {
			continue
		}
		if err := write(part); err != nil {
			return err
		}
		part = part[:0]
	}
	if len(part) == 0 {
		return nil
	}
	return write(part)
}
