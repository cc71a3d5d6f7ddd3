package files

import (
	"encoding/json"
	"io"

	"github.com/bulknum/bulknum/batch/control"
)

// StatusJSON writes where a live run stands as one document.
func StatusJSON(w io.Writer, s control.Document) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(s)
}
