// Package plaintext is the reader of a file's text: decompressed, decoded, and without
// what is no text.
package plaintext

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/klauspost/compress/zstd"

	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/internal/safefile"
)

// Compression is how a file is packed, told by its first bytes.
type Compression int

// The compressions.
const (
	Plain Compression = iota
	Gzip              // RFC 1952
	Zstd              // RFC 8878
)

// Ext is what the name of such a file ends in.
func (c Compression) Ext() string { return [...]string{"", ".gz", ".zst"}[c] }

// Marks that files start with.
const (
	gzipMark  = "\x1f\x8b"
	zstdMark  = "\x28\xb5\x2f\xfd"
	zipMark   = "PK\x03\x04" // also .xlsx and .ods
	sheetMark = "\xd0\xcf\x11\xe0"
)

// zstdWindow is the most memory that a file may make its reader use. It is
// what `zstd -19` needs with room to spare, and what the format's own
// description asks readers to have at least (8 MiB).
const zstdWindow = 64 << 20

// ReadSize is how much is read at a time, in bytes.
const ReadSize = 64 << 10

// Options are how a file is to be read: at most so many bytes of text; in the Encoding of
// this name, unless it tells its own; and AsTold also what is no text in it.
type Options struct {
	MaxBytes int64
	Encoding string
	AsTold   bool
	Section
}

// Section is a part of a file: the bytes from one place up to another one, 0 being the file's end.
type Section struct{ From, To int64 }

// Error is a mistake in a file, in a line of its text, with its cure; line 0 is all of it.
type Error struct {
	Line          int
	Message, Hint string
	Options       []option.Name // those that the hint speaks of
}

// Error is what is wrong.
func (e *Error) Error() string { return e.Message }

func mistake(line int, message, hint string, options ...option.Name) error {
	return &Error{Line: line, Message: message, Hint: hint, Options: options}
}

// EncodingError is the name of an encoding that nobody knows.
type EncodingError struct{ Name string }

// Error says so.
func (e *EncodingError) Error() string { return fmt.Sprintf("the encoding %q is not known", e.Name) }

// File is the text of an open file.
type File struct {
	io.Reader
	Compression Compression
	Close       func()
}

// Open opens a file. What is wrong with it is an [Error], also when it is read.
func Open(path string, o Options) (*File, error) {
	packed, err := unpack(path, o.MaxBytes, o.Section)
	if err != nil {
		return nil, err
	}
	decoded, err := decode(packed, o.Encoding)
	if err != nil {
		packed.Close()
		return nil, err
	}
	decoded.asTold = o.AsTold
	return &File{Reader: decoded, Compression: packed.compression, Close: packed.Close}, nil
}

// unpacked is an open file, decompressed.
type unpacked struct {
	io.Reader
	compression Compression
	close       []func()
}

func (u *unpacked) Close() {
	for _, f := range u.close {
		f()
	}
}

// unpack opens a file and finds out how it is compressed.
func unpack(path string, maxBytes int64, part Section) (*unpacked, error) {
	file, err := safefile.Open(path)
	if err != nil {
		return nil, err
	}
	u := &unpacked{close: []func(){func() { _ = file.Close() }}}
	var source io.Reader = file
	if part != (Section{}) {
		source = io.NewSectionReader(file, part.From, cmp.Or(part.To, math.MaxInt64)-part.From)
	}
	if err := u.start(bufio.NewReaderSize(source, ReadSize)); err != nil {
		u.Close()
		return nil, err
	}
	if u.compression != Plain {
		u.Reader = unharmed{u.Reader}
	}
	u.Reader = &capped{r: u.Reader, left: maxBytes, max: maxBytes}
	return u, nil
}

func (u *unpacked) start(r *bufio.Reader) error {
	head, err := r.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	u.Reader = r
	switch {
	case bytes.HasPrefix(head, []byte(zipMark)), bytes.HasPrefix(head, []byte(sheetMark)):
		return mistake(0, "this is a workbook or an archive, not text", "save the sheet as CSV UTF-8")
	case bytes.HasPrefix(head, []byte(gzipMark)):
		u.compression = Gzip
		z, err := gzip.NewReader(r)
		if err != nil {
			return damaged(err)
		}
		u.Reader = z
	case bytes.HasPrefix(head, []byte(zstdMark)):
		u.compression = Zstd
		// One goroutine: the rows are slower than the decompression.
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(zstdWindow))
		if err != nil {
			return damaged(err)
		}
		u.Reader = z
		u.close = append(u.close, z.Close)
	}
	return nil
}

// unharmed says what a decompressor's errors mean.
type unharmed struct{ r io.Reader }

func (u unharmed) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = damaged(err)
	}
	return n, err
}

func damaged(err error) error {
	return mistake(0, fmt.Sprintf("the compressed file is damaged or cut off (%v)", err), "copy or export it again")
}

// capped ends a file that is larger than is allowed with an error, so that a
// small file that unpacks to a huge one does no harm.
type capped struct {
	r         io.Reader
	left, max int64
}

func (c *capped) Read(p []byte) (int, error) {
	if c.left < 0 {
		return 0, mistake(0, fmt.Sprintf("there are more than %d bytes in it", c.max), "split the file")
	}
	// One byte more than allowed tells a file of exactly that size from a larger one.
	if int64(len(p)) > c.left+1 {
		p = p[:c.left+1]
	}
	n, err := c.r.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return n - 1, nil
	}
	return n, err
}
