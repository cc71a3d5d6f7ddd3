package settings

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/bulknum/bulknum/client"
)

// State is what is known of a number's settings: the value of each field, or that it
// is unknown, because the answer did not have it. In the zero State all are unknown.
// States are comparable.
type State struct {
	known  uint16 // bit i: the value of field i is known; of a caller name's parts see cnam
	joined bool   // cnam is known
	values [FieldCount]string
	cnam   string // first and last name as the API shows them: as one
}

// StateOf returns the state that a record of the reading side has, in the
// spelling that [Field.Parse] returns. What the record shows as null or empty
// is known to be ""; what it does not have is unknown.
func StateOf(n client.Number) State {
	var s State
	for i := range table {
		if value := table[i].told(&n); value != nil {
			s = s.with(i, *value)
		}
	}
	if n.Cnam != nil && !s.hasParts() {
		s = s.withName(*n.Cnam)
	}
	return s
}

// StateFrom returns the state that a row of an exported inventory has: what the row
// leaves out is unknown. An export splits a caller's name wherever there is a space, so
// that first and last name are known together.
func StateFrom(row Settings) State {
	first, hasFirst := row.Get(firstName)
	last, hasLast := row.Get(lastName)
	var s State
	for i := range table {
		if row.has(i) && !(isPart(i) && hasFirst && hasLast) {
			s = s.with(i, row.values[i])
		}
	}
	if hasFirst && hasLast {
		s = s.withName(join(first, last))
	}
	return s
}

// Get returns the value of a field and whether it is known. Where the API shows
// a caller's name as one, its first word is given as the first name, unless
// more is known of it by [State.Know].
func (s State) Get(field string) (value string, known bool) {
	i := index(field)
	if i < 0 {
		return "", false
	}
	return s.at(i)
}

// Know adds what an earlier answer of the API had of a field that is unknown
// now. A value that the reading side shows stays as it is. For a caller's name
// that is shown as one, the first and last name of an earlier answer show where
// it is split; they are not used when the name has changed since. Know panics
// for a name that is not in the table: names come from there.
func (s *State) Know(field, value string) {
	i := index(field)
	if i < 0 {
		panic(fmt.Sprintf("settings: no field is named %q", field))
	}
	if !s.has(i) {
		*s = s.with(i, value)
	}
}

// ShowsEmpty reports whether one of the fields is shown without a value. A part of a name that
// is shown as one is none of them: nobody knows how it is split.
func (s State) ShowsEmpty(fields Settings) bool {
	for i := range table {
		value, known := s.at(i)
		if fields.has(i) && known && value == "" && !(isPart(i) && s.joined && s.cnam != "") {
			return true
		}
	}
	return false
}

// Beside returns what two readings of a number show together: a field that is not shown, or
// shown without a value, has what the other reading shows.
func (s State) Beside(other State) State {
	for i := range table {
		if other.has(i) && !isPart(i) && s.values[i] == "" {
			s = s.with(i, other.values[i])
		}
	}
	if !s.hasName() && (other.hasName() || !s.tellsName()) {
		s = s.withNameOf(other)
	}
	return s
}

func (s State) has(i int) bool { return s.known&(1<<i) != 0 }

// with returns the state in which a value is known, in the spelling of the
// table if it has one.
func (s State) with(i int, value string) State {
	if f := &table[i]; f.Kind != Text {
		value = f.meaning(f, value)
	}
	s.known |= 1 << i
	if s.values[i] = strings.TrimSpace(value); isPart(i) {
		s.values[i] = strings.Trim(value, partBlank)
	}
	return s
}

// at returns what Get does.
func (s State) at(i int) (value string, known bool) {
	if s.joined && isPart(i) {
		first, last, _ := s.split()
		if i == firstNameAt {
			return first, true
		}
		return last, true
	}
	return s.values[i], s.has(i)
}

// cnamKey is the API's name of first and last name shown as one.
const cnamKey = "Cnam"

// MarshalJSON writes what is known under the API's names:
// {"Cnam":"Bob Smith","MessageRouteId":"MRID-a","VoiceEnabled":"true"}.
func (s State) MarshalJSON() ([]byte, error) {
	doc := members{}
	for _, i := range byName {
		if s.joined && i == firstNameAt { // the first of those behind it
			doc.add(cnamKey, s.cnam)
		}
		if s.has(i) {
			doc.add(table[i].Name, s.values[i])
		}
	}
	return doc.object(), nil
}

// UnmarshalJSON reads what MarshalJSON wrote. A name that is no field says
// nothing that could be asked for, and is passed over.
func (s *State) UnmarshalJSON(data []byte) error {
	var fields map[string]string
	if err := json.Unmarshal(data, &fields); err != nil {
		return fmt.Errorf("state of a number: %w", err)
	}
	var read State
	for name, value := range fields {
		if i := index(name); i >= 0 {
			read = read.with(i, value)
		}
	}
	if name, ok := fields[cnamKey]; ok {
		read = read.withName(name)
	}
	*s = read
	return nil
}

// truth writes a boolean as a row has it.
func truth(b *bool) *string {
	if b == nil {
		return nil
	}
	return new(strconv.FormatBool(*b))
}
