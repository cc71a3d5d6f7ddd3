package folder

import (
	"fmt"
	"io"

	"github.com/bulknum/bulknum/internal/safefile"
)

// WriteAtomic replaces a file of the folder by what write writes: a reader sees
// the old file or the whole new one, also after a crash.
func (f *Folder) WriteAtomic(name string, write func(io.Writer) error) error {
	if err := safefile.Replace(f.File(name), fileMode, write); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
