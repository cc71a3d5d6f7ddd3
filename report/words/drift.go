package words

import (
	"strings"

	"github.com/bulknum/bulknum/batch/settings"
)

// Drift is what differs, in one line.
func Drift(drift []settings.Change) string {
	texts := make([]string, len(drift))
	for i, c := range drift {
		texts[i] = c.String()
	}
	return strings.Join(texts, "; ")
}
