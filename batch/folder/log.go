package folder

import (
	"errors"
	"fmt"
	"os"

	"github.com/bulknum/bulknum/internal/safefile"
)

// AppendLines opens a file of lines for appending, and makes it if there is
// none. A last line that a crash cut off is ended first, so that the next one
// is whole.
func AppendLines(path string) (*os.File, error) {
	f, err := safefile.OpenOwn(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, fileMode)
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
