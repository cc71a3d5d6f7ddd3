package batch

import (
	"fmt"

	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/store"
)

// What a run may need of the disk, in bytes: for each row, for each byte of its
// input (its copies, and what is made of it), and besides.
const (
	spaceOfRow   = 1 << 10
	spaceOfInput = 3
	spaceBesides = 32 << 20
)

// guardSpace refuses to begin where less than twice of what a run may need is
// free.
func (e *engine) guardSpace() error {
	of, ok := e.cfg.Store.(store.Space)
	if !ok || e.cfg.IgnoreFreeSpace || e.cfg.Client == nil || e.me.RollbackOf != "" { // the way back stays open
		return nil
	}
	free, ok := of.FreeSpace()
	need := 2 * (int64(e.counts.Rows)*spaceOfRow + spaceOfInput*e.me.Input.Bytes + spaceBesides)
	if !ok || free >= need {
		return nil
	}
	return guard.Enforce([]guard.Check{{Guard: guard.FreeSpace, Measured: fmt.Sprintf(
		"the disk of %s has %s free, and to be sure of its end the run needs %s: bulknum runs prune makes space",
		e.cfg.RunsDir, megabytes(free), megabytes(need))}})
}

func megabytes(bytes int64) string { return fmt.Sprintf("%d MB", bytes>>20) }
