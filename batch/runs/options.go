package runs

import (
	"maps"
	"slices"

	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/plan"
)

// PlanOptions say what a run is to do, whoever carries its plan out: another execution
// goes on with them.
type PlanOptions struct {
	// All sends every row and reads nothing.
	All bool `json:"all,omitempty"`
	// Fields are those that it may write; none: all. Hidden is what it does about
	// fields that the API does not show.
	Fields []string        `json:"fields,omitempty"`
	Hidden plan.HiddenMode `json:"hidden,omitempty"`
	// SkipInvalid sends the valid rows of an input that has invalid ones.
	SkipInvalid bool `json:"skipInvalid,omitempty"`
	// Waves slice what is sent; none: it is sent at once. MaxWave is how many rows a
	// wave may have; 0: any number.
	Waves   plan.Waves `json:"waves,omitempty"`
	MaxWave int        `json:"maxWave,omitempty"`
	// Guards are what must hold of the plan, also when another execution goes on with
	// it. CheckRoutes reads the routes that numbers would move to, and refuses the plan
	// if one of them does not work.
	Guards      guard.Limits `json:"guards,omitzero"`
	CheckRoutes bool         `json:"checkRoutes,omitempty"`
	// Approved is the run of a plan, one of whose changes each change must be. Optional.
	Approved string `json:"approved,omitempty"`
	// Release are the names of cutovers that this run, and later ones, may roll back.
	// Optional; see [Folder.FindCutover].
	Release []string `json:"release,omitempty"`
}

// Asks reports whether the same rows would be written in the same way.
func (o PlanOptions) Asks(other PlanOptions) bool {
	return o.All == other.All && o.Hidden == other.Hidden && slices.Equal(o.Fields, other.Fields) && o.Approved == other.Approved &&
		slices.Equal(o.Waves, other.Waves) && o.MaxWave == other.MaxWave
}

// With are the options of a run that another execution goes on with, together with
// those that are given now: no guard is loosened. asked tells that the run was agreed
// to already.
func (o PlanOptions) With(now PlanOptions, asked bool) PlanOptions {
	o.Guards = o.Guards.And(now.Guards, asked)
	o.CheckRoutes = now.CheckRoutes || o.CheckRoutes && !asked
	o.Release = slices.Compact(slices.Sorted(slices.Values(append(slices.Clip(o.Release), now.Release...))))
	return o
}

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
