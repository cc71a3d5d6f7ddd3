package settings

import "slices"

// Diff returns the changes that bring a number to what a row asks for, in the
// order of the table: only fields that are asked for, and of these only those
// that differ in meaning. A field whose value is not known differs from everything,
// also from no value: what is not shown is not empty.
func Diff(want Settings, now State) []Change {
	var changes []Change
	for i := range table {
		if want.has(i) && !now.meets(i, want) {
			old, known := now.at(i)
			changes = append(changes, Change{Field: table[i].Name, Old: old, New: want.values[i], WriteOnly: !known})
		}
	}
	return changes
}

// Drift returns the changes among those of [Diff] of which the number shows another
// value than is asked for.
func Drift(want Settings, now State) []Change {
	return slices.DeleteFunc(Diff(want, now), func(c Change) bool {
		return c.WriteOnly || c.kept() // the other part of a name comes with the one that differs
	})
}

// Everything returns the changes of a row whose number was not read: each field
// that is asked for, also one that is to be empty.
func Everything(want Settings) []Change {
	var changes []Change
	for i := range table {
		if want.has(i) {
			changes = append(changes, Change{Field: table[i].Name, New: want.values[i], WriteOnly: true})
		}
	}
	return changes
}

// meets reports whether a field is as the settings ask for it.
func (s State) meets(i int, want Settings) bool {
	if s.joined && isPart(i) {
		return s.meetsName(table[i].Name, want)
	}
	value, known := s.at(i)
	return known && table[i].Same(value, want.values[i])
}

// Only returns the settings without the fields that are not among the names,
// which may be written in any case.
func (s Settings) Only(fields []string) Settings {
	var kept Settings
	for _, name := range fields {
		if value, set := s.Get(name); set {
			kept.Set(name, value)
		}
	}
	return kept
}
