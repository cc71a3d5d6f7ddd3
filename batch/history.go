package batch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bulknum/bulknum/batch/rundir"
	"github.com/bulknum/bulknum/batch/settings"
)

// History is what the runs folder tells of one number.
type History struct {
	Number string `json:"number"`
	// Passages are the runs that had the number in their input, the oldest
	// first.
	Passages []Passage `json:"passages"`
	// Unread are runs of which nobody knows whether they had it, with the reason.
	Unread map[string]string `json:"unread,omitempty"`
	// Archived are runs that are packed, which are not looked into.
	Archived []string `json:"archived,omitempty"`
}

// Passage is what one run did to the number.
type Passage struct {
	// Run is its name, Job the one under which it repeats.
	Run string `json:"run"`
	Job string `json:"job,omitempty"`
	// State is how far the run has come.
	State State `json:"state"`
	// At is when the first request left; else when the number was read, or the
	// run began.
	At time.Time `json:"at"`
	// Sent tells that a request left, or was about to.
	Sent bool `json:"sent"`
	// Changes are what was to be changed, with the values from before, which were
	// read at ReadAt; zero: nothing was read, and every field was to be sent.
	ReadAt  time.Time         `json:"readAt,omitzero"`
	Changes []settings.Change `json:"changes,omitempty"`
	// Result is what became of it. Of a damaged run nobody knows: its status is
	// [Unknown], its error the damage.
	Result Result `json:"result"`
	// Verified is the last reading of it afterwards, if there was one.
	Verified *Verified `json:"verified,omitempty"`
	// Waves are those of a cutover. RollbackOf is the run that this one takes
	// back, RolledBackBy the one that took this one back for the number.
	Waves        string `json:"waves,omitempty"`
	RollbackOf   string `json:"rollbackOf,omitempty"`
	RolledBackBy string `json:"rolledBackBy,omitempty"`
	// On whose behalf, as it was given, and who ran it.
	Ticket   string `json:"ticket,omitempty"`
	Reason   string `json:"reason,omitempty"`
	Operator string `json:"operator,omitempty"`
	User     string `json:"user,omitempty"`
	Host     string `json:"host,omitempty"`
}

// NumberHistory searches the runs folder for a number. Runs of a sandbox do not
// count; a run that cannot be read hides no other.
func NumberHistory(ctx context.Context, runsDir, number string) (*History, error) {
	entries, err := os.ReadDir(runsDir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("runs folder: %w", err)
	}
	h := &History{Number: number, Passages: []Passage{}, Unread: map[string]string{}}
	found, failed := make([]*Passage, len(entries)), make([]error, len(entries))
	group, searching := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, entry := range entries {
		path := filepath.Join(runsDir, entry.Name())
		if run, archive := strings.CutSuffix(path, rundir.ArchiveSuffix); archive {
			if _, err := rundir.Open(run); err != nil {
				h.Archived = append(h.Archived, filepath.Base(run))
			}
			continue
		}
		dir, err := rundir.Open(path)
		if err != nil {
			continue // not the folder of a run
		}
		group.Go(func() error {
			found[i], failed[i] = passage(dir, number)
			return searching.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return nil, context.Cause(ctx)
	}
	for i, p := range found {
		if failed[i] != nil {
			h.Unread[entries[i].Name()] = oneLine(failed[i])
		}
		if p != nil {
			h.Passages = append(h.Passages, *p)
		}
	}
	h.order()
	return h, nil
}

// order puts the oldest first, and notes what was taken back.
func (h *History) order() {
	slices.SortFunc(h.Passages, func(a, b Passage) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Run, b.Run))
	})
	for _, back := range h.Passages {
		if back.RollbackOf == "" || back.Result.Status != Updated {
			continue
		}
		for i := range h.Passages {
			if h.Passages[i].Run == back.RollbackOf {
				h.Passages[i].RolledBackBy = back.Run
			}
		}
	}
}
