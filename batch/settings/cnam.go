package settings

import "strings"

// The parts of a caller's name. An update takes them one by one; most of the
// API's readings show only both, as one, and then nobody can tell "Mary Ann" +
// "Lee" from "Mary" + "Ann Lee". What follows from that:
//
//   - When a row asks for both parts, they are compared as one, and both are
//     sent when they differ: one part alone, beside a part that was split
//     wrongly, would make a name that nobody asked for.
//   - A part that is asked for alone is there when the name begins or ends with
//     it. A part that is to be empty is so when one word is left.
//   - An answer to an earlier update has both parts. As long as the name that is
//     shown is made of them, they say how it is split (see [State.Know]).
const (
	firstName = "CnamFirstName"
	lastName  = "CnamLastName"
)

// partBlank parts a name that is shown as one. Other blanks that end up at the ends of a part belong to it.
const partBlank = " "

func isPart(i int) bool { return i == firstNameAt || i == lastNameAt }

// Inseparable are the fields that are judged together with one: of a part of a caller's
// name both parts.
func Inseparable(field string) []string {
	if i := index(field); i >= 0 && isPart(i) {
		return []string{firstName, lastName}
	}
	return []string{field}
}

// join returns first and last name as the API shows them.
func join(first, last string) string { return strings.TrimSpace(first + partBlank + last) }

// withName returns the state in which a name is shown as one.
func (s State) withName(name string) State {
	s.joined, s.cnam = true, strings.TrimSpace(name)
	return s
}

// part returns a part of the name as it was told by itself.
func (s State) part(name string) (value string, told bool) {
	i := index(name)
	return s.values[i], s.has(i)
}

// hasParts reports whether both parts were told by themselves.
func (s State) hasParts() bool {
	_, first := s.part(firstName)
	_, last := s.part(lastName)
	return first && last
}

// hasName reports whether a name is shown, or a part of one, and tellsName whether also that there is none.
func (s State) hasName() bool {
	return s.cnam != "" || s.values[firstNameAt] != "" || s.values[lastNameAt] != ""
}

func (s State) tellsName() bool {
	return s.joined || s.has(firstNameAt) || s.has(lastNameAt)
}

// withNameOf returns the state with the name of another one, as that shows it.
func (s State) withNameOf(other State) State {
	s.joined, s.cnam = other.joined, other.cnam
	for _, i := range [...]int{firstNameAt, lastNameAt} {
		s.known = s.known&^(1<<i) | other.known&(1<<i)
		s.values[i] = other.values[i]
	}
	return s
}

// split returns the parts of a name that is shown as one, and whether they are
// certain: the name is empty or made of parts that are known.
func (s State) split() (first, last string, certain bool) {
	first, hasFirst := s.part(firstName)
	last, hasLast := s.part(lastName)
	switch {
	case hasFirst && hasLast:
		certain = join(first, last) == s.cnam
	case hasFirst:
		last, certain = rest(s.cnam, first, strings.CutPrefix)
	case hasLast:
		first, certain = rest(s.cnam, last, strings.CutSuffix)
	}
	if !certain {
		first, last, _ = strings.Cut(s.cnam, partBlank)
		certain = s.cnam == ""
	}
	return first, last, certain
}

// rest returns what a name has besides a part at one of its ends, and whether
// it has the part there: whole words, not letters. Every name begins and ends
// with an empty part, so that one says nothing and is not found.
func rest(name, part string, cut func(s, part string) (string, bool)) (string, bool) {
	other, found := cut(name, part)
	trimmed := strings.Trim(other, partBlank)
	return trimmed, found && (trimmed == "" || trimmed != other)
}

// meetsName reports whether a part of a name that is shown as one is as the
// settings ask for it.
func (s State) meetsName(part string, want Settings) bool {
	first, asksFirst := want.Get(firstName)
	last, asksLast := want.Get(lastName)
	both := asksFirst && asksLast
	if both && join(first, last) == s.cnam {
		return true
	}
	asked, _ := want.Get(part)
	if _, _, certain := s.split(); certain {
		now, _ := s.Get(part)
		return asked == now
	}
	switch {
	case both:
		return false
	case asked == "":
		return !strings.Contains(s.cnam, partBlank)
	case part == firstName:
		_, found := rest(s.cnam, asked, strings.CutPrefix)
		return found
	}
	_, found := rest(s.cnam, asked, strings.CutSuffix)
	return found
}
