package rundir

import (
	"encoding/json"
	"errors"
	"fmt"
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
	f, err := os.OpenFile(d.File(name), os.O_WRONLY|os.O_CREATE|os.O_APPEND, fileMode)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	return &Log{file: f}, nil
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
// a last line that was cut off is passed over.
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
		for decoder := json.NewDecoder(f); ; {
			var v T
			if err := decoder.Decode(&v); err != nil {
				return
			}
			if !yield(v, nil) {
				return
			}
		}
	}
}
