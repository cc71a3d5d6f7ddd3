package files

import (
	"encoding/json"
	"io"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/report/words"
)

// StatusDocument is what [StatusJSON] writes.
type StatusDocument struct {
	control.Document
	// Next are the commands by which it goes on that is kept from it.
	Next []string `json:"next,omitempty"`
}

// StatusJSON writes where a live run stands as one document, with the commands by which it
// goes on.
func StatusJSON(w io.Writer, s control.Document) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	var next []string
	for _, step := range words.WaysOn(s.Folder, s.Ways) {
		next = append(next, step.Command)
	}
	return encoder.Encode(StatusDocument{s, next})
}
