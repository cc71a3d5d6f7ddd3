// Package object is a JSON object as the API writes it: its fields are found in any case.
package object

import (
	"bytes"
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Object is a JSON object whose fields are found in any case: the API says TNID on one page and Tnid on another.
type Object map[string]json.RawMessage

// mostFields is how many fields an object has at most: one of more is none of the API's, and takes many times the memory
// of its text.
const mostFields = 1000

// Parse reads a body that is one JSON object and nothing else.
func Parse(body []byte) (Object, bool) {
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	n := 0
	for range items(body) {
		if n++; n > mostFields {
			return nil, false
		}
	}
	var fields map[string]json.RawMessage
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

// Objects returns the items of a list, one after the other: nil stands for one that is no object. It is false when there is
// no list. Nothing of them is kept: a list may have millions.
func (o Object) Objects(names ...string) (list iter.Seq[Object], ok bool) {
	raw, _ := o.Find(names...)
	text := bytes.TrimSpace(raw)
	switch {
	case string(text) == "null":
		return func(func(Object) bool) {}, true
	case !bytes.HasPrefix(text, []byte("[")):
		return nil, false
	}
	return func(yield func(Object) bool) {
		for item := range items(text) {
			var record Object
			if bytes.HasPrefix(item, []byte("{")) {
				record, _ = Parse(item)
			}
			if !yield(record) {
				return
			}
		}
	}, true
}

// IsEmpty reports whether a value is nothing: null, "", 0, false, or a list or object without anything in it.
func IsEmpty(raw json.RawMessage) bool {
	if text := bytes.TrimSpace(raw); bytes.HasPrefix(text, []byte("{")) || bytes.HasPrefix(text, []byte("[")) {
		for range items(text) {
			return false
		}
		return true
	}
	var value any
	_ = json.Unmarshal(raw, &value) // it was part of an object that could be read
	return value == nil || value == "" || value == 0.0 || value == false
}

// items are what a list or an object has in it, as it stands there: of an object each name with its value. What is no
// valid JSON has any.
func items(text []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		depth, start, quoted := 0, 0, false
		for i := 0; i < len(text); i++ {
			c := text[i]
			switch {
			case quoted:
				if c == '\\' {
					i++ // what is escaped ends no text
				}
				quoted = c != '"'
			case c == '"':
				quoted = true
			case c == '[', c == '{':
				if depth++; depth == 1 {
					start = i + 1
				}
			case depth == 1 && (c == ',' || c == ']' || c == '}'):
				if item := bytes.TrimSpace(text[start:i]); len(item) > 0 && !yield(item) {
					return
				}
				start = i + 1
				if c != ',' {
					depth--
				}
			case c == ']', c == '}':
				depth--
			}
		}
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
