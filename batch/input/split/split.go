// Package split is the division of a file of many accounts' rows into one file for each.
//
// A row is on the same line there as in the whole file, so that what is told of it is true of both: the rows of others are
// blank lines.
package split

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/input/internal/bounded"
	"github.com/bulknum/bulknum/batch/input/internal/delimiter"
	"github.com/bulknum/bulknum/batch/input/nearest"
	"github.com/bulknum/bulknum/batch/input/plaintext"
)

// Column is the column that says whose a row is. The files that a file is split into do not have it.
const Column = "Account"

// mostMistakes is how many wrong cells are told: no more are looked for.
const mostMistakes = 10_000

// Options say how a file is split.
type Options struct {
	// Format, Delimiter, Encoding and Map are of [input.Options].
	Input input.Options
	// Accounts are those whose rows there may be, by their names.
	Accounts []string
	// Create makes the file of an account, once, when its first row comes.
	Create func(account string) (io.Writer, error)
}

// File splits a file, and returns how many rows each account has. Its files are in UTF-8, with the delimiter of the whole
// one.
//
// The error is an [input.FileError] when a row does not say whose it is, or names an account that there is not, or cannot
// be taken apart: then none of the files is to be used.
func File(ctx context.Context, path string, o Options) (map[string]int, error) {
	kind, err := input.Sniff(path)
	if err != nil {
		return nil, err
	}
	file, err := plaintext.Open(path, plaintext.Options{MaxBytes: input.DefaultMaxBytes, Encoding: o.Input.Encoding})
	if err != nil {
		return nil, input.Located(path, err)
	}
	defer file.Close()
	whole := &ending{Reader: file}
	s := &splitter{ctx: ctx, o: o, text: bufio.NewReaderSize(whole, plaintext.ReadSize), parts: map[string]*part{}}
	if cmp.Or(o.Input.Format, kind.Format) == input.JSONL {
		err = s.jsonl()
	} else {
		err = s.csv()
	}
	if err == nil {
		err = s.flush(whole.last == '\n')
	}
	if err != nil && !errors.Is(err, errMore) {
		return nil, input.Located(path, err)
	}
	if len(s.wrong) > 0 {
		return nil, &input.FileError{Path: path, Problems: s.wrong}
	}
	rows := map[string]int{}
	for name, p := range s.parts {
		rows[name] = p.rows
	}
	return rows, nil
}

// ending is a reader that knows what it read last.
type ending struct {
	io.Reader
	last byte
}

// Read is of [io.Reader].
func (e *ending) Read(p []byte) (int, error) {
	n, err := e.Reader.Read(p)
	if n > 0 {
		e.last = p[n-1]
	}
	return n, err
}

// splitter is one file that is being split.
type splitter struct {
	ctx   context.Context //nolint:containedctx // it lives as long as the one call
	o     Options
	text  *bufio.Reader
	parts map[string]*part
	wrong []input.Problem
	last  *part // that the last row is of
}

// part is the file of an account.
type part struct {
	w    *bufio.Writer
	line int // that is written next
	rows int
	held bool // the end of the last line is not written yet: the whole file may not have one
}

// writer returns where a line of the whole file goes, of an account.
func (s *splitter) writer(account string, line int, begin func(*part) error, blank string) (*part, error) {
	p := s.parts[account]
	if p == nil {
		w, err := s.o.Create(account)
		if err != nil {
			return nil, err
		}
		p = &part{w: bufio.NewWriter(w), line: 1}
		s.parts[account] = p
		if err := begin(p); err != nil {
			return nil, err
		}
	}
	p.end()
	p.skipTo(line, blank)
	p.rows++
	s.last = p
	return p, nil
}

// blankEvery is how many blank lines stand together at most: who reads them takes them for a part of the next row.
const blankEvery = 4096

// skipTo writes blank lines up to a line.
func (p *part) skipTo(line int, blank string) {
	for ; p.line < line; p.line++ {
		if p.line%blankEvery == 0 {
			_, _ = p.w.WriteString(blank) // an error comes again when it is flushed
		}
		_ = p.w.WriteByte('\n')
	}
}

// put writes a record, whose last line is left without an end.
func (p *part) put(record []byte) {
	record = bytes.TrimSuffix(record, []byte("\n"))
	_, _ = p.w.Write(record)
	p.line += bytes.Count(record, []byte("\n"))
	p.held = true
}

// end ends the last line.
func (p *part) end() {
	if p.held {
		_ = p.w.WriteByte('\n')
		p.line++
		p.held = false
	}
}

