package bounded

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// Lines reads lines of any length, and keeps no more than [Most] of one.
type Lines struct {
	R    *bufio.Reader
	Line int // of the last line read, from 1
	// Unended tells that the last line read has no end.
	Unended bool
	long    []byte
}

// Next returns the next line that is not blank, good until the next call.
// tooLong tells that there was more of it than is returned.
func (l *Lines) Next() (content []byte, tooLong bool, err error) {
	for {
		content, tooLong, err = l.read()
		if err != nil || tooLong {
			return content, tooLong, err
		}
		if content = bytes.TrimSpace(content); len(content) > 0 {
			return content, false, nil
		}
	}
}

// read returns the next line, with its end.
func (l *Lines) read() (content []byte, tooLong bool, err error) {
	content, err = l.R.ReadSlice('\n')
	l.Line++
	if errors.Is(err, bufio.ErrBufferFull) {
		content, tooLong, err = l.readLong(content)
	}
	if l.Unended = errors.Is(err, io.EOF) && len(content) > 0; l.Unended {
		err = nil // EOF comes with the next call
	}
	return content, tooLong, err
}

// readLong reads the rest of a line that does not fit the buffer.
func (l *Lines) readLong(start []byte) (content []byte, tooLong bool, err error) {
	l.long = append(l.long[:0], start...)
	for {
		more, err := l.R.ReadSlice('\n')
		if len(l.long)+len(more) > Most {
			tooLong = true
		} else if !tooLong {
			l.long = append(l.long, more...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return l.long, tooLong, err
		}
	}
}
