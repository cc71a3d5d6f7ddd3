package runs

import (
	"maps"
	"slices"
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

// Asked are those that were asked for.
func (c Cautions) Asked() Cautions {
	asked := maps.Clone(c)
	maps.DeleteFunc(asked, func(_ string, one Caution) bool { return one.Flag == "" })
	return asked
}

// Flags are those that were asked for, as they were given.
func (c Cautions) Flags() []string {
	var flags []string
	for _, name := range slices.Sorted(maps.Keys(c.Asked())) {
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

// Manner is how an execution was asked to go about its sending: the flags that
// were given, by name, with their texts. Whoever goes on with the run means the
// same, unless it is said otherwise.
type Manner map[string]string

// MannerOfRate is the flag of the pace.
const MannerOfRate = "rate"

// Manner returns how the newest execution went about its sending: at the pace
// that was asked for last.
func (r *Run) Manner() Manner {
	manner := maps.Clone(r.Identity.Manner)
	if r.Rate == "" {
		return manner
	}
	if manner == nil {
		manner = Manner{}
	}
	manner[MannerOfRate] = r.Rate
	return manner
}
