package rundir

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
)

// WriteAtomic replaces a file of the folder by what write writes: a reader sees
// the old file or the whole new one, also after a crash. The new file is
// written beside the old one, synced and renamed over it.
func (d *Dir) WriteAtomic(name string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(d.path, "."+name+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := fill(f, write); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", name, err), os.Remove(f.Name()))
	}
	if err := os.Rename(f.Name(), d.File(name)); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", name, err), os.Remove(f.Name()))
	}
	return syncDir(d.path)
}

// fill writes, syncs and closes a file, and returns the first thing that went
// wrong.
func fill(f *os.File, write func(io.Writer) error) error {
	buffered := bufio.NewWriterSize(f, 64<<10)
	err := write(buffered)
	if err == nil {
		err = buffered.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}
