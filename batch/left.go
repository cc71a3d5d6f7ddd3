package batch

import (
	"encoding/json"
	"io"

	"github.com/bulknum/bulknum/batch/rundir"
)

// LeftAlone is a row that a rollback leaves as it is, or some fields of it.
type LeftAlone struct {
	// Line is the row's in the input of the run that is taken back.
	Line   int    `json:"line"`
	Number string `json:"number"`
	// Why names the fields, and what keeps them from being taken back.
	Why string `json:"why"`
	// Partly tells that other fields of the row are taken back.
	Partly bool `json:"partly,omitempty"`
}

// LeftAlone returns the rows that the run, if it is a rollback, leaves alone.
func (r *Run) LeftAlone() ([]LeftAlone, error) {
	var left []LeftAlone
	for l, err := range rundir.ReadLog[LeftAlone](r.dir.File(rundir.LeftFile)) {
		if err != nil {
			return nil, err
		}
		left = append(left, l)
	}
	return left, nil
}

// writeLeft writes the rows that are left alone into a run's folder.
func writeLeft(dir *rundir.Dir, left []LeftAlone) error {
	if len(left) == 0 {
		return nil
	}
	return dir.WriteAtomic(rundir.LeftFile, func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		for _, l := range left {
			if err := encoder.Encode(l); err != nil {
				return err
			}
		}
		return nil
	})
}
