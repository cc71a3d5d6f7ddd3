package folder

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
func (f *Folder) WriteAtomic(name string, write func(io.Writer) error) error {
	temp, err := os.CreateTemp(f.path, "."+name+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := fill(temp, write); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", name, err), os.Remove(temp.Name()))
	}
	if err := os.Rename(temp.Name(), f.File(name)); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", name, err), os.Remove(temp.Name()))
	}
	return syncDir(f.path)
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
