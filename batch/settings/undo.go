package settings

// Undone is what takes changes back.
type Undone struct {
	// Back are the values of before, Expected those that the changes asked for.
	Back, Expected Settings
	// Unknown are fields whose former value is not known.
	Unknown []string
	// Unclearable are fields that had no value and cannot be cleared.
	Unclearable []string
}

// Undo returns what takes changes back that were made to a number. before is
// the state that the changes were made from; nil if it is not known any more.
//
// Where the API shows a caller's name as one, a part that was changed alone
// takes the other one with it: nobody knows where the name was split, so that
// only both together bring it back as it was shown.
func Undo(changes []Change, before *State) Undone {
	var u Undone
	for _, c := range changes {
		field := table[index(c.Field)]
		switch {
		case c.Hidden:
			u.Unknown = append(u.Unknown, c.Field)
		case c.Old == "" && !field.Clearable:
			u.Unclearable = append(u.Unclearable, c.Field)
		default:
			u.Back.Set(c.Field, c.Old)
			u.Expected.Set(c.Field, c.New)
		}
	}
	u.name(before)
	return u
}

// name sees to a part of a name that was changed alone.
func (u *Undone) name(before *State) {
	first, last := index(firstName), index(lastName)
	if u.Back.has(first) == u.Back.has(last) {
		return
	}
	if before == nil {
		for _, part := range []int{first, last} {
			if u.Back.has(part) {
				u.Unknown = append(u.Unknown, table[part].Name)
				u.Back, u.Expected = u.Back.without(part), u.Expected.without(part)
			}
		}
		return
	}
	if before.joined {
		name, rest, _ := before.split()
		u.Back.Set(firstName, name)
		u.Back.Set(lastName, rest)
	}
}

// without returns the settings that do not set a field.
func (s Settings) without(i int) Settings {
	s.named &^= 1 << i
	s.values[i] = ""
	return s
}
