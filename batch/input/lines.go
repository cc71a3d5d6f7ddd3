package input

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// lineReader reads lines of any length, and keeps no more than maxRecord of
// one.
type lineReader struct {
	r    *bufio.Reader
	line int // of the last line read, from 1
	// unended tells that the last line read has no end.
	unended bool
	long    []byte
}

// next returns the next line that is not blank, good until the next call.
// TooLong tells that there was more of it than is returned.
func (l *lineReader) next() (content []byte, tooLong bool, err error) {
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
func (l *lineReader) read() (content []byte, tooLong bool, err error) {
	content, err = l.r.ReadSlice('\n')
	l.line++
	if errors.Is(err, bufio.ErrBufferFull) {
		content, tooLong, err = l.readLong(content)
	}
	if l.unended = errors.Is(err, io.EOF) && len(content) > 0; l.unended {
		err = nil // EOF comes with the next call
	}
	return content, tooLong, err
}

// readLong reads the rest of a line that does not fit the buffer.
func (l *lineReader) readLong(start []byte) (content []byte, tooLong bool, err error) {
	l.long = append(l.long[:0], start...)
	for {
		more, err := l.r.ReadSlice('\n')
		if len(l.long)+len(more) > maxRecord {
			tooLong = true
		} else if !tooLong {
			l.long = append(l.long, more...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return l.long, tooLong, err
		}
	}
}
