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

// foreign are the marks of what is packed in other ways, and its name.
var foreign = []struct{ mark, name string }{{"BZh9", "bzip2"}, {"\xfd7zX", "xz"}, {"7z\xbc\xaf", "7-Zip"}, {"Rar!", "RAR"}}

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
		u.Reader = unharmed{u.Reader, u.damaged}
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
		return mistake(0, "this is a workbook or an archive, not text", "save the sheet as CSV UTF-8, or take the file out of the archive")
	case bytes.HasPrefix(head, []byte(gzipMark)):
		u.compression = Gzip
		z, err := gzip.NewReader(r)
		if err != nil {
			return u.damaged(err)
		}
		u.Reader = newMembers(z, r)
	case bytes.HasPrefix(head, []byte(zstdMark)):
		u.compression = Zstd
		// One goroutine: the rows are slower than the decompression.
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(zstdWindow))
		if err != nil {
			return u.damaged(err)
		}
		u.Reader = z
		u.close = append(u.close, z.Close)
	}
	for _, f := range foreign {
		if bytes.HasPrefix(head, []byte(f.mark)) {
			return mistake(0, "the file is compressed by "+f.name, "unpack it, or compress it by gzip or zstd")
		}
	}
	return nil
}

// members are the parts of a gzip file, one after the other, with nothing between and after them.
type members struct {
	z *gzip.Reader
	r *bufio.Reader
}

func newMembers(first *gzip.Reader, r *bufio.Reader) members {
	first.Multistream(false)
	return members{first, r}
}

func (m members) Read(p []byte) (int, error) {
	n, err := m.z.Read(p)
	if !errors.Is(err, io.EOF) {
		return n, err
	}
	head, err := m.r.Peek(len(gzipMark))
	switch {
	case len(head) == 0:
		return n, err
	case string(head) != gzipMark:
		return n, errFollowed
	}
	err = m.z.Reset(m.r)
	m.z.Multistream(false)
	return n, err
}

// errFollowed is a compressed file behind whose end there is something else.
var errFollowed = errors.New("something follows its end")

// unharmed says what a decompressor's errors mean.
type unharmed struct {
	r    io.Reader
	mean func(error) error
}

func (u unharmed) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = u.mean(err)
	}
	return n, err
}

// damaged is what an error of decompressing means. All of the file is refused: nobody knows which rows are missing.
func (u *unpacked) damaged(err error) error {
	name := [...]string{Gzip: "gzip", Zstd: "zstd"}[u.compression]
	again := "copy or export it again"
	what := "damaged (" + err.Error() + ")"
	switch {
	case errors.Is(err, errFollowed), errors.Is(err, zstd.ErrMagicMismatch):
		what = "followed by something that is not compressed"
		again += ", or write what is whole into another file with: " + name + " -dc"
	case errors.Is(err, io.ErrUnexpectedEOF) && u.compression == Zstd: // which tells the two no further apart
		what = "cut short, or followed by a few bytes more"
	case errors.Is(err, io.ErrUnexpectedEOF):
		what = "cut short"
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, zstd.ErrCRCMismatch):
		what = "damaged: its checksum is another one"
	}
	return mistake(0, "the "+name+" file is "+what, again)
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
