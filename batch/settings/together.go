package settings

import (
	"fmt"
	"unicode/utf8"
)

// Flaws finds what is wrong with settings that are fine one by one.
func (s Settings) Flaws() []Flaw {
	var flaws []Flaw
	classification, _ := s.Get("Classification")
	if kind, _ := s.Get("MessageType"); kind == "a2p" && classification == "IoT" {
		flaws = append(flaws, Flaw{
			Field: "MessageType", Message: "the API refuses a2p for a number that is IoT",
			Hint: "write p2p, or another Classification",
		})
	}
	if n := s.nameLength(); n > maxCallerName {
		flaws = append(flaws, Flaw{
			Field: s.lastName(), Warning: true,
			Message: fmt.Sprintf("the caller name has %d characters, networks show %d", n, maxCallerName),
			Hint:    "shorten it",
		})
	}
	return flaws
}

// nameLength is the length of the caller's name, in characters. First and last
// name are shown as one, with a space between them.
func (s Settings) nameLength() int {
	first, _ := s.Get("CnamFirstName")
	last, _ := s.Get("CnamLastName")
	n := utf8.RuneCountInString(first) + utf8.RuneCountInString(last)
	if first != "" && last != "" {
		n++
	}
	return n
}

// lastName returns the field that the caller's name ends with.
func (s Settings) lastName() string {
	if last, _ := s.Get("CnamLastName"); last != "" {
		return "CnamLastName"
	}
	return "CnamFirstName"
}
