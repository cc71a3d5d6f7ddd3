package input

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"errors"
	"io"
	"strings"

	"github.com/gocarina/gocsv"
)

// csvRow is what gocsv reads a record into. All cells are strings, because
// gocsv's own conversions make false of a blank and octal of a leading zero.
type csvRow struct {
	Number string `csv:"Number"`
	Cells
	If Cells `csv:"If"` // its columns are If.MessageEnabled, …
}

// Cells are those of the fields, in the order of the table. The name is exported
// for gocsv, which passes over what is not.
type Cells struct {
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

func (c *Cells) all() [fieldCount]string {
	return [fieldCount]string{
		c.MessageEnabled, c.VoiceEnabled, c.MessageType, c.Classification, c.MessageRouteId, c.VoiceRouteId,
		c.AssignedSubscriberId, c.Iccid, c.CnamFirstName, c.CnamLastName, c.ProductType,
	}
}

// cells returns the row by targets.
func (r *csvRow) cells() (cells [width]string) {
	sets, conditions := r.all(), r.If.all()
	cells[theNumber] = r.Number
	copy(cells[1:], sets[:])
	copy(cells[1+fieldCount:], conditions[:])
	return cells
}

// csvSource reads CSV.
type csvSource struct {
	window *window
	text   *bufio.Reader // of the window
	reader *csv.Reader
	rows   *gocsv.Unmarshaller
	header *header
}

// newCSV reads the header. The unmarshaller is given the fields' own names in
// its place: what people call the columns is understood here.
func newCSV(t *text, delimiter rune, n *names) (*csvSource, error) {
	s := &csvSource{window: &window{r: t.Reader}}
	s.text = bufio.NewReaderSize(s.window, readSize)
	s.reader = csv.NewReader(s.text)
	if err := s.delimit(delimiter, n); err != nil {
		return nil, err
	}
	rows, err := gocsv.NewUnmarshaller(s.reader, &csvRow{})
	switch {
	case errors.Is(err, io.EOF):
		return nil, mistake(0, "the file is empty", "it needs a line that names the columns, and a line a number")
	case err != nil:
		return nil, s.spoiltHeader(err)
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

// delimit finds the delimiter: that which is asked for, that which the file
// names in a line of its own, or that of the header. The line is read like a
// record, so that lines and offsets stay those of the file.
func (s *csvSource) delimit(asked rune, n *names) error {
	head, _ := s.text.Peek(readSize) // an error comes again when it is read
	named := namedDelimiter(head)
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
	s.window.next(s.reader.InputOffset())
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
		s.window.next(s.reader.InputOffset())
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
