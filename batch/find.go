package batch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/bulknum/bulknum/batch/rundir"
)

// Latest stands for the newest run in the runs folder that was not of a
// sandbox.
const Latest = "latest"

// Find opens a run by its folder, its name in the runs folder, or [Latest].
func Find(runsDir, name string) (*Run, error) {
	if name == Latest {
		return latest(runsDir)
	}
	inRuns := filepath.Join(runsDir, name)
	if _, err := os.Stat(filepath.Join(inRuns, rundir.JournalFile)); err == nil {
		return Open(inRuns)
	}
	if _, err := os.Stat(inRuns + rundir.ArchiveSuffix); err == nil {
		return nil, fmt.Errorf("run %s is archived; unpack it with: tar --zstd -xf %s -C %s", name, inRuns+rundir.ArchiveSuffix, runsDir)
	}
	return Open(name)
}

// latest opens the newest run that counts. Folders that are not of a run, or
// cannot be read, are passed over.
func latest(runsDir string) (*Run, error) {
	entries, err := os.ReadDir(runsDir)
	if err != nil {
		return nil, fmt.Errorf("runs folder: %w", err)
	}
	var newest *Run
	for _, entry := range entries {
		run, err := peek(filepath.Join(runsDir, entry.Name()))
		if err != nil || run.Identity.Sandbox {
			continue
		}
		if newest == nil || run.StartedAt.After(newest.StartedAt) {
			newest = run
		}
	}
	if newest == nil {
		return nil, fmt.Errorf("%s has no run yet, besides those of the sandbox", runsDir)
	}
	return Open(newest.Folder())
}

// errPeeked ends the reading of a journal after its first record.
var errPeeked = errors.New("read enough")

// peek reads only what run a folder has.
func peek(path string) (*Run, error) {
	dir, err := rundir.Open(path)
	if err != nil {
		return nil, err
	}
	r := &Run{dir: dir}
	_, err = rundir.Replay(dir.File(rundir.JournalFile), func(e rundir.Entry) error {
		if err := r.replay(e); err != nil {
			return err
		}
		return errPeeked
	})
	switch {
	case r.Identity.Format != 0:
		return r, nil
	case err == nil:
		err = errNoBeginning
	}
	return nil, fmt.Errorf("%s: %w", path, err)
}
