package words

import (
	"fmt"
	"maps"
	"slices"
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

// NotShown names the fields that the API does not show, with how many rows set each.
func NotShown(fields map[string]int) string {
	var texts []string
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		texts = append(texts, fmt.Sprintf("%s of %s", field, CountOf(fields[field], "row")))
	}
	return strings.Join(texts, ", ")
}
