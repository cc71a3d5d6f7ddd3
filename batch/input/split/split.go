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
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/bulknum/bulknum/batch/input"
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

// mistake is what is wrong with the whole file.
func mistake(line int, message, hint string) error {
	return &plaintext.Error{Line: line, Message: message, Hint: hint}
}
