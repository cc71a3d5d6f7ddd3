package files

import (
	"encoding/json"
	"io"

	"github.com/bulknum/bulknum/batch"
)

// SituationJSON writes where a live run stands as one document.
func SituationJSON(w io.Writer, s batch.Situation) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(s)
}
