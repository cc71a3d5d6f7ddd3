package batch

import (
	"fmt"
	"slices"

	"github.com/bulknum/bulknum/batch/settings"
)

// Protection is what cutovers changed and other jobs may not change back, by number.
type Protection map[string][]Move

// Against says which cutover the changes of a number would take back, or
// nothing.
func (p Protection) Against(number string, changes []settings.Change) string {
	for _, s := range p[number] {
		if !slices.ContainsFunc(changes, s.takenBackBy) {
			continue
		}
		name := s.Cutover.Identity.Name
		return fmt.Sprintf("run %s moved %s on %s, and this would move it back, unless %s is released",
			name, s.Change, s.At.UTC().Format("2006-01-02 15:04 MST"), name)
	}
	return ""
}

// takenBackBy reports whether a change brings back the value from before.
func (s *Move) takenBackBy(c settings.Change) bool {
	kept := c.Old == c.New && !c.Hidden // a part of a name that goes with the other
	field, known := settings.Lookup(s.Field)
	return known && c.Field == s.Field && !kept && field.Same(c.New, s.Old)
}

// Ask is what a row asks of a number.
type Ask struct {
	Number string
	Want   settings.Settings
}
