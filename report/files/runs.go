package files

import (
	"io"

	"github.com/bulknum/bulknum/batch/runs"
)

// runsVersion is the version of the document of runs.
const runsVersion = 1

// RunsDocument is what [RunsJSON] writes.
type RunsDocument struct {
	// Version is the version of this document.
	Version int `json:"version"`
	// Runs are the newest first.
	Runs []runs.Info `json:"runs"`
}

// RunsJSON writes a list of runs as one JSON document. Times are UTC, to the
// millisecond.
func RunsJSON(w io.Writer, all []runs.Info) error {
	document := RunsDocument{runsVersion, []runs.Info{}} // an array also when it is empty
	for _, run := range all {
		run.StartedAt, run.EndedAt = inUTC(run.StartedAt), inUTC(run.EndedAt)
		document.Runs = append(document.Runs, run)
	}
	text, err := marshalled(document, "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return err
}
