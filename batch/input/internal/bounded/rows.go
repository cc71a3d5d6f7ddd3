package bounded

import (
	"errors"
	"io"
)

// Most is how much, in bytes, one row may be. It bounds the memory that
// an open quote or a line without an end costs.
const Most = 1 << 20

// ErrTooLong ends a file whose row does not end.
var ErrTooLong = errors.New("a row is longer than 1 MiB")

// Rows is what a CSV file is read through. It ends a row that does not end,
// and keeps the text of the current one for a second look: encoding/csv does
// not tell the text that it could not take apart.
type Rows struct {
	R     io.Reader
	kept  []byte // what has been read since start
	start int64  // the offset of kept
	Row   int64  // the offset of the current row, not before start
	Full  bool   // more of the row was asked for than it may have
}

// Read reads on, as long as the current row may be. What stands before the row
// is forgotten here and not with each row, so that it is moved once a piece.
func (w *Rows) Read(p []byte) (int, error) {
	w.kept = append(w.kept[:0], w.Current()...)
	w.start = w.Row
	if w.Full = len(w.kept) > Most; w.Full {
		return 0, ErrTooLong
	}
	n, err := w.R.Read(p)
	w.kept = append(w.kept, p[:n]...)
	return n, err
}

// Next tells that a row begins at an offset.
func (w *Rows) Next(offset int64) { w.Row, w.Full = offset, false }

// Ended reports whether the current row, which goes to an offset, ends with the end of a line or of a quote.
func (w *Rows) Ended(offset int64) bool {
	if offset == w.Row {
		return false
	}
	last := w.kept[offset-w.start-1]
	return last == '\n' || last == '\r' || last == '"'
}

// Current returns the text from the current row on, as far as it has been read.
func (w *Rows) Current() []byte { return w.kept[w.Row-w.start:] }
