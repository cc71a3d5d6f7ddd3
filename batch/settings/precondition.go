package settings

import "fmt"

// Untold returns those of the fields whose values are not known, in the order of
// the table.
func (s State) Untold(fields Settings) []string {
	var untold []string
	for _, name := range fields.Names() {
		if _, known := s.Get(name); !known {
			untold = append(untold, name)
		}
	}
	return untold
}

// Unmet says which preconditions a number does not meet, in the order of the
// table, a sentence each. They are compared as [Diff] does, except that what the
// API does not show is never met: nobody can say that it is so.
func Unmet(expected Settings, now State) []string {
	var unmet []string
	for i := range table {
		if !expected.has(i) {
			continue
		}
		name := table[i].Name
		value, known := now.at(i)
		switch {
		case !known:
			unmet = append(unmet, fmt.Sprintf("%s is not shown by the API, and If.%s expects %s", name, name, visible(expected.values[i])))
		case !now.meets(i, expected):
			unmet = append(unmet, fmt.Sprintf("%s is %s, and If.%s expects %s", name, visible(value), name, visible(expected.values[i])))
		}
	}
	return unmet
}
