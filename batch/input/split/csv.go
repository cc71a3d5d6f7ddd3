package split

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/bulknum/bulknum/batch/input/internal/delimiter"
	"github.com/bulknum/bulknum/batch/input/plaintext"
)

// csv splits CSV.
func (s *splitter) csv() error {
	head, _ := s.text.Peek(plaintext.ReadSize) // an error comes again when it is read
	named := delimiter.Named(head)
	comma := cmp.Or(s.o.Input.Delimiter, named, s.delimiter(head))
	r := csv.NewReader(s.text)
	r.Comma, r.FieldsPerRecord, r.ReuseRecord = comma, -1, true
	if named != 0 {
		if _, err := r.Read(); err != nil {
			return malformed(err)
		}
	}
	header, err := r.Read()
	if err != nil && !errors.Is(err, io.EOF) {
		return malformed(err)
	}
	header = slices.Clone(header)
	at := slices.IndexFunc(header, s.isColumn)
	if at < 0 || slices.IndexFunc(header[at+1:], s.isColumn) >= 0 {
		return mistake(1, "it does not have one column "+Column, "each row must say whose it is; or give a folder with a file for each account")
	}
	line, _ := r.FieldPos(0)
	blank := `""` + strings.Repeat(string(comma), max(0, len(header)-2))
	begin := func(p *part) error {
		p.skipTo(line, blank)
		text, err := record(comma, slices.Delete(slices.Clone(header), at, at+1))
		p.put(text)
		return err
	}
	for s.ctx.Err() == nil {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return malformed(err)
		}
		if !slices.ContainsFunc(cells, func(cell string) bool { return strings.TrimSpace(cell) != "" }) {
			continue // spreadsheets leave rows of nothing but commas
		}
		if err := s.row(r, cells, at, begin, blank); err != nil {
			return err
		}
	}
	return context.Cause(s.ctx)
}

// row writes a row of CSV to the file of its account.
func (s *splitter) row(r *csv.Reader, cells []string, at int, begin func(*part) error, blank string) error {
	line, _ := r.FieldPos(0)
	cell := ""
	if at < len(cells) {
		cell = cells[at]
		cells = slices.Delete(cells, at, at+1)
	}
	account, err := s.whose(line, cell)
	if account == "" || err != nil {
		return err
	}
	p, err := s.writer(account, line, begin, blank)
	if err != nil {
		return err
	}
	text, err := record(r.Comma, cells)
	p.put(text)
	return err
}

// record is a record of CSV.
func record(comma rune, cells []string) ([]byte, error) {
	var b bytes.Buffer
	if len(cells) == 1 && cells[0] == "" { // a blank line would be none
		return []byte(`""`), nil
	}
	w := csv.NewWriter(&b)
	w.Comma = comma
	err := w.Write(cells)
	w.Flush()
	return b.Bytes(), errors.Join(err, w.Error())
}

// delimiter is the usual one by which the header has the column, and most cells.
func (s *splitter) delimiter(head []byte) rune {
	usual := delimiter.Usual()
	best, most := usual[0], 0
	for _, d := range usual {
		if cells := delimiter.Split(head, d); len(cells) > most && slices.ContainsFunc(cells, s.isColumn) {
			best, most = d, len(cells)
		}
	}
	return best
}

// malformed is why a record cannot be taken apart.
func malformed(err error) error {
	if parse, is := errors.AsType[*csv.ParseError](err); is {
		return mistake(parse.StartLine, "the row cannot be taken apart: "+parse.Err.Error(), "validate a file without the column "+Column+": that says more")
	}
	return err
}
