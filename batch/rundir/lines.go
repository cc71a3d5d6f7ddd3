package rundir

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"iter"
	"os"
)

// ReadLines gives the lines of a file with their ends, each valid until the
// next.
func ReadLines(path string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		f, err := os.Open(path)
		if err != nil {
			yield(nil, err)
			return
		}
		defer f.Close()
		for lines := newLines(f); ; {
			line, err := lines.next()
			if errors.Is(err, io.EOF) {
				err = nil
			}
			if len(line) == 0 && err == nil || !yield(line, err) || err != nil {
				return
			}
		}
	}
}

// lines reads a file line by line, whatever their length.
type lines struct {
	r *bufio.Reader
}

func newLines(r io.Reader) *lines { return &lines{r: bufio.NewReader(r)} }

// next returns the next line with its newline, which is missing only at the end
// of the file. The line is valid until the next call.
func (l *lines) next() ([]byte, error) {
	line, err := l.r.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	long := bytes.Clone(line)
	for errors.Is(err, bufio.ErrBufferFull) {
		line, err = l.r.ReadSlice('\n')
		long = append(long, line...)
	}
	return long, err
}
