package batch

import (
	"fmt"
	"slices"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
)

// protection is what cutovers changed and other jobs may not change back, by
// number.
type protection map[string][]lasting

// against says which cutover the changes of a number would take back, or
// nothing.
func (p protection) against(number string, changes []settings.Change) string {
	for _, s := range p[number] {
		if !slices.ContainsFunc(changes, s.takenBackBy) {
			continue
		}
		name := s.cutover.Identity.Name
		return fmt.Sprintf("run %s moved %s on %s, and this would move it back; --release %s ends that",
			name, s.Change, s.at.UTC().Format("2006-01-02 15:04 MST"), name)
	}
	return ""
}

// takenBackBy reports whether a change brings back the value from before.
func (s *lasting) takenBackBy(c settings.Change) bool {
	kept := c.Old == c.New && !c.Hidden // a part of a name that goes with the other
	field, known := settings.Lookup(s.Field)
	return known && c.Field == s.Field && !kept && field.Same(c.New, s.Old)
}

// undoes ends a row that is about to be sent and would take a cutover back: one
// that came after the row was planned.
func (e *engine) undoes(p plan.Row, do task) (r result.Result, undoes bool) {
	why := e.protected.against(p.Number, p.Changes)
	if why == "" || do != toSend {
		return r, false
	}
	return result.Result{Row: p.Row, Line: p.Line, Number: p.Number, Changes: p.ChangesText(), Status: result.Conflict, Error: why}, true
}

// ask is what a row asks of a number.
type ask struct {
	number string
	want   settings.Settings
}
