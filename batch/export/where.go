package export

import (
	"fmt"
	"strings"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/client"
)

// Where is what a number must have to be exported: all of it.
type Where struct {
	// Settings are compared by meaning; "" stands for no value.
	settings.Settings
	// Status is the word that the API tells, in any case; nil: any.
	Status *string
}

// AddWhere adds a condition, as in "MessageRouteId=MRID-a" or "Status=Active".
func AddWhere(where Where, assignment string) (_ Where, err error) {
	name, value, ok := strings.Cut(assignment, "=")
	if ok && strings.EqualFold(strings.TrimSpace(name), input.StatusColumn) {
		if where.Status != nil {
			return where, fmt.Errorf("%s is given twice", input.StatusColumn)
		}
		where.Status = new(strings.TrimSpace(value))
		return where, nil
	}
	where.Settings, err = input.AddWhere(where.Settings, assignment)
	return where, err
}

// names are those of all that must be had.
func (w Where) names() []string {
	names := w.Names()
	if w.Status != nil {
		names = append(names, input.StatusColumn)
	}
	return names
}

// meets reports whether a number is as it says, and notes in told what the number tells.
func (w Where) meets(n client.Number, state settings.State, told map[string]bool) bool {
	for _, name := range w.Names() {
		if _, known := state.Get(name); known {
			told[name] = true
		}
	}
	if n.Status != "" {
		told[input.StatusColumn] = true
	}
	return len(settings.Diff(w.Settings, state)) == 0 && (w.Status == nil || strings.EqualFold(*w.Status, n.Status))
}
