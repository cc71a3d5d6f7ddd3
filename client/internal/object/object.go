// Package object is a JSON object as the API writes it: its fields are found in any case.
package object

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Object is a JSON object whose fields are found in any case: the API says TNID on one page and Tnid on another.
type Object map[string]json.RawMessage

// Parse reads a body that is one JSON object and nothing else.
func Parse(body []byte) (Object, bool) {
	var fields map[string]json.RawMessage
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	if err := json.Unmarshal(body, &fields); err != nil || fields == nil {
		return nil, false
	}
	o := make(Object, len(fields))
	for _, name := range slices.Sorted(maps.Keys(fields)) { // sorted: of two spellings always the same one stays
		o[strings.ToLower(name)] = fields[name]
	}
	return o, true
}

// Find returns the first of the names that the object has.
func (o Object) Find(names ...string) (json.RawMessage, bool) {
	for _, name := range names {
		if raw, ok := o[strings.ToLower(name)]; ok {
			return raw, true
		}
	}
	return nil, false
}

// Optional returns a text; nil: the field is missing or no scalar; a pointer to "": it is null or empty.
func (o Object) Optional(names ...string) *string {
	raw, ok := o.Find(names...)
	if !ok {
		return nil
	}
	return scalar(raw)
}

// Text returns a text, "" when there is none. Numbers and booleans are taken as they are written.
func (o Object) Text(names ...string) string {
	if s := o.Optional(names...); s != nil {
		return *s
	}
	return ""
}

// Flag returns a boolean, also one written as text; nil: missing, null or no boolean.
func (o Object) Flag(names ...string) *bool {
	yes, no := true, false
	switch strings.ToLower(strings.TrimSpace(o.Text(names...))) {
	case "true", "yes", "1", "on", "enabled":
		return &yes
	case "false", "no", "0", "off", "disabled":
		return &no
	default:
		return nil
	}
}

// Count returns a whole number that is not negative, or other.
func (o Object) Count(other int, names ...string) int {
	if n, err := strconv.Atoi(o.Text(names...)); err == nil && n >= 0 {
		return n
	}
	return other
}

// Objects returns the objects of a list, and how many of its items are none. It is false when there is no list.
func (o Object) Objects(names ...string) (records []Object, others int, ok bool) {
	raw, _ := o.Find(names...)
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, 0, false
	}
	for _, item := range list {
		if record, ok := Parse(item); ok {
			records = append(records, record)
		} else {
			others++
		}
	}
	return records, others, true
}

// IsEmpty reports whether a value is nothing: null, "", 0, false, or a list or object without anything in it.
func IsEmpty(raw json.RawMessage) bool {
	var value any
	_ = json.Unmarshal(raw, &value) // it was part of an object that could be read
	switch v := value.(type) {
	case map[string]any:
		return len(v) == 0
	case []any:
		return len(v) == 0
	default:
		return v == nil || v == "" || v == 0.0 || v == false
	}
}

func scalar(raw json.RawMessage) *string {
	text := string(bytes.TrimSpace(raw))
	switch {
	case text == "null":
		text = ""
	case strings.HasPrefix(text, `"`):
		if err := json.Unmarshal(raw, &text); err != nil {
			return nil
		}
	case strings.HasPrefix(text, "{"), strings.HasPrefix(text, "["):
		return nil
	}
	return &text
}
