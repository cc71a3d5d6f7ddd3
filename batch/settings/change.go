package settings

import (
	"cmp"
	"slices"
	"strings"
)

// Change is a field that is to be sent, with what it is and what it will be.
type Change struct {
	// Field is the field's name.
	Field string `json:"field"`
	// Old is the current value; "" when there is none, or when it is unknown.
	Old string `json:"old"`
	// New is the value that is asked for; "" clears the field.
	//
	// It may be the same as Old for a part of a caller's name: where the API
	// shows the name as one, a part that seems to be right goes with the other.
	New string `json:"new"`
	// WriteOnly tells that the API does not show the current value.
	WriteOnly bool `json:"writeOnly,omitempty"`
	// Companion tells that the field stays as it is, and goes along with a capability that is turned
	// on, and whence its value is; "": it is a change of its own. See [Companions].
	Companion Companion `json:"companion,omitempty"`
}

// String renders the change for people: `MessageRouteId MRID-a -> MRID-b`.
func (c Change) String() string { return c.Field + " " + c.Move() }

// Move renders the values without the field: `MRID-a -> MRID-b`,
// `Smith -> (empty)`, `(not shown by the API) -> Data-Only`. A value that could
// be taken for something else is quoted.
func (c Change) Move() string {
	switch {
	case c.Companion != "":
		return visible(c.New) + " (as it is, sent along with " + Capability(c.Field) + "=" + On + ")"
	case c.kept():
		return visible(c.New) + " (as it is, sent with the rest of the name)"
	}
	return c.old() + " -> " + visible(c.New)
}

// kept tells a part of a name that goes with the other.
func (c Change) kept() bool { return c.Old == c.New && !c.WriteOnly && c.Companion == "" }

func (c Change) old() string {
	if c.WriteOnly {
		return "(not shown by the API)"
	}
	return visible(c.Old)
}

// visible renders a value so that it can be told from the words around it.
func visible(value string) string {
	if value == "" {
		return "(empty)"
	}
	if strings.HasPrefix(value, "(") {
		return quote(value)
	}
	return display(value)
}

// FromChanges returns the settings that carry the changes out.
func FromChanges(changes []Change) Settings {
	var s Settings
	for _, c := range changes {
		s.Set(c.Field, c.New)
	}
	return s
}

// Apply returns the state that a number has after the changes.
func Apply(now State, changes []Change) State {
	after := now
	for _, c := range changes {
		after = after.sent(index(c.Field), c.New)
	}
	return after
}

// sent returns the state after a value was sent. With a part of a name that is
// shown as one, the other part becomes known as well: it is what is left.
func (s State) sent(i int, value string) State {
	if !s.joined || !isPart(i) {
		return s.with(i, value)
	}
	first, last, _ := s.split()
	s = s.with(firstNameAt, first).with(lastNameAt, last).with(i, value)
	first, _ = s.part(firstName)
	last, _ = s.part(lastName)
	return s.withName(join(first, last))
}

// On is the value of a capability that is turned on.
const On = "true"

// Companion is whence the value of a field is that goes along with a change.
type Companion string

const (
	// AsAsked is a value that the row itself asks for, and the number has already.
	AsAsked Companion = "row"
	// AsRead is the value that the number has: an old reading does not tell it.
	AsRead Companion = "reading"
)

// Companions adds to a row's changes the routes that go along with capabilities that are turned on, as the row asks for
// them or as the number has them: the vendor's older pages want them in the same update. Only what input would take goes
// along, and what is allowed. lacks are the routes that do not: they are not known, or the row clears them.
func Companions(changes []Change, want Settings, now State, allowed func(Change) bool) (all []Change, lacks []string) {
	all = slices.Clone(changes)
	for _, c := range changes {
		route := table[index(c.Field)].Companion
		if route == "" || c.New != On {
			continue
		}
		if i := slices.IndexFunc(changes, func(c Change) bool { return c.Field == route }); i >= 0 {
			if changes[i].New == "" {
				lacks = append(lacks, route)
			}
			continue
		}
		along, known := companion(route, want, now)
		if !known || !allowed(along) {
			lacks = append(lacks, route)
			continue
		}
		all = append(all, along)
	}
	slices.SortFunc(all, func(a, b Change) int { return cmp.Compare(index(a.Field), index(b.Field)) })
	return all, lacks
}

// companion is a route that stays as it is.
func companion(route string, want Settings, now State) (c Change, known bool) {
	old, shown := now.Get(route)
	value, asked := want.Get(route)
	from := AsAsked
	if !asked {
		value, from = old, AsRead
	}
	if value == "" {
		return c, false
	}
	if _, flaw := table[index(route)].Parse(value); flaw != nil && !flaw.Warning {
		return c, false
	}
	return Change{Field: route, Old: old, New: value, WriteOnly: !shown, Companion: from}, true
}

// Capability is the one that a route goes along with; "": the field is no route.
func Capability(route string) string {
	i := slices.IndexFunc(table[:], func(f Field) bool { return f.Companion == route })
	if i < 0 {
		return ""
	}
	return table[i].Name
}

// Own are the changes that a row asks for, without those that go along.
func Own(changes []Change) []Change {
	return slices.DeleteFunc(slices.Clone(changes), func(c Change) bool { return c.Companion != "" })
}
