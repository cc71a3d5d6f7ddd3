package log

import (
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/folder"
)

// File is the file run.log of the run's folder, from the first event on, which
// tells the folder. It never fails: a run does not stop for its log, and what a
// full disk does not take is missing there.
type File struct {
	mu    sync.Mutex
	file  *os.File    // nil: there is none
	torn  bool        // the last line is not whole
	lines []byte      // that are not written yet
	wrote time.Time   // when some were written last
	due   *time.Timer // writes them; nil: there are none
}

// Lines that come at once are written together, when they are so long or the first of them is so old: a kill may lose
// them. One that comes after a while is written at once.
const (
	linesTogether = 32 << 10
	linesFor      = 100 * time.Millisecond
)

// Listen opens the file, in a resumed run for appending.
func (l *File) Listen(e event.Event) {
	began, ok := e.(event.Began)
	if !ok {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if file, err := folder.AppendLines(filepath.Join(began.Folder, folder.RunLogFile)); err == nil {
		l.file = file
	}
}

// Write writes a whole line.
func (l *File) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return len(line), nil
	}
	l.lines = append(l.lines, line...)
	switch {
	case len(l.lines) >= linesTogether, time.Since(l.wrote) >= linesFor:
		l.write()
	case l.due == nil:
		l.due = time.AfterFunc(linesFor, func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.write()
		})
	}
	return len(line), nil
}

// write writes the lines that wait: the caller holds mu.
func (l *File) write() {
	if l.due != nil {
		l.due.Stop()
		l.due = nil
	}
	if len(l.lines) == 0 {
		return
	}
	if l.torn {
		_, err := l.file.Write([]byte{'\n'})
		l.torn = err != nil
	}
	if !l.torn {
		n, err := l.file.Write(l.lines)
		l.torn = err != nil && n > 0 && l.lines[n-1] != '\n'
	}
	l.lines, l.wrote = l.lines[:0], time.Now()
}

// Close closes the file. Further lines are lost.
func (l *File) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil {
		l.write()
		_ = l.file.Close() // it holds nothing that anybody waits for
		l.file = nil
	}
}
