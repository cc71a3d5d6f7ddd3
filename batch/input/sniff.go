package input

import (
	"bufio"
	"bytes"
	"math"

	"github.com/bulknum/bulknum/batch/input/plaintext"
)

// Sniff tells what a file is made of, by its content. It does not tell whether
// the file can be read to its end.
func Sniff(path string) (Kind, error) {
	t, err := open(path, part{})
	if err != nil {
		return Kind{}, Located(path, err)
	}
	defer t.Close()
	return t.kind, nil
}

// text is an open file as text, at its beginning.
type text struct {
	*bufio.Reader
	kind  Kind
	Close func()
}

// open opens a file for reading its rows.
func open(path string, o part) (*text, error) {
	file, err := plaintext.Open(path, plaintext.Options{MaxBytes: o.maxBytes(), Encoding: o.Encoding, AsTold: o.AsTold, Section: o.section})
	if err != nil {
		return nil, err
	}
	t := &text{Reader: bufio.NewReaderSize(file, readSize), Close: file.Close}
	t.kind = Kind{Format: o.Format, Compression: file.Compression}
	if t.kind.Format == Auto {
		t.kind.Format = t.format()
	}
	return t, nil
}

func (o Options) maxBytes() int64 {
	if o.MaxBytes <= 0 {
		return DefaultMaxBytes
	}
	// Lines are counted in 32 bits by the set of numbers.
	return min(o.MaxBytes, math.MaxUint32)
}

// readSize is how much is looked at, or read, at a time.
const readSize = plaintext.ReadSize

// format tells JSON from CSV by the first character: no name of a column
// starts with a brace or a bracket.
func (t *text) format() Format {
	head, _ := t.Peek(readSize) // an error comes again when it is read
	head = bytes.TrimSpace(head)
	if bytes.HasPrefix(head, []byte("{")) || bytes.HasPrefix(head, []byte("[")) {
		return JSONL
	}
	return CSV
}
