package settings

import "strings"

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
}

// String renders the change for people: `MessageRouteId MRID-a -> MRID-b`.
func (c Change) String() string { return c.Field + " " + c.Move() }

// Move renders the values without the field: `MRID-a -> MRID-b`,
// `Smith -> (empty)`, `(not shown by the API) -> Data-Only`. A value that could
// be taken for something else is quoted.
func (c Change) Move() string {
	if c.kept() {
		return visible(c.New) + " (as it is, sent with the rest of the name)"
	}
	return c.old() + " -> " + visible(c.New)
}

// kept tells a part of a name that goes with the other.
func (c Change) kept() bool { return c.Old == c.New && !c.WriteOnly }

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
	s = s.with(index(firstName), first).with(index(lastName), last).with(i, value)
	first, _ = s.part(firstName)
	last, _ = s.part(lastName)
	return s.withName(join(first, last))
}
