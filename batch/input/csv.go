package input

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bulknum/bulknum/batch/input/internal/bounded"
	"github.com/bulknum/bulknum/batch/input/internal/delimiter"
)

// csvSource reads CSV.
type csvSource struct {
	limited *bounded.Rows
	text    *bufio.Reader // of limited
	reader  *csv.Reader
	rows    csvRows
	header  *header
	names   *names
}

// newCSV reads the header.
func newCSV(t *text, asked rune, n *names) (*csvSource, error) {
	s := &csvSource{limited: &bounded.Rows{R: t.Reader}, names: n}
	s.text = bufio.NewReaderSize(s.limited, readSize)
	s.reader = csv.NewReader(s.text)
	s.reader.ReuseRecord = true      // the rows copy the texts
	head, _ := s.text.Peek(readSize) // an error comes again when it is read
	if bytes.IndexByte(head, '\r') >= 0 && bytes.IndexByte(head, '\n') < 0 {
		return nil, mistake(1, "the lines end in CR alone", "save the file with the line ends of Windows or Unix")
	}
	top := top(head)
	if err := s.delimit(asked, n); err != nil {
		return nil, err
	}
	columns, err := s.reader.Read()
	switch {
	case errors.Is(err, io.EOF):
		return nil, mistake(0, "the file is empty", "it needs a line that names the columns, and a line a number")
	case err != nil:
		return nil, cmp.Or(n.laterHeader(top, asked), s.spoiltHeader(err))
	}
	line, _ := s.reader.FieldPos(0)
	for i, name := range columns {
		columns[i], _ = formulaText(strings.TrimSpace(name))
	}
	if s.header, err = n.understand(columns, line); err != nil {
		return nil, cmp.Or(n.laterHeader(top, asked), err)
	}
	s.rows = newCSVRows(s.reader, s.limited, s.header, n)
	return s, nil
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

func (s *csvSource) next(rec *record) error {
	rec.labels = &s.header.labels
	for {
		rec.clear()
		cells, at, err := s.rows.next()
		rec.line, rec.size = at.line, at.size
		if !errors.Is(err, io.EOF) {
			rec.unended, rec.last = at.unended, s.header.targets[len(s.header.targets)-1]
		}
		if errors.Is(err, csv.ErrFieldCount) && s.blankLine() {
			continue
		}
		if err != nil {
			return s.malformed(rec, err)
		}
		if !s.fill(rec, cells) { // spreadsheets leave rows of nothing but commas
			continue
		}
		if r, _ := utf8.DecodeRuneInString(rec.cells[theNumber].text); unicode.IsLetter(r) {
			return s.headerAgain(rec)
		}
		return nil
	}
}

// fill takes the cells of a row in. False: all of them are blank.
func (s *csvSource) fill(rec *record, cells []string) bool {
	blank, i := true, 0
	for target := range s.header.given.all() {
		c := &rec.cells[target]
		if !c.take(cells[i], target != theNumber) {
			rec.blame(target, c.text, "a formula, and not what it comes to",
				"save the sheet with values in place of formulas; an apostrophe before it says that it is text")
		}
		blank = blank && c.text == ""
		i++
	}
	rec.given = s.header.given
	return !blank
}
