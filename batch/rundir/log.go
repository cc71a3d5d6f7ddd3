package rundir

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"sync"
)

// Log is a file of JSON lines for which losing the last ones is no harm, such
// as the list of requests: it is not synced. It is safe for concurrent use.
type Log struct {
	mu   sync.Mutex
	file *os.File
}

// AppendLog opens a log of the folder for appending.
func (d *Dir) AppendLog(name string) (*Log, error) {
	f, err := AppendLines(d.File(name))
	if err != nil {
		return nil, err
	}
	return &Log{file: f}, nil
}

// AppendLines opens a file of lines for appending, and makes it if there is
// none. A last line that a crash cut off is ended first, so that the next one
// is whole.
func AppendLines(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, fileMode)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	if err := endLine(f); err != nil {
		return nil, errors.Join(fmt.Errorf("open log: %w", err), f.Close())
	}
	return f, nil
}

// endLine ends the last line of a file, if it is not.
func endLine(f *os.File) error {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return err
	}
	last := make([]byte, 1)
	if _, err := f.ReadAt(last, info.Size()-1); err != nil || last[0] == '\n' {
		return err
	}
	_, err = f.Write([]byte{'\n'})
	return err
}

// Append writes one value as a line.
func (l *Log) Append(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("%s: %w", l.file.Name(), err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err = l.file.Write(append(line, '\n'))
	return err
}

// Close closes the file.
func (l *Log) Close() error { return l.file.Close() }

// ReadLog gives the values of a log. A file that does not exist has none, and
// lines that a crash cut off are passed over.
func ReadLog[T any](path string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		f, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			return
		}
		var none T
		if err != nil {
			yield(none, fmt.Errorf("open log: %w", err))
			return
		}
		defer f.Close()
		for lines := newLines(f); ; {
			line, err := lines.next()
			if err != nil && !errors.Is(err, io.EOF) {
				yield(none, fmt.Errorf("read log: %w", err))
				return
			}
			if len(line) == 0 {
				return
			}
			var v T
			if json.Unmarshal(line, &v) == nil && !yield(v, nil) {
				return
			}
		}
	}
}
