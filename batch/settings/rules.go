package settings

import (
	"fmt"
	"slices"
	"unicode/utf8"
)

// iot is the classification of the numbers of things.
const iot = "IoT"

// Flaws finds what is wrong with settings that are fine one by one.
func (s Settings) Flaws() []Flaw {
	var flaws []Flaw
	if flaw := iotFlaw(s.values[classificationAt], s.values[messageTypeAt]); flaw != nil {
		flaws = append(flaws, *flaw)
	}
	if s.values[classificationAt] == iot { // s.Get is a copy of the settings, of each row
		flaws = append(flaws, voiceFlaws(s.Get)...)
	}
	flaws = append(flaws, s.bare()...)
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
	if classification != iot || messageType != "a2p" {
		return nil
	}
	return &Flaw{
		Field: "MessageType", Message: "the API refuses a2p for a number that is IoT",
		Hint: "write p2p, or another Classification",
	}
}

// Odd finds what is odd about a number's state as a whole, with these changes of a row applied to it, as far as the changes
// themselves do not say it.
func (s State) Odd(changes []Change) []Flaw {
	said := FromChanges(changes)
	known := voiceFlaws(said.Get)
	after := Apply(s, changes)
	var odd []Flaw
	for _, flaw := range voiceFlaws(after.Get) {
		_, changed := said.Get(flaw.Field)
		_, classified := said.Get("Classification")
		alreadySaid := slices.ContainsFunc(known, func(k Flaw) bool { return k.Field == flaw.Field })
		if (changed || classified) && !alreadySaid {
			odd = append(odd, flaw)
		}
	}
	return odd
}

// voiceFlaws warns of voice for numbers of things. The vendor's pages say that they have none, and show one that has: it is
// not refused.
func voiceFlaws(get func(field string) (value string, known bool)) []Flaw {
	if classification, _ := get("Classification"); classification != iot {
		return nil
	}
	var flaws []Flaw
	for _, voice := range []struct{ field, value string }{{"VoiceEnabled", On}, {"ProductType", "Sms+Data+Voice"}} {
		if value, _ := get(voice.field); value == voice.value {
			flaws = append(flaws, Flaw{
				Field: voice.field, Warning: true, Message: voice.value + " is for voice, which a number that is IoT does not have by the vendor's rules",
				Hint: "see whether this number is meant; it is sent as it is",
			})
		}
	}
	return flaws
}

// bare warns of what each number must have, and the settings take away.
func (s Settings) bare() []Flaw {
	var flaws []Flaw
	for _, i := range [...]int{messageRouteAt, subscriberAt} {
		if s.has(i) && s.values[i] == "" {
			flaws = append(flaws, Flaw{
				Field: table[i].Name, Warning: true, Message: "is cleared, and the vendor says that each number must have one",
				Hint: "write the one that it is to have",
			})
		}
	}
	return flaws
}

// nameLength is the length of the caller's name, in characters. First and last
// name are shown as one, with a space between them.
func (s Settings) nameLength() int {
	first, last := s.values[firstNameAt], s.values[lastNameAt]
	n := utf8.RuneCountInString(first) + utf8.RuneCountInString(last)
	if first != "" && last != "" {
		n++
	}
	return n
}

// lastName returns the field that the caller's name ends with.
func (s Settings) lastName() string {
	if s.values[lastNameAt] != "" {
		return lastName
	}
	return firstName
}
