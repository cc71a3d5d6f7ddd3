package rundir

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

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
