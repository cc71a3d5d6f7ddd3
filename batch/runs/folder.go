package runs

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/bulknum/bulknum/batch/store"
)

// Folder is where runs are: the store has the truth about them, and in the
// folder each has one of its own, which people open.
type Folder struct {
	Store store.Store
	Dir   string
	// Account is whose the latest run is, and those that are listed; optional: anybody's.
	Account store.AccountID
}

// Latest stands for the newest run.
const Latest = "latest"

// ErrNone is why there is no latest run.
var ErrNone = errors.New("has no run yet")

// Find opens a run by its name, its folder, or [Latest]. However a folder is
// spelled, it is the run of that name in the store; one that was copied elsewhere
// is for reading only.
func (f Folder) Find(ctx context.Context, name string) (*Run, error) {
	if name == Latest {
		runs, err := f.Store.Runs(ctx, store.RunFilter{Account: f.Account})
		if err != nil {
			return nil, err
		}
		if len(runs) == 0 {
			return nil, fmt.Errorf("%s %w", f.Dir, ErrNone)
		}
		return f.Load(ctx, runs[0])
	}
	own, err := f.nameOf(name)
	if err != nil {
		return nil, err
	}
	run, err := f.Store.Run(ctx, own)
	if errors.Is(err, store.ErrNotFound) {
		if IsArchived(f.Dir, name) {
			return nil, &ArchivedError{Name: name, Path: ArchivePath(f.Dir, name)}
		}
		return nil, fmt.Errorf("%s: %w in %s", name, err, f.Store.Place())
	}
	if err != nil {
		return nil, err
	}
	return f.Load(ctx, run)
}

// ArchivedError is a run that was packed away; it matches [store.ErrNotFound].
type ArchivedError struct{ Name, Path string }

// Error names it.
func (e *ArchivedError) Error() string { return fmt.Sprintf("run %s is archived", e.Name) }

// Is reports whether the store does not have it.
func (e *ArchivedError) Is(target error) bool { return target == store.ErrNotFound }

// nameOf is the name of the run that a path in the runs folder stands for. A folder
// elsewhere, such as a copy, may have the name of another run: it is none of these.
func (f Folder) nameOf(path string) (string, error) {
	if path == "" || filepath.Base(path) == path && path != "." && path != ".." {
		return path, nil
	}
	whole := resolved(path)
	if filepath.Dir(whole) != resolved(f.Dir) {
		return "", fmt.Errorf("%s: %w in %s: it lies elsewhere, and a run is taken from the store of its own runs folder",
			path, store.ErrNotFound, f.Dir)
	}
	return filepath.Base(whole), nil
}

// resolved is a path without links and detours, as far as it is there.
func resolved(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	if plain, err := filepath.EvalSymlinks(path); err == nil {
		return plain
	}
	if dir := filepath.Dir(path); dir != path {
		return filepath.Join(resolved(dir), filepath.Base(path))
	}
	return path
}

// Open opens a run by its name.
func (f Folder) Open(ctx context.Context, name string) (*Run, error) {
	run, err := f.Store.Run(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", name, err)
	}
	return f.Load(ctx, run)
}

// Siblings are the other runs of a run's job and account, the newest first. A run without a
// job has none.
func (f Folder) Siblings(ctx context.Context, of store.Run) ([]store.Run, error) {
	if of.Job == "" {
		return nil, nil
	}
	return f.Store.Runs(ctx, store.RunFilter{Account: of.Account.ID, Job: of.Job, Except: of.ID})
}

// Previous is the newest run of the same job and account that was entered before
// a run, and got as far as a plan and sent it; nil: there is none.
func (f Folder) Previous(ctx context.Context, of store.Run) (*Run, error) {
	runs, err := f.Siblings(ctx, of)
	if err != nil {
		return nil, err
	}
	for _, is := range runs {
		if is.Sequence > of.Sequence {
			continue
		}
		run, err := f.LoadSteps(ctx, is)
		if err != nil {
			return nil, err
		}
		if CanBePrevious(run) {
			return run, nil
		}
	}
	return nil, nil
}

// CanBePrevious reports whether a run is one that guards compare the job's next one
// with.
func CanBePrevious(r *Run) bool { return r.Plan != nil && r.Applied }

// FindCutover returns the name of a run that can be released, which is given as
// its folder or its name.
func (f Folder) FindCutover(ctx context.Context, name string) (string, error) {
	own, err := f.nameOf(name)
	if err != nil {
		return "", err
	}
	run, err := f.Store.Run(ctx, own)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	if !run.Cutover {
		return "", fmt.Errorf("run %s had no waves: nothing that it changed is kept from being changed back", run.Name)
	}
	return run.Name, nil
}
