package settings

import (
	"fmt"
	"strings"
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
	if flaw, long := s.longName(); long {
		flaws = append(flaws, flaw)
	}
	return flaws
}

// longName warns of a caller's name that will be cut. First and last name are
// shown as one, with a space between them.
func (s Settings) longName() (Flaw, bool) {
	first, _ := s.Get("CnamFirstName")
	last, _ := s.Get("CnamLastName")
	field := "CnamLastName"
	if last == "" {
		field = "CnamFirstName"
	}
	n := utf8.RuneCountInString(strings.TrimSpace(first + " " + last))
	return Flaw{
		Field: field, Warning: true,
		Message: fmt.Sprintf("the caller name has %d characters, networks show %d", n, maxCallerName),
		Hint:    "shorten it",
	}, n > maxCallerName
}
