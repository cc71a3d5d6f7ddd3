package input

import (
	"errors"
	"io"
	"strings"
)

// maxRecord is how much, in bytes, one row may be. It bounds the memory that
// an open quote or a line without an end costs.
const maxRecord = 1 << 20

// errTooLong ends a file whose row does not end.
var errTooLong = errors.New("a row is longer than 1 MiB")

// recordLimit is what a CSV file is read through. It ends a row that does not end,
// and keeps the text of the current one for a second look: encoding/csv does
// not tell the text that it could not take apart.
type recordLimit struct {
	r     io.Reader
	kept  []byte // what has been read since start
	start int64  // the offset of kept
	row   int64  // the offset of the current row, not before start
	full  bool   // more of the row was asked for than it may have
}

// Read reads on, as long as the current row may be. What stands before the row
// is forgotten here and not with each row, so that it is moved once a piece.
func (w *recordLimit) Read(p []byte) (int, error) {
	w.kept = append(w.kept[:0], w.current()...)
	w.start = w.row
	if w.full = len(w.kept) > maxRecord; w.full {
		return 0, errTooLong
	}
	n, err := w.r.Read(p)
	w.kept = append(w.kept, p[:n]...)
	return n, err
}

// next tells that a row begins at an offset.
func (w *recordLimit) next(offset int64) { w.row, w.full = offset, false }

// ended reports whether the current row, which goes to an offset, ends with the end of a line or of a quote.
func (w *recordLimit) ended(offset int64) bool {
	row := w.kept[w.row-w.start : offset-w.start]
	return len(row) > 0 && strings.IndexByte("\n\r\"", row[len(row)-1]) >= 0
}

// current returns the text from the current row on, as far as it has been read.
func (w *recordLimit) current() []byte { return w.kept[w.row-w.start:] }
