package rundir

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// Table is a file of JSON lines that can be read again one by one, by where
// they begin, while it grows. Losing its last lines is no harm, so it is not
// synced. It is safe for concurrent use.
type Table struct {
	mu   sync.Mutex
	file *os.File
	end  int64
}

// OpenTable opens a table of the folder, new or not, and gives its lines so far
// to each, with where they begin. A last line that was cut off is cut away.
func (d *Dir) OpenTable(name string, each func(offset int64, line []byte) error) (*Table, error) {
	f, err := os.OpenFile(d.File(name), os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return nil, fmt.Errorf("open table: %w", err)
	}
	t := &Table{file: f}
	if err := t.scan(each); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), f.Close())
	}
	return t, nil
}

// scan reads the lines that there are, and ends the file after the last whole
// one.
func (t *Table) scan(each func(offset int64, line []byte) error) error {
	lines := newLines(t.file)
	for {
		line, err := lines.next()
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if len(line) == 0 || line[len(line)-1] != '\n' || !json.Valid(line) {
			return t.file.Truncate(t.end)
		}
		if err := each(t.end, line); err != nil {
			return err
		}
		t.end += int64(len(line))
	}
}

// Append writes one value as a line and returns where it begins.
func (t *Table) Append(v any) (offset int64, err error) {
	line, err := json.Marshal(v)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", t.file.Name(), err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	offset = t.end
	if _, err := t.file.WriteAt(append(line, '\n'), offset); err != nil {
		return 0, fmt.Errorf("write table: %w", err)
	}
	t.end += int64(len(line)) + 1
	return offset, nil
}

// At reads the line that begins at offset into v.
func (t *Table) At(offset int64, v any) error {
	line, err := newLines(io.NewSectionReader(t.file, offset, 1<<62)).next()
	if err != nil {
		return fmt.Errorf("%s: line at byte %d: %w", t.file.Name(), offset, err)
	}
	if err := json.Unmarshal(line, v); err != nil {
		return fmt.Errorf("%s: line at byte %d: %w", t.file.Name(), offset, err)
	}
	return nil
}

// Close closes the file.
func (t *Table) Close() error { return t.file.Close() }
