package input

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"strings"

	"github.com/bulknum/bulknum/batch/input/internal/bounded"
	"github.com/bulknum/bulknum/batch/input/internal/quote"
)

// Hints for quotes.
const (
	quoteCell  = `put the whole cell into quotes and write the quote twice: "Bob ""Big"" Lee"`
	closeQuote = "close it, or write a quote inside a cell twice"
)

// malformed makes a row without cells of one that cannot be taken apart, where
// the next row can still be found.
func (s *csvSource) malformed(rec *record, err error) error {
	if parse, ok := errors.AsType[*csv.ParseError](err); ok && errors.Is(err, csv.ErrFieldCount) {
		rec.line, rec.shapeless = parse.StartLine, true
		if string(bytes.TrimSpace(s.row())) == endOfDOS {
			rec.unended = false
			rec.blame(ignored, endOfDOS, "the end-of-file character of DOS (0x1A)", "remove it")
			return nil
		}
		if err := s.headerAgain(rec); err != nil || len(rec.broken) > 0 {
			return err
		}
		rec.blame(ignored, "", fmt.Sprintf("the row has %d cells, the header %d", s.width(), len(s.header.targets)),
			"put a cell that contains the delimiter into quotes, and leave none out")
		return nil
	}
	line, q, err := s.spoilt(err)
	if err != nil {
		return err
	}
	rec.line, rec.shapeless = line, true
	hint := quoteCell
	if strings.HasPrefix(q.Text, "=") {
		hint = "a formula; write the text alone"
	}
	rec.blame(ignored, q.Text, "a quote in the middle of a cell", hint)
	rec.broken[0].Column = s.header.column(q.Cell)
	return nil
}

// spoiltHeader says why the header cannot be taken apart.
func (s *csvSource) spoiltHeader(err error) error {
	_, q, err := s.spoilt(err)
	if err != nil {
		return err
	}
	return &unreadable{[]Problem{{
		Line: q.Opens, Column: show(q.Text), Message: "a quote in the middle of a column's name", Hint: "remove it",
	}}}
}

// width counts the cells of the last row. The reader keeps the count to itself,
// but says that FieldPos panics beyond the last cell.
func (s *csvSource) width() (cells int) {
	defer func() { _ = recover() }()
	for ; ; cells++ {
		s.reader.FieldPos(cells)
	}
}

// spoilt returns the line of a row that cannot be taken apart and the quote
// that spoils it. If it is not known where the next row begins, it returns the
// error of the file.
func (s *csvSource) spoilt(err error) (line int, q quote.Quote, _ error) {
	switch parse, ok := errors.AsType[*csv.ParseError](err); {
	case ok:
		line = parse.StartLine
	case errors.Is(err, bounded.ErrTooLong):
		line, _ = s.reader.FieldPos(0)
	default:
		return 0, quote.Quote{}, err
	}
	q, found := quote.Find(s.limited.Current(), line, s.reader.Comma)
	switch {
	case s.limited.Full && (!found || q.Closes == q.Opens):
		return 0, quote.Quote{}, mistake(line, bounded.ErrTooLong.Error(), "is this a CSV file? if it is, shorten the row")
	case q.Closes == 0:
		return 0, quote.Quote{}, s.openQuote(q, "the quote that opens here is never closed")
	case q.Closes != q.Opens:
		return 0, quote.Quote{}, s.openQuote(q, fmt.Sprintf("the quote that opens here is closed in the middle of a cell on line %d", q.Closes))
	}
	return line, q, nil
}

// openQuote is the mistake of a quote behind which rows cannot be told apart.
func (s *csvSource) openQuote(q quote.Quote, message string) error {
	start, _, _ := strings.Cut(q.Text, "\n")
	start = show(strings.TrimSpace(start))
	p := Problem{Line: q.Opens, Column: start, Message: message, Hint: closeQuote}
	if s.header != nil {
		p.Column, p.Value = s.header.column(q.Cell), start
	}
	return &unreadable{[]Problem{p}}
}
