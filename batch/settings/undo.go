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

// Undo returns what takes changes back that were made to a number, which companions are not. before is
// the state that the changes were made from; nil if it is not known any more.
//
// Where the API shows a caller's name as one, both parts go back together: nobody
// knows where the name was split, and a part that was changed alone, put back
// beside what the other one really is, would make another name.
func Undo(changes []Change, before *State) Undone {
	var u Undone
	for _, c := range Own(changes) {
		field := table[index(c.Field)]
		switch {
		case c.WriteOnly:
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

// name sees to the parts of a name.
func (u *Undone) name(before *State) {
	first, last := firstNameAt, lastNameAt
	switch {
	case !u.Back.has(first) && !u.Back.has(last):
	case before != nil && before.joined:
		firstPart, lastPart := before.parts()
		u.Back.Set(firstName, firstPart)
		u.Back.Set(lastName, lastPart)
	case before == nil && u.Back.has(first) != u.Back.has(last):
		for _, part := range []int{first, last} {
			if u.Back.has(part) {
				u.Unknown = append(u.Unknown, table[part].Name)
				u.Back, u.Expected = u.Back.without(part), u.Expected.without(part)
			}
		}
	}
}

// parts splits a name that is shown as one so that it is shown again as it is
// when both parts are sent: no part begins or ends with a blank.
func (s State) parts() (first, last string) {
	first, last, _ = s.split()
	if trimmed(first) && trimmed(last) {
		return first, last
	}
	for i, r := range s.cnam {
		if first, last = s.cnam[:i], s.cnam[min(i+1, len(s.cnam)):]; r == ' ' && trimmed(first) && trimmed(last) {
			return first, last
		}
	}
	return s.cnam, ""
}

// without returns the settings that do not set a field.
func (s Settings) without(i int) Settings {
	s.named &^= 1 << i
	s.values[i] = ""
	return s
}
