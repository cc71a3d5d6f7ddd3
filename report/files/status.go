package files

import (
	"encoding/json"
	"io"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/report/words"
)

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
	return encoder.Encode(struct {
		control.Document
		Next []string `json:"next,omitempty"`
	}{s, next})
}
