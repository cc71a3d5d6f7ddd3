package rundir

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// TornSuffix is added to the journal's name for the file that keeps a torn end.
const TornSuffix = ".torn"

// ReopenJournal opens the journal of an earlier execution to go on with it. A
// torn end is cut off, and kept aside under the journal's name with
// [TornSuffix]; damage anywhere else is a [DamageError], and nothing is
// touched.
func (d *Dir) ReopenJournal() (*Journal, error) {
	path := d.File(JournalFile)
	torn, err := Replay(path, func(Entry) error { return nil })
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, fileMode)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	if torn != nil {
		if err := d.setAside(f, *torn); err != nil {
			return nil, errors.Join(fmt.Errorf("journal: %w", err), f.Close())
		}
	}
	// What an earlier execution wrote may not have been synced by it.
	if err := f.Sync(); err != nil {
		return nil, errors.Join(fmt.Errorf("journal: %w", err), f.Close())
	}
	return newJournal(f, true), nil
}

// setAside moves the torn end of a journal to a file of its own.
func (d *Dir) setAside(journal *os.File, torn Torn) error {
	aside, err := os.OpenFile(d.File(JournalFile+TornSuffix), os.O_WRONLY|os.O_CREATE|os.O_APPEND, fileMode)
	if err != nil {
		return err
	}
	_, err = io.Copy(aside, io.NewSectionReader(journal, torn.Offset, torn.Bytes))
	if err := errors.Join(err, aside.Sync(), aside.Close(), syncDir(d.path)); err != nil {
		return err
	}
	return journal.Truncate(torn.Offset)
}
