package sandbox

import (
	"encoding/json"
	"strings"
)

// Form is how answers are written, whatever they tell. The vendor's pages show each of these.
type Form struct {
	PlainText   bool    // JSON comes as text/plain
	TextJSON    bool    // JSON comes as text/json
	Keys        KeyCase // how the names of members begin
	TextFlags   bool    // every other record of a list has its booleans as text, "true"
	BareNumbers bool    // the numbers of a list are JSON numbers, without +
	ExpiresIn   bool    // a token is told with ExpiresIn, in seconds, and TokenType, instead of tokenExpiry
}

// KeyCase is how the names of members begin.
type KeyCase string

// The ways of beginning them; "": as the vendor's current examples do.
const (
	CamelCase  KeyCase = "camel"
	PascalCase KeyCase = "pascal"
)

// of writes an object in the form.
func (f Form) of(o object) object {
	if f == (Form{PlainText: f.PlainText, TextJSON: f.TextJSON}) {
		return o
	}
	return f.object(o)
}

func (f Form) object(o object) object {
	formed := make(object, len(o))
	for i, m := range o {
		switch v := m.value.(type) {
		case object:
			m.value = f.object(v)
		case []object:
			list := make([]object, len(v))
			for j, record := range v {
				list[j] = f.object(f.record(record, j))
			}
			m.value = list
		}
		m.name = f.Keys.name(m.name)
		formed[i] = m
	}
	return formed
}

// record writes the i-th record of a list.
func (f Form) record(o object, i int) object {
	formed := make(object, len(o))
	for j, m := range o {
		switch v := m.value.(type) {
		case bool:
			if f.TextFlags && i%2 == 1 {
				m.value = map[bool]string{true: "true", false: "false"}[v]
			}
		case string:
			if f.BareNumbers && (m.name == "Number" || m.name == "PhoneNumber") {
				m.value = json.Number(strings.TrimPrefix(v, "+"))
			}
		}
		formed[j] = m
	}
	return formed
}

func (k KeyCase) name(name string) string {
	switch k {
	case CamelCase:
		return strings.ToLower(name[:1]) + name[1:]
	case PascalCase:
		return strings.ToUpper(name[:1]) + name[1:]
	default:
		return name
	}
}
