package batch

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/bulknum/bulknum/batch/rundir"
)

// release is what a cutover's folder has when other jobs may take it back: it
// lasts as long as the folder does.
type release struct {
	At time.Time `json:"at"`
	// Run is the one that was told to release it, User, Ticket and Operator who
	// told so.
	Run      string `json:"run"`
	User     string `json:"user,omitempty"`
	Ticket   string `json:"ticket,omitempty"`
	Operator string `json:"operator,omitempty"`
}

// released reports whether other jobs may take back what the run changed.
func (r *Run) released() bool {
	_, err := os.Stat(r.dir.File(rundir.ReleasedFile))
	return err == nil
}

// begin journals that the plan begins to be carried out, and makes what was
// released known to later runs.
func (e *engine) begin() error {
	begins := record{
		Kind: kindApply, At: time.Now(), Rate: e.cfg.Rate.String(), Deadline: e.cfg.Deadline,
		Behalf: e.cfg.Behalf, Routes: e.routeNames(), Release: e.cfg.Release, Cautions: e.cfg.Cautions.asked(), Manner: e.cfg.Manner,
	}
	if err := e.journal.Append(begins); err != nil {
		return stopFor(StoppedByDisk, err)
	}
	for _, name := range e.cfg.Release {
		if err := e.release(name); err != nil {
			return stopFor(StoppedByDisk, err)
		}
	}
	return nil
}

// release writes down that a cutover may be taken back.
func (e *engine) release(name string) error {
	dir, err := rundir.Open(filepath.Join(e.cfg.RunsDir, name))
	if errors.Is(err, os.ErrNotExist) {
		return nil // it was removed meanwhile: it protects nothing any more
	}
	if err != nil {
		return err
	}
	return dir.WriteAtomic(rundir.ReleasedFile, func(w io.Writer) error {
		return json.NewEncoder(w).Encode(release{
			At: time.Now(), Run: e.me.Name, User: e.cfg.User, Ticket: e.cfg.Behalf.Ticket, Operator: e.cfg.Behalf.Operator,
		})
	})
}

// FindCutover returns the name of a run that can be released, which is given as
// its folder or its name in the runs folder.
func FindCutover(runsDir, name string) (string, error) {
	run, err := peek(filepath.Join(runsDir, filepath.Base(filepath.Clean(name))))
	if err != nil {
		return "", err
	}
	if !run.Identity.isCutover() || run.Identity.Sandbox {
		return "", fmt.Errorf("run %s had no waves: nothing that it changed is kept from being changed back", run.Identity.Name)
	}
	return run.Identity.Name, nil
}

// allReleased is what a run releases that goes on: what it began with, and what is
// given now.
func allReleased(before, now []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(append(slices.Clip(before), now...))))
}
