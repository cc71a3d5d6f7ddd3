package input

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gocarina/gocsv"

	"github.com/bulknum/bulknum/batch/input/internal/bounded"
	"github.com/bulknum/bulknum/batch/input/internal/delimiter"
)

// csvRow is the type of what gocsv reads a record into: a string a column, in the
// order of the targets. gocsv's own conversions would make false of a blank and
// octal of a leading zero. It wants a struct with tags, and the names are those of
// the table of fields, so the struct is made of the table.
var csvRow = reflect.StructOf(csvColumns())

func csvColumns() []reflect.StructField {
	columns := make([]reflect.StructField, 0, width)
	for _, name := range targets() {
		columns = append(columns, reflect.StructField{
			Name: strings.ReplaceAll(name, ".", "_"),
			Type: reflect.TypeFor[string](),
			Tag:  reflect.StructTag(fmt.Sprintf("csv:%q", name)),
		})
	}
	return columns
}

// csvSource reads CSV.
type csvSource struct {
	limited *bounded.Rows
	text    *bufio.Reader // of limited
	reader  *csv.Reader
	rows    *gocsv.Unmarshaller
	header  *header
	names   *names
}

// newCSV reads the header. The unmarshaller is given the fields' own names in
// its place: what people call the columns is understood here.
func newCSV(t *text, asked rune, n *names) (*csvSource, error) {
	s := &csvSource{limited: &bounded.Rows{R: t.Reader}, names: n}
	s.text = bufio.NewReaderSize(s.limited, readSize)
	s.reader = csv.NewReader(s.text)
	s.reader.ReuseRecord = true      // gocsv copies the texts
	head, _ := s.text.Peek(readSize) // an error comes again when it is read
	if bytes.IndexByte(head, '\r') >= 0 && bytes.IndexByte(head, '\n') < 0 {
		return nil, mistake(1, "the lines end in CR alone", "save the file with the line ends of Windows or Unix")
	}
	top := top(head)
	if err := s.delimit(asked, n); err != nil {
		return nil, err
	}
	rows, err := gocsv.NewUnmarshaller(s.reader, reflect.New(csvRow).Interface())
	switch {
	case errors.Is(err, io.EOF):
		return nil, mistake(0, "the file is empty", "it needs a line that names the columns, and a line a number")
	case err != nil:
		return nil, cmp.Or(n.laterHeader(top, asked), s.spoiltHeader(err))
	}
	line, _ := s.reader.FieldPos(0)
	for i, name := range rows.Headers {
		rows.Headers[i], _ = formulaText(strings.TrimSpace(name))
	}
	if s.header, err = n.understand(rows.Headers, line); err != nil {
		return nil, cmp.Or(n.laterHeader(top, asked), err)
	}
	s.rows = rows
	return s, rows.RenormalizeHeaders(func([]string) []string { return s.header.names(n) })
}

// delimit finds the delimiter: that which is asked for, that which the file
// names in a line of its own, or that of the header. The line is read like a
// record, so that lines and offsets stay those of the file.
func (s *csvSource) delimit(asked rune, n *names) error {
	head, _ := s.text.Peek(readSize) // an error comes again when it is read
	named := delimiter.Named(head)
	s.reader.Comma = cmp.Or(asked, named)
	if s.reader.Comma == 0 {
		s.reader.Comma = findDelimiter(head, n)
	}
	if named == 0 {
		return nil
	}
	if _, err := s.reader.Read(); err != nil {
		return s.spoiltHeader(err)
	}
	s.reader.FieldsPerRecord = 0 // the header tells how many there are
	s.limited.Next(s.reader.InputOffset())
	return nil
}

// names returns the fields' own names by column, "" for what is not read.
func (h *header) names(n *names) []string {
	own := make([]string, len(h.targets))
	for i, target := range h.targets {
		if target != ignored {
			own[i] = n.known[target]
		}
	}
	return own
}

func (s *csvSource) next(rec *record) error {
	rec.labels = s.header.labels
	for {
		rec.clear()
		s.limited.Next(s.reader.InputOffset())
		row, err := s.rows.Read()
		rec.size = int(s.reader.InputOffset() - s.limited.Row)
		if !errors.Is(err, io.EOF) {
			rec.unended, rec.last = !s.limited.Ended(s.reader.InputOffset()), s.header.targets[len(s.header.targets)-1]
		}
		if errors.Is(err, csv.ErrFieldCount) && s.blankLine() {
			continue
		}
		if err != nil {
			return s.malformed(rec, err)
		}
		rec.line, _ = s.reader.FieldPos(0)
		if !s.fill(rec, reflect.ValueOf(row).Elem()) { // spreadsheets leave rows of nothing but commas
			continue
		}
		if r, _ := utf8.DecodeRuneInString(rec.cells[theNumber].text); unicode.IsLetter(r) {
			return s.headerAgain(rec)
		}
		return nil
	}
}

// fill takes the cells of a row in. False: all of them are blank.
func (s *csvSource) fill(rec *record, cells reflect.Value) bool {
	for _, target := range s.header.read {
		if c := &rec.cells[target]; !c.take(cells.Field(target).String(), target != theNumber) {
			rec.blame(target, c.text, "a formula, and not what it comes to",
				"save the sheet with values in place of formulas; an apostrophe before it says that it is text")
		}
	}
	if rec.blank() {
		return false
	}
	for _, target := range s.header.read {
		rec.cells[target].given = true
	}
	return true
}
