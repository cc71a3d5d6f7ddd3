package split

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/bulknum/bulknum/batch/input/internal/bounded"
)

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
