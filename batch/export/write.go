package export

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/settings"
)

// rowWriter writes rows in one of the formats.
type rowWriter interface {
	write(row) error
	flush() error
}

// csvWriter writes a header and a record a number. What a spreadsheet would take
// for a formula is guarded.
type csvWriter struct {
	out   *csv.Writer
	cells []string // of the header, as long as it has not been written
	// status tells that it is shown.
	status bool
}

func newCSVWriter(w io.Writer, columns []column, status bool) *csvWriter {
	c := &csvWriter{out: csv.NewWriter(w), cells: []string{"Number"}, status: status}
	for _, column := range columns {
		c.cells = append(c.cells, column.header)
	}
	if status {
		c.cells = append(c.cells, input.StatusColumn)
	}
	return c
}

func (c *csvWriter) header() error {
	if c.cells == nil {
		return nil
	}
	err := c.out.Write(c.cells)
	c.cells = nil
	return err
}

func (c *csvWriter) write(r row) error {
	if err := c.header(); err != nil {
		return err
	}
	cells := []string{input.Guard(r.number)}
	for _, cell := range r.cells {
		cells = append(cells, cmp.Or(cell.word, input.Guard(cell.text)))
	}
	if c.status {
		cells = append(cells, input.Guard(r.status))
	}
	return c.out.Write(cells)
}

func (c *csvWriter) flush() error {
	if err := c.header(); err != nil {
		return err
	}
	c.out.Flush()
	return c.out.Error()
}

// jsonlWriter writes an object a number. Fields that the API does not tell are
// left out.
type jsonlWriter struct {
	w    io.Writer
	page bytes.Buffer
	text *json.Encoder // into page
	// status tells that it is shown.
	status bool
}

func newJSONLWriter(w io.Writer, status bool) *jsonlWriter {
	j := &jsonlWriter{w: w, status: status}
	j.text = json.NewEncoder(&j.page)
	j.text.SetEscapeHTML(false) // a name with & in it is read by people too
	return j
}

func (j *jsonlWriter) write(r row) error {
	j.page.WriteString(`{"Number":`)
	err := j.value(r.number)
	for i, cell := range r.cells {
		if !cell.told || err != nil {
			continue
		}
		fmt.Fprintf(&j.page, `,"%s":`, r.columns[i].header)
		switch {
		case cell.word != "":
			err = j.value(cell.word)
		case r.columns[i].Kind == settings.Bool:
			err = j.value(cell.text == "true")
		default:
			err = j.value(cell.text)
		}
	}
	if j.status && r.status != "" && err == nil {
		fmt.Fprintf(&j.page, `,"%s":`, input.StatusColumn)
		err = j.value(r.status)
	}
	j.page.WriteString("}\n")
	return err
}

// value writes a value without the line end that the encoder adds.
func (j *jsonlWriter) value(v any) error {
	if err := j.text.Encode(v); err != nil {
		return err
	}
	j.page.Truncate(j.page.Len() - 1)
	return nil
}

func (j *jsonlWriter) flush() error {
	_, err := j.page.WriteTo(j.w)
	return err
}
