package settings

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Settings are the fields that a row sets, with their values. The zero value
// sets nothing. Settings are comparable: == tells whether two rows ask for the
// same.
type Settings struct {
	named  uint16 // bit i: field i is set
	values [FieldCount]string
}

// Get returns the value of a field and whether it is set. A field that is set
// to "" is to be cleared.
func (s Settings) Get(name string) (value string, set bool) {
	i := index(name)
	if i < 0 || !s.has(i) {
		return "", false
	}
	return s.values[i], true
}

// Set sets a field to a value as [Field.Parse] returns it, or to "", which
// clears it. It panics for a name that is not in the table: names come from
// there.
func (s *Settings) Set(name, value string) {
	i := index(name)
	if i < 0 {
		panic(fmt.Sprintf("settings: no field is named %q", name))
	}
	s.SetAt(i, value)
}

// SetAt is Set of the field in a place of [Fields].
func (s *Settings) SetAt(i int, value string) {
	s.named |= 1 << i
	s.values[i] = value
}

func (s Settings) has(i int) bool { return s.named&(1<<i) != 0 }

// Len returns how many fields are set.
func (s Settings) Len() int { return len(s.Names()) }

// IsZero reports whether nothing is set.
func (s Settings) IsZero() bool { return s.named == 0 }

// Empty returns of the fields those that are set to "".
func (s Settings) Empty() Settings {
	var empty Settings
	for i := range table {
		if s.has(i) && s.values[i] == "" {
			empty.named |= 1 << i
		}
	}
	return empty
}

// AnyEmpty reports whether some field is set to "".
func (s *Settings) AnyEmpty() bool {
	for i := range table {
		if s.values[i] == "" && s.named&(1<<i) != 0 {
			return true
		}
	}
	return false
}

// And returns the fields of both; of a field that both set, the other one's value.
func (s Settings) And(other Settings) Settings {
	for i := range table {
		if other.has(i) {
			s.named |= 1 << i
			s.values[i] = other.values[i]
		}
	}
	return s
}

// Names returns the names of the fields that are set, in the API's order.
func (s Settings) Names() []string {
	var names []string
	for i := range table {
		if s.has(i) {
			names = append(names, table[i].Name)
		}
	}
	return names
}

// String renders the settings for people, in the API's order:
// `MessageRouteId=MRID-b VoiceEnabled=true`. A field that is cleared reads
// `CnamLastName=<clear>`, and a value with a blank or a quote in it is quoted.
func (s Settings) String() string {
	text := make([]byte, 0, 512) // longer than nearly all are
	for i := range table {
		if !s.has(i) {
			continue
		}
		if len(text) > 0 {
			text = append(text, ' ')
		}
		text = append(append(text, table[i].Name...), '=')
		text = append(text, display(s.values[i])...)
	}
	return string(text)
}

// display tells a cleared value from one that reads like it by its quotes.
func display(value string) string {
	switch {
	case value == "":
		return Clear
	case value == Clear || value == Unknown || strings.ContainsAny(value, " \"=\t\r\n"):
		return quote(value)
	}
	return value
}

func quote(value string) string { return fmt.Sprintf("%q", value) }

// Hash returns a short fingerprint of the settings. It is the same in every
// version and on every machine, because the store keeps it.
func (s Settings) Hash() string {
	var all [512]byte // longer than nearly all are
	text := all[:0]
	for i := range table {
		if s.has(i) {
			text = append(append(text, table[i].Name...), '=')
			text = append(strconv.AppendInt(text, int64(len(s.values[i])), 10), ':')
			text = append(append(text, s.values[i]...), '\n')
		}
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// MarshalJSON writes the fields that are set: {"MessageRouteId":"MRID-b"}.
func (s Settings) MarshalJSON() ([]byte, error) {
	doc := members{}
	for _, i := range byName {
		if s.has(i) {
			doc.add(table[i].Name, s.values[i])
		}
	}
	return doc.object(), nil
}

// UnmarshalJSON reads what MarshalJSON wrote. A name that is no field is an error.
func (s *Settings) UnmarshalJSON(doc []byte) error {
	var fields map[string]string
	if err := json.Unmarshal(doc, &fields); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	*s = Settings{}
	for name, value := range fields {
		if index(name) < 0 {
			return fmt.Errorf("settings: no field is named %q", name)
		}
		s.Set(name, value)
	}
	return nil
}
