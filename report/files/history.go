package files

import (
	"io"

	"github.com/bulknum/bulknum/batch/history"
)

// historyVersion is the version of the document of a history.
const historyVersion = 1

// HistoryDocument is what [HistoryJSON] writes.
type HistoryDocument struct {
	// Version is the version of this document.
	Version int `json:"version"`
	*history.Number
}

// HistoryJSON writes a number's story as one JSON document. Times are UTC, to the
// millisecond.
func HistoryJSON(w io.Writer, h *history.Number) error {
	document := HistoryDocument{historyVersion, h}
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
