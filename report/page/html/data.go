package html

import (
	"bytes"
	"encoding/json"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
)

// RowLimit is how many rows a page has at most.
const RowLimit = 100_000

// Row is what became of a row, with what else is known of it.
type Row struct {
	result.Result
	// Changes are those of its plan, and Shape what they have in common with
	// other rows'.
	Changes []settings.Change
	Shape   settings.Shape
	// Tries are its attempts, where there is more to be said of them than in
	// the result.
	Tries []Try
	// Verified is what its number was found to be when it was read again; nil:
	// it was not.
	Verified *runs.Verified
}

// Try is one attempt.
type Try struct {
	At         time.Time
	DurationMs int64
	HTTPStatus int // 0: no answer
	Error      string
}

// dataHead begins the data: what the script needs to know of the page.
type dataHead struct {
	Statuses []string          `json:"statuses"`
	Urgent   []string          `json:"urgent"`
	At       int64             `json:"at"`
	Routes   map[string]string `json:"routes,omitempty"`
}

// writeData writes the rows as JSON in which nothing can end the element that it
// stands in: <, > and & are escaped. Rows are arrays, and what is likely to be
// said of many rows is said once: a number in its place leads to it. rows writes
// the arrays, and returns what they name.
func writeData(w io.Writer, p Page, rows func(io.Writer) ([]string, error)) error {
	head, err := json.Marshal(dataHead{Statuses: p.Statuses, Urgent: p.Urgent, At: moment(p.At), Routes: p.Routes})
	if err != nil {
		return err
	}
	if _, err := w.Write(append(bytes.TrimSuffix(head, []byte("}")), `,"rows":[`...)); err != nil {
		return err
	}
	named, err := rows(w)
	if err != nil {
		return err
	}
	list, err := json.Marshal(named)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, "\n],\"words\":"+string(list)+"}")
	return err
}

// eachOf writes rows one by one.
func eachOf(rows iter.Seq2[Row, error]) func(io.Writer) ([]string, error) {
	return func(w io.Writer) ([]string, error) {
		var said texts
		var line []byte
		for r, err := range rows {
			if err != nil {
				return nil, err
			}
			line = said.row(line[:0], r)
			if _, err := w.Write(line); err != nil {
				return nil, err
			}
		}
		return said.list, nil
	}
}

// Kept are the rows of a page that is written when all of them are known. The zero value has none.
type Kept struct {
	said texts
	rows []byte
	much bool
}

// mostKept is how many bytes of rows are kept: some 30,000 rows of a run have as many.
const mostKept = 4 << 20

// Add keeps a row. It returns false when there are too many to be kept: they are there no more then, and for good.
func (k *Kept) Add(r Row) bool {
	if !k.much {
		k.rows = k.said.row(k.rows, r)
	}
	if len(k.rows) > mostKept {
		*k = Kept{much: true}
	}
	return !k.much
}

// Write writes the page with the rows that are kept.
func (k *Kept) Write(w io.Writer, p Page) error {
	return write(w, p, func(w io.Writer) ([]string, error) {
		_, err := w.Write(k.rows)
		return k.said.list, err
	})
}

// texts are what rows name by their place in a list.
type texts struct {
	list  []string
	index map[string]int64
	rows  int
}

// of is the place of a text.
func (t *texts) of(text string) int64 {
	i, known := t.index[text]
	if !known {
		if t.index == nil {
			t.index = map[string]int64{}
		}
		i = int64(len(t.list))
		t.index[text] = i
		t.list = append(t.list, text)
	}
	return i
}

// row appends a row as the script reads it, behind what parts it from the one before; both have the same order.
func (t *texts) row(line []byte, r Row) []byte {
	if t.rows++; t.rows > 1 {
		line = append(line, ',')
	}
	line = number(append(line, "\n["...), int64(r.Row))
	line = comma(line, int64(r.Line))
	line = quoted(append(line, ','), r.Number)
	line = comma(line, t.of(string(r.Status)))
	line = quoted(append(line, ','), r.UpdateOrderId)
	line = comma(line, t.of(r.UpdateOrderStatus), t.of(r.UpdateOrderDate), int64(r.HTTPStatus), int64(r.Attempts),
		moment(r.StartedAt), r.DurationMs, t.of(r.Error), t.of(string(r.Shape)))
	line = list(append(line, ','), t.changes(r.Changes))
	line = list(append(line, ','), t.tries(r.Tries))
	line = list(append(line, ','), t.verified(r.Verified))
	return append(line, ']')
}

// number appends a number, comma more of them, and list a list of them.
func number(line []byte, n int64) []byte { return strconv.AppendInt(line, n, 10) }

func comma(line []byte, numbers ...int64) []byte {
	for _, n := range numbers {
		line = number(append(line, ','), n)
	}
	return line
}

func list(line []byte, numbers []int64) []byte {
	line = append(line, '[')
	if len(numbers) > 0 {
		line = comma(number(line, numbers[0]), numbers[1:]...)
	}
	return append(line, ']')
}

// quoted appends a text.
func quoted(line []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || strings.IndexByte(`"\<>&`, c) >= 0 {
			long, _ := json.Marshal(text) // a text always encodes
			return append(line, long...)
		}
	}
	return append(append(append(line, '"'), text...), '"')
}

// changes are three numbers a change: the field, the old value (-1: not shown by
// the API), and the new value.
func (t *texts) changes(changes []settings.Change) []int64 {
	flat := make([]int64, 0, 3*len(changes))
	for _, c := range changes {
		old := t.of(c.Old)
		if c.WriteOnly {
			old = -1
		}
		flat = append(flat, t.of(c.Field), old, t.of(c.New))
	}
	return flat
}

// tries are four numbers an attempt.
func (t *texts) tries(tries []Try) []int64 {
	flat := make([]int64, 0, 4*len(tries))
	for _, try := range tries {
		flat = append(flat, moment(try.At), try.DurationMs, int64(try.HTTPStatus), t.of(try.Error))
	}
	return flat
}

// verified are three numbers, the status, the time and the error, and what
// differs as changes; or none.
func (t *texts) verified(v *runs.Verified) []int64 {
	if v == nil {
		return nil
	}
	return append([]int64{t.of(string(v.Status)), moment(v.At), t.of(v.Error)}, t.changes(v.Drift)...)
}

// moment is a time in milliseconds of the Unix epoch; 0 is none.
func moment(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
