package batch

import (
	"fmt"
	"maps"
	"slices"

	"github.com/bulknum/bulknum/batch/guard"
)

// Caution is something for which an execution was asked to hold or stop between
// its rows: a gate, a person, the point of no return.
type Caution struct {
	// Flag is how it was asked for, as in "--confirm-waves"; "": it was asked
	// not to.
	Flag string `json:"flag,omitempty"`
	// Otherwise is how to ask not to.
	Otherwise string `json:"otherwise,omitempty"`
}

// Cautions are by name; those of which nothing was said are missing.
type Cautions map[string]Caution

// asked are those that were asked for.
func (c Cautions) asked() Cautions {
	asked := maps.Clone(c)
	maps.DeleteFunc(asked, func(_ string, one Caution) bool { return one.Flag == "" })
	return asked
}

// Flags are those that were asked for, as they were given.
func (c Cautions) Flags() []string {
	var flags []string
	for _, name := range slices.Sorted(maps.Keys(c.asked())) {
		flags = append(flags, c[name].Flag)
	}
	return flags
}

// Without are all but one.
func (c Cautions) Without(name string) Cautions {
	rest := maps.Clone(c)
	delete(rest, name)
	return rest
}

// careful refuses to go on with a run without a word of what it was asked to hold
// or stop for: whoever resumes it may not know.
func (r *Run) careful(cfg Config) error {
	var checks []guard.Check
	for _, name := range slices.Sorted(maps.Keys(r.Identity.Cautions)) {
		if _, told := cfg.Cautions[name]; !told {
			c := r.Identity.Cautions[name]
			what := fmt.Sprintf("run %s was sent with %s: give that again, or %s", r.Identity.Name, c.Flag, c.Otherwise)
			checks = append(checks, guard.Check{Measured: what})
		}
	}
	return guard.Enforce(checks)
}
