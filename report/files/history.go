package files

import (
	"io"

	"github.com/bulknum/bulknum/batch/runs"
)

// historyVersion is the version of the document of a history.
const historyVersion = 1

// HistoryJSON writes a number's story as one JSON document. Times are UTC, to the
// millisecond.
func HistoryJSON(w io.Writer, h *runs.History) error {
	document := struct {
		Version int `json:"version"`
		*runs.History
	}{historyVersion, h}
	for i := range h.Entries {
		p := &h.Entries[i]
		p.At, p.ReadAt, p.Result.StartedAt = inUTC(p.At), inUTC(p.ReadAt), inUTC(p.Result.StartedAt)
	}
	body, err := marshalled(document, "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(body, '\n'))
	return err
}
