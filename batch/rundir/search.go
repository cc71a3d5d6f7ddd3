package rundir

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
)

// searchedAtOnce is how much of a file is looked at together, in bytes.
const searchedAtOnce = 128 << 10

// LinesWith gives the lines of a file that have a text in them, with their ends,
// each valid until the next. Of the others it looks at nothing, so that it is as
// fast as the file can be read.
func LinesWith(path, text string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		f, err := os.Open(path)
		if err != nil {
			yield(nil, err)
			return
		}
		defer f.Close()
		if err := search(f, []byte(text), func(line []byte) bool { return yield(line, nil) }); err != nil {
			yield(nil, fmt.Errorf("search: %w", err))
		}
	}
}

// search gives lines with a text to each, until that wants no more.
func search(r io.Reader, text []byte, each func(line []byte) bool) error {
	buffer := make([]byte, searchedAtOnce)
	held := 0 // the beginning of a line whose end is not read yet
	for {
		n, err := io.ReadFull(r, buffer[held:])
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return err
		}
		part := buffer[:held+n]
		whole := bytes.LastIndexByte(part, '\n') + 1
		if last {
			whole = len(part)
		}
		if !searchPart(part[:whole], text, each) || last {
			return nil
		}
		if held = copy(buffer, part[whole:]); held == len(buffer) {
			longer := make([]byte, 2*len(buffer))
			copy(longer, buffer)
			buffer = longer
		}
	}
}

// searchPart does so for lines that are whole, and reports whether more are
// wanted.
func searchPart(part, text []byte, each func(line []byte) bool) bool {
	for {
		at := bytes.Index(part, text)
		if at < 0 {
			return true
		}
		begin := bytes.LastIndexByte(part[:at], '\n') + 1
		end := len(part)
		if n := bytes.IndexByte(part[at:], '\n'); n >= 0 {
			end = at + n + 1
		}
		if !each(part[begin:end]) {
			return false
		}
		part = part[end:]
	}
}
