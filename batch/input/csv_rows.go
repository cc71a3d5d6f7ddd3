package input

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"sync"

	"github.com/gocarina/gocsv"

	"github.com/bulknum/bulknum/batch/input/internal/bounded"
)

// Limits of what is read at a time.
const (
	batchRows  = 64
	batchBytes = 256 << 10
)

// csvRow is what gocsv reads a record into: the texts of the columns that are read, in the order of the targets. It takes
// them as they are. gocsv's own conversions would make false of a blank and octal of a leading zero, and with a field of a
// struct for each column they cost more than all else that is done with a row.
type csvRow struct{ Cells *[]string }

// usedCells are those of rows that were read, for other rows: gocsv makes each row anew, and makes two of it.
var usedCells = sync.Pool{New: func() any { return new([]string) }}

// UnmarshalCSVWithFields takes a cell in. gocsv calls it for one after the other.
func (r *csvRow) UnmarshalCSVWithFields(_, cell string) error {
	if r.Cells == nil {
		r.Cells, _ = usedCells.Get().(*[]string)
		*r.Cells = (*r.Cells)[:0]
	}
	*r.Cells = append(*r.Cells, cell)
	return nil
}

// csvRows reads the rows below a header, some at a time.
type csvRows struct {
	reader  *csv.Reader
	limited *bounded.Rows
	columns []int    // that are read, in the order of the targets
	number  int      // column of the number
	names   []string // of columns

	records [][]string // names, and what is read of the records of a batch
	cells   []string   // of these
	places  []csvPlace // of these records, and of that with which err was met
	err     error      // behind them
	rows    [batchRows]csvRow
	at      int
}

// csvPlace is where a record stands, and what it is as text.
type csvPlace struct {
	line, size int
	unended    bool // the file ends with it, without an end of a line or of a quote
}

func newCSVRows(reader *csv.Reader, limited *bounded.Rows, h *header, n *names) csvRows {
	r := csvRows{reader: reader, limited: limited}
	column := map[int]int{}
	for i, target := range h.targets {
		column[target] = i
	}
	for target := range h.given.all() {
		r.columns, r.names = append(r.columns, column[target]), append(r.names, n.known[target])
	}
	r.number = column[theNumber]
	r.cells = make([]string, 0, batchRows*len(r.columns))
	return r
}

// putBack gives back the cells of the rows of the last batch.
func (r *csvRows) putBack() {
	for i := range r.rows {
		if used := r.rows[i].Cells; used != nil {
			r.rows[i].Cells = nil
			usedCells.Put(used)
		}
	}
}

// next returns the cells of the next row, good until the next call, and its place. The reader stands behind a row that cannot be taken apart, whose
// error is returned, and behind one that may be the header again.
func (r *csvRows) next() (cells []string, at csvPlace, err error) {
	if r.at == len(r.places) {
		r.at = 0
		r.putBack()
		if err := gocsv.UnmarshalDecoder(r, &r.rows); err != nil {
			return nil, csvPlace{}, err
		}
	}
	at = r.places[r.at]
	if r.at++; r.at == len(r.places) && r.err != nil {
		return nil, at, r.err
	}
	return *r.rows[r.at-1].Cells, at, nil
}

// GetCSVRows reads some records, up to the first error.
func (r *csvRows) GetCSVRows() ([][]string, error) {
	r.records, r.places, r.err = append(r.records[:0], r.names), r.places[:0], nil
	cells := r.cells
	for size := 0; len(r.places) < batchRows && size < batchBytes; {
		r.limited.Next(r.reader.InputOffset())
		record, err := r.reader.Read()
		end := r.reader.InputOffset()
		at := csvPlace{size: int(end - r.limited.Row)}
		if !errors.Is(err, io.EOF) {
			at.unended = !r.limited.Ended(end)
		}
		if r.err = err; err != nil {
			r.places = append(r.places, at)
			break
		}
		at.line, _ = r.reader.FieldPos(0)
		r.places = append(r.places, at)
		size += at.size
		for _, column := range r.columns {
			cells = append(cells, record[column])
		}
		r.records = append(r.records, cells[len(cells)-len(r.columns):])
		if number := record[r.number]; number == "" || strings.IndexByte("+0123456789", number[0]) < 0 {
			break // the text of a header will be looked at once more
		}
	}
	return r.records, nil
}