// flush writes all there is. The file that has the last row ends as the whole one does, which may have been cut off.
func (s *splitter) flush(ended bool) error {
	var errs []error
	for _, p := range s.parts {
		if p != s.last || ended {
			p.end()
		}
		errs = append(errs, p.w.Flush())
	}
	return errors.Join(errs...)
}

// blame notes a wrong cell.
func (s *splitter) blame(line int, value, message, hint string) error {
	const shown = 60
	if runes := []rune(value); len(runes) > shown {
		value = string(runes[:shown]) + "…"
	}
	s.wrong = append(s.wrong, input.Problem{Line: line, Column: Column, Value: value, Message: message, Hint: hint})
	if len(s.wrong) < mostMistakes {
		return nil
	}
	s.wrong = append(s.wrong, input.Problem{Line: line, Message: "the rows after this one were not looked at: too many before are nobody's"})
	return errMore
}

// errMore ends the search for mistakes.
var errMore = errors.New("there may be more mistakes")

// whose finds the account of a cell; "": it is wrong, which was noted.
func (s *splitter) whose(line int, cell string) (string, error) {
	cell = strings.TrimSpace(cell)
	switch {
	case slices.Contains(s.o.Accounts, cell):
		return cell, nil
	case cell == "":
		return "", s.blame(line, "", "the row does not say whose it is", "")
	}
	hint := "there is no file of that account"
	if near := nearest.Name(cell, s.o.Accounts); near != "" {
		hint = "is " + near + " meant?"
	}
	return "", s.blame(line, cell, "there is no such account", hint)
}

// isColumn reports whether a name is that of the column, or is mapped to it.
func (s *splitter) isColumn(name string) bool {
	name = nearest.Plain(strings.TrimSpace(name))
	for from, to := range s.o.Input.Map {
		if nearest.Plain(from) == name {
			return nearest.Plain(to) == nearest.Plain(Column)
		}
	}
	return name == nearest.Plain(Column)
}

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

// mistake is what is wrong with the whole file.
func mistake(line int, message, hint string) error {
	return &plaintext.Error{Line: line, Message: message, Hint: hint}
}

// malformed is why a record cannot be taken apart.
func malformed(err error) error {
	if parse, is := errors.AsType[*csv.ParseError](err); is {
		return mistake(parse.StartLine, "the row cannot be taken apart: "+parse.Err.Error(), "validate a file without the column "+Column+": that says more")
	}
	return err
}

// jsonl splits JSONL.
func (s *splitter) jsonl() error {
	lines := bounded.Lines{R: s.text}
	for s.ctx.Err() == nil {
		line, tooLong, err := lines.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if tooLong {
			return mistake(lines.Line, "the line is longer than 1 MiB", "write an object a line")
		}
		rest, cell, err := s.member(line)
		if err != nil {
			return mistake(lines.Line, "the line cannot be taken apart: "+err.Error(), "write one JSON object a line")
		}
		account, err := s.whose(lines.Line, cell)
		if err != nil {
			return err
		}
		if account == "" {
			continue
		}
		p, err := s.writer(account, lines.Line, func(*part) error { return nil }, "")
		if err != nil {
			return err
		}
		p.put(rest)
	}
	return context.Cause(s.ctx)
}

// member takes the column out of an object.
func (s *splitter) member(line []byte) (rest []byte, cell string, err error) {
	d := json.NewDecoder(bytes.NewReader(line))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, "", cmp.Or(err, errors.New("not a JSON object"))
	}
	var found bool
	rest = append(rest, '{')
	for d.More() {
		name, value, err := nextMember(d)
		switch {
		case err != nil:
			return nil, "", err
		case !s.isColumn(name):
			quoted, _ := json.Marshal(name) // a text always encodes
			if len(rest) > 1 {
				rest = append(rest, ',')
			}
			rest = append(append(append(rest, quoted...), ':'), value...)
			continue
		case found:
			return nil, "", fmt.Errorf("%s is given twice", Column)
		}
		found = true
		if err := json.Unmarshal(value, &cell); err != nil {
			return nil, "", fmt.Errorf("%s is not a text", Column)
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, "", err
	}
	if d.More() {
		return nil, "", errors.New("there is text after the object")
	}
	return append(rest, '}'), cell, nil
}

// nextMember is the next name of an object, with its value as it is written.
func nextMember(d *json.Decoder) (name string, value json.RawMessage, err error) {
	is, err := d.Token()
	if err == nil {
		err = d.Decode(&value)
	}
	return fmt.Sprint(is), value, err
}
