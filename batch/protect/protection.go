// Package protect has the protection of cutovers: what one changed and runs of other
// jobs may not change back, and what ends that.
package protect

import (
	"fmt"
	"slices"

	"github.com/bulknum/bulknum/batch/settings"
)

// Protection is what cutovers changed and other jobs may not change back, by number.
type Protection map[string][]Move

// Against says which cutover the changes of a number would roll back, or
// nothing.
func (p Protection) Against(number string, changes []settings.Change) string {
	for _, m := range p[number] {
		if !slices.ContainsFunc(changes, m.rolledBackBy) {
			continue
		}
		return fmt.Sprintf("run %s moved %s on %s, and this would move it back, unless that run is unprotected",
			m.Cutover.Identity.Name, m.Change, m.At.UTC().Format("2006-01-02 15:04 MST"))
	}
	return ""
}

// rolledBackBy reports whether a change brings back the value from before.
func (m *Move) rolledBackBy(c settings.Change) bool {
	kept := c.Old == c.New && !c.WriteOnly && c.Companion == "" // a part of a name that goes with the other
	field, known := settings.Lookup(m.Field)
	return known && c.Field == m.Field && !kept && field.Same(c.New, m.Old)
}

// Ask is what a row asks of a number.
type Ask struct {
	Number string
	Want   settings.Settings
}

// wants reports whether the row may ask for a value of a field. What may go along with a capability that it turns on is not known yet:
// it may be anything.
func (a Ask) wants(field settings.Field, value string) bool {
	asked, set := a.Want.Get(field.Name)
	if set {
		return field.Same(asked, value)
	}
	capability, set := a.Want.Get(settings.Capability(field.Name))
	return set && capability == settings.On
}
