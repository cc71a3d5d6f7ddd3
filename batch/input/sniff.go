package input

import (
	"bufio"
	"bytes"
	"errors"
	"io"
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
	leash *leash
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
	leash := &leash{r: decoded, until: math.MaxInt64}
	t := &text{Reader: bufio.NewReaderSize(leash, readSize), leash: leash, Close: packed.Close}
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

// maxRecord is how much, in bytes, one row may be. It bounds the memory that
// an open quote or a line without an end costs.
const maxRecord = 1 << 20

// errTooLong ends a file whose row does not end.
var errTooLong = errors.New("a row is longer than 1 MiB")

// leash lets so much be read and no more, to notice a row that does not end.
type leash struct {
	r           io.Reader
	read, until int64
}

func (l *leash) Read(p []byte) (int, error) {
	if l.read > l.until {
		return 0, errTooLong
	}
	n, err := l.r.Read(p)
	l.read += int64(n)
	return n, err
}
