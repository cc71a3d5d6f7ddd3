package files

import (
	"io"
	"time"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/runs"
)

// diffVersion is the version of the document of a difference.
const diffVersion = 1

// DiffDocument is what [DiffJSON] writes.
type DiffDocument struct {
	// Version is the version of this document.
	Version int      `json:"version"`
	Before  DiffSide `json:"before"`
	After   DiffSide `json:"after"`
	// Shapes are the kinds of change that both do not have equally often.
	Shapes []plan.ShapeDifference `json:"shapes"`
	plan.Diff
}

// DiffSide is one of two plans that are compared.
type DiffSide struct {
	// Run is its name.
	Run    string    `json:"run"`
	MadeAt time.Time `json:"madeAt"`
	Hash   string    `json:"hash"`
	// Rows is how many it has, Updates how many of them would be sent.
	Rows    int `json:"rows"`
	Updates int `json:"updates"`
}

// DiffJSON writes how two plans differ as one JSON document. Times are UTC, to the millisecond.
func DiffJSON(w io.Writer, before, after *runs.Run, diff *plan.Diff) error {
	document := DiffDocument{
		Version: diffVersion, Before: sideOf(before), After: sideOf(after), Diff: *diff,
		Shapes: append([]plan.ShapeDifference{}, plan.DiffShapes(before.Plan, after.Plan)...),
	}
	for _, one := range document.Differences {
		for _, r := range []*plan.Row{one.Before, one.After} {
			if r != nil {
				r.ReadAt = inUTC(r.ReadAt)
			}
		}
	}
	text, err := marshalled(document, "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return err
}

// sideOf is the plan of a run.
func sideOf(run *runs.Run) DiffSide {
	p := run.Plan
	return DiffSide{Run: run.Identity.Name, MadeAt: inUTC(p.MadeAt), Hash: p.Hash, Rows: p.Rows, Updates: p.Updates()}
}
