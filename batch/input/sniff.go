package input

import (
	"bufio"
	"bytes"
	"math"
)

// Sniff tells what a file is made of, by its content. It does not tell whether
// the file can be read to its end.
func Sniff(path string) (Kind, error) {
	t, err := open(path, Options{})
	if err != nil {
		return Kind{}, located(path, err)
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
func open(path string, o Options) (*text, error) {
	packed, err := unpack(path, o.maxBytes())
	if err != nil {
		return nil, err
	}
	decoded, err := decode(packed, o.Encoding)
	if err != nil {
		packed.Close()
		return nil, err
	}
	decoded.asTold = o.AsTold
	t := &text{Reader: bufio.NewReaderSize(decoded, readSize), Close: packed.Close}
	t.kind = Kind{Format: o.Format, Compression: packed.compression}
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
