package settings

import (
	"fmt"
	"unicode/utf8"
)

// Flaws finds what is wrong with settings that are fine one by one.
func (s Settings) Flaws() []Flaw {
	var flaws []Flaw
	classification, _ := s.Get("Classification")
	kind, _ := s.Get("MessageType")
	if flaw := iotFlaw(classification, kind); flaw != nil {
		flaws = append(flaws, *flaw)
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

// Flaw finds what the API refuses in a number's state as a whole, with the
// changes of a row applied to it. It is nil when there is nothing, or when the
// API does not tell enough.
func (s State) Flaw() *Flaw {
	classification, _ := s.Get("Classification")
	kind, _ := s.Get("MessageType")
	return iotFlaw(classification, kind)
}

// iotFlaw holds the one rule about two fields: numbers of things send no
// application's messages.
func iotFlaw(classification, messageType string) *Flaw {
	if classification != "IoT" || messageType != "a2p" {
		return nil
	}
	return &Flaw{
		Field: "MessageType", Message: "the API refuses a2p for a number that is IoT",
		Hint: "write p2p, or another Classification",
	}
}

// nameLength is the length of the caller's name, in characters. First and last
// name are shown as one, with a space between them.
func (s Settings) nameLength() int {
	first, _ := s.Get(firstName)
	last, _ := s.Get(lastName)
	n := utf8.RuneCountInString(first) + utf8.RuneCountInString(last)
	if first != "" && last != "" {
		n++
	}
	return n
}

// lastName returns the field that the caller's name ends with.
func (s Settings) lastName() string {
	if last, _ := s.Get(lastName); last != "" {
		return lastName
	}
	return firstName
}
