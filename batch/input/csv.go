package input

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/gocarina/gocsv"
)

// csvRow is what gocsv reads a record into. All cells are strings, because
// gocsv's own conversions make false of a blank and octal of a leading zero.
// The order is that of the targets.
type csvRow struct {
	Number               string `csv:"Number"`
	MessageEnabled       string `csv:"MessageEnabled"`
	VoiceEnabled         string `csv:"VoiceEnabled"`
	MessageType          string `csv:"MessageType"`
	Classification       string `csv:"Classification"`
	MessageRouteId       string `csv:"MessageRouteId"`
	VoiceRouteId         string `csv:"VoiceRouteId"`
	AssignedSubscriberId string `csv:"AssignedSubscriberId"`
	Iccid                string `csv:"Iccid"`
	CnamFirstName        string `csv:"CnamFirstName"`
	CnamLastName         string `csv:"CnamLastName"`
	ProductType          string `csv:"ProductType"`
}

func (r *csvRow) cells() [width]string {
	return [width]string{
		r.Number, r.MessageEnabled, r.VoiceEnabled, r.MessageType, r.Classification, r.MessageRouteId,
		r.VoiceRouteId, r.AssignedSubscriberId, r.Iccid, r.CnamFirstName, r.CnamLastName, r.ProductType,
	}
}

// csvSource reads CSV.
type csvSource struct {
	text   *text
	reopen func() (*text, error) // for a second look at a broken quote
	reader *csv.Reader
	rows   *gocsv.Unmarshaller
	header *header
}

// newCSV reads the header. The unmarshaller is given the fields' own names in
// its place: what people call the columns is understood here.
func newCSV(t *text, delimiter rune, n *names, reopen func() (*text, error)) (*csvSource, error) {
	head, _ := t.Peek(readSize) // an error comes again when it is read
	if delimiter == 0 {
		delimiter = findDelimiter(head, n)
	}
	s := &csvSource{text: t, reopen: reopen, reader: csv.NewReader(t.Reader)}
	s.reader.Comma = delimiter
	t.leash.until = maxRecord
	rows, err := gocsv.NewUnmarshaller(s.reader, &csvRow{})
	switch {
	case errors.Is(err, io.EOF):
		return nil, mistake(0, "the file is empty", "it needs a line that names the columns, and a line a number")
	case err != nil:
		return nil, cmp.Or(s.fatal(err), mistake(1, "a quote in the middle of a column's name", "remove it"))
	case strings.Contains(strings.Join(rows.Headers, ""), "\r"):
		return nil, mistake(1, "the lines end in CR alone", "save the file with the line ends of Windows or Unix")
	}
	line, _ := s.reader.FieldPos(0)
	if s.header, err = n.understand(rows.Headers, line); err != nil {
		return nil, err
	}
	s.rows = rows
	return s, rows.RenormalizeHeaders(func([]string) []string { return s.header.names(n) })
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
		s.text.leash.until = s.reader.InputOffset() + maxRecord
		row, err := s.rows.Read()
		if err != nil {
			return s.broken(rec, err)
		}
		rec.line, _ = s.reader.FieldPos(0)
		for target, written := range row.(*csvRow).cells() {
			rec.cells[target].text = strings.TrimSpace(written)
			if target != theNumber {
				rec.cells[target].unguard()
			}
		}
		if !rec.blank() { // spreadsheets leave rows of nothing but commas
			return nil
		}
	}
}

// broken makes a row without cells of one that cannot be taken apart, where
// the next row can still be found.
func (s *csvSource) broken(rec *record, err error) error {
	parse, ok := errors.AsType[*csv.ParseError](err)
	if !ok {
		return s.fatal(err)
	}
	rec.line, rec.shapeless = parse.StartLine, true
	if errors.Is(err, csv.ErrFieldCount) {
		rec.blame(ignored, "", fmt.Sprintf("the row has %d cells, the header %d", s.width(), len(s.header.targets)),
			"put a cell that contains the delimiter into quotes, and leave none out")
		return nil
	}
	if _, end := s.text.Peek(1); parse.Line != parse.StartLine || end != nil {
		if err := s.fatal(err); err != nil {
			return err
		}
	}
	rec.blame(ignored, "", fmt.Sprintf("a quote in the middle of a cell (at byte %d of the line)", parse.Column),
		`put the whole cell into quotes and write the quote twice: "Bob ""Big"" Lee"`)
	return nil
}

// width counts the cells of the last row. The reader keeps the count to itself,
// but says that FieldPos panics beyond the last cell.
func (s *csvSource) width() (cells int) {
	defer func() { _ = recover() }()
	for ; ; cells++ {
		s.reader.FieldPos(cells)
	}
}

// fatal explains an error after which it is not known where rows begin. It
// returns nil if that is not so.
func (s *csvSource) fatal(err error) error {
	var start int
	switch parse, ok := errors.AsType[*csv.ParseError](err); {
	case ok:
		start = parse.StartLine
	case errors.Is(err, errTooLong):
		start, _ = s.reader.FieldPos(0)
	default:
		return err
	}
	again, reopenErr := s.reopen()
	if reopenErr != nil {
		return reopenErr
	}
	defer again.Close()
	q := findQuote(again, start, s.reader.Comma)
	switch {
	case errors.Is(err, errTooLong) && q.line == 0:
		return mistake(start, errTooLong.Error(), "is this a CSV file?")
	case q.closed && q.line == q.end:
		return nil
	case q.closed:
		return mistake(q.line, fmt.Sprintf("the quote that opens here is closed in the middle of a cell on line %d", q.end),
			"close it, or write a quote inside a cell twice")
	}
	return mistake(q.line, "the quote that opens here is never closed", "close it, or write a quote inside a cell twice")
}
