package guard

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
)

// Named keeps a rollback to numbers that were named, and notes those that are not found.
type Named struct {
	numbers, missing map[string]struct{} // nil: none was named, and all are meant
}

// NamedNumbers keeps to these numbers; nil: to all.
func NamedNumbers(numbers map[string]struct{}) *Named {
	return &Named{numbers: numbers, missing: maps.Clone(numbers)}
}

// Among returns which rows are of such numbers, and are as is asked for.
func (n *Named) Among(is func(plan.Row) bool) func(plan.Row) bool {
	if n.numbers == nil {
		return is
	}
	return func(p plan.Row) bool {
		if _, named := n.numbers[p.Number]; !named || !is(p) {
			return false
		}
		delete(n.missing, p.Number)
		return true
	}
}

// Refused refuses the rollback if the run has changed nothing of a number that was named: it may be mistyped, or
// another run's.
func (n *Named) Refused(run string) error {
	if len(n.missing) == 0 {
		return nil
	}
	missing := slices.Sorted(maps.Keys(n.missing))
	const shown = 10
	text := strings.Join(missing[:min(len(missing), shown)], ", ")
	if more := len(missing) - shown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return Refuse(fmt.Sprintf("run %s has not updated %s: name only numbers that it has", run, text))
}

// Clears notes the rows that go back to no value, unless that is allowed.
type Clears struct {
	Allowed bool
	check   Check
	rows    int
}

// shownClears is how many of them are named.
const shownClears = 10

// Note looks at what a row goes back to.
func (c *Clears) Note(p plan.Row, back settings.Settings) {
	if c.Allowed {
		return
	}
	var cleared []string
	for _, name := range back.Names() {
		if value, _ := back.Get(name); value == "" {
			cleared = append(cleared, name)
		}
	}
	if len(cleared) == 0 {
		return
	}
	if c.rows++; c.rows <= shownClears {
		c.check.Each = append(c.check.Each, fmt.Sprintf("%s: %s had no %s, and to clear a field has to be allowed",
			result.Place(p.Line, p.Row), p.Number, strings.Join(cleared, " and no ")))
	}
}

// Refused refuses the rollback if there are such rows.
func (c *Clears) Refused() error {
	if more := c.rows - shownClears; more > 0 {
		c.check.Each = append(c.check.Each, fmt.Sprintf("and %d more rows that would be cleared", more))
	}
	c.check.Guard, c.check.Holds = Clear, c.rows == 0
	return Enforce([]Check{c.check})
}
