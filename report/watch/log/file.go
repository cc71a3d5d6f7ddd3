package log

import (
	"os"
	"path/filepath"
	"sync"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/folder"
)

// File is the file run.log of the run's folder, from the first event on, which
// tells the folder. It never fails: a run does not stop for its log, and what a
// full disk does not take is missing there.
type File struct {
	mu   sync.Mutex
	file *os.File // nil: there is none
	torn bool     // the last line is not whole
}

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
	if l.torn {
		_, err := l.file.Write([]byte{'\n'})
		l.torn = err != nil
	}
	if !l.torn {
		n, err := l.file.Write(line)
		l.torn = err != nil && n > 0
	}
	return len(line), nil
}

// Close closes the file. Further lines are lost.
func (l *File) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil {
		_ = l.file.Close() // it holds nothing that anybody waits for
		l.file = nil
	}
}
