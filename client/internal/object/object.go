// Package object is a JSON object as the API writes it: its fields are found in any case.
package object

import (
	"bytes"
	"encoding/json"
	"iter"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Object is a JSON object whose fields are found in any case: the API says TNID on one page and Tnid on another. Its
// values are valid JSON, because [Parse] makes it.
type Object map[string]json.RawMessage

// mostFields is how many fields an object has at most: one of more is none of the API's, and takes many times the memory
// of its text.
const mostFields = 1000

// field is a name with its value, as it stands there.
type field struct {
	name, value []byte
}

// Parse reads a body that is one JSON object and nothing else, and does not contradict itself. What it gives is a part of the
// body.
func Parse(body []byte) (Object, bool) {
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	o, ok := parseValid(body)
	if !ok || !json.Valid(body) {
		return nil, false
	}
	return o, true
}

// Contradicted is the first name that a body's object has twice, in any case, with different values; "": there is none.
func Contradicted(body []byte) string {
	fields, _ := fieldsOf(bytes.TrimPrefix(body, []byte("\ufeff")))
	_, name := fold(fields)
	return name
}

// parseValid reads an object of which the caller knows, or finds out, that it is valid JSON. What contradicts itself is none.
func parseValid(body []byte) (Object, bool) {
	fields, ok := fieldsOf(body)
	if !ok {
		return nil, false
	}
	o, _ := fold(fields)
	return o, o != nil
}

// fold puts fields together that differ in their case only; nil: there is a name whose values differ, the first of which it gives.
func fold(fields []field) (o Object, contradicted string) {
	o = make(Object, len(fields))
	var lower [32]byte // as in Find
	for _, f := range fields {
		o[string(toLower(lower[:0], f.name))] = f.value
	}
	if len(o) == len(fields) {
		return o, ""
	}
	for _, f := range fields {
		if !same(f.value, o[string(toLower(lower[:0], f.name))]) {
			return nil, string(f.name)
		}
	}
	return o, ""
}

// same reports whether two values say the same.
func same(a, b []byte) bool {
	one, is := scalar(a)
	other, too := scalar(b)
	return is && too && bytes.Equal(one, other) || bytes.Equal(a, b)
}

// fieldsOf are the fields of an object, as they stand there.
func fieldsOf(body []byte) ([]field, bool) {
	body = bytes.Trim(body, " \t\r\n")
	if !bytes.HasPrefix(body, []byte("{")) {
		return nil, false
	}
	fields := make([]field, 0, 16)
	for item := range items(body) {
		if len(fields) == mostFields {
			return nil, false
		}
		name, value, whole := cutName(item)
		if !whole {
			return nil, false
		}
		fields = append(fields, field{name, value})
	}
	return fields, true
}

// cutName divides a name and its value; false: it is none.
func cutName(item []byte) (name, value []byte, ok bool) {
	if len(item) == 0 || item[0] != '"' {
		return nil, nil, false
	}
	end := min(textEnd(item, 0)+1, len(item))
	name, is := scalar(item[:end])
	value, ok = bytes.CutPrefix(bytes.TrimSpace(item[end:]), []byte(":"))
	if !is || !ok {
		return nil, nil, false
	}
	return name, bytes.TrimSpace(value), true
}

// Within is the object that a member has, with all members beside it that it does not have itself; o, when it is no object.
func (o Object) Within(name string) Object {
	raw, _ := o.Find(name)
	inner, ok := Parse(raw)
	if !ok {
		return o
	}
	for beside, value := range o {
		if _, has := inner[beside]; !has && !strings.EqualFold(beside, name) {
			inner[beside] = value
		}
	}
	return inner
}

// Find returns the first of the names that the object has.
func (o Object) Find(names ...string) (json.RawMessage, bool) {
	var lower [32]byte // longer than any name that is asked for
	for _, name := range names {
		if raw, ok := o[string(toLower(lower[:0], name))]; ok {
			return raw, true
		}
	}
	return nil, false
}

// toLower appends a name of the API in lower case: they are ASCII.
func toLower[Text string | []byte](lower []byte, name Text) []byte {
	for i := range len(name) {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower = append(lower, c)
	}
	return lower
}

// Optional returns a text; nil: the field is missing or no scalar; a pointer to "": it is null or empty.
func (o Object) Optional(names ...string) *string {
	if text, is := o.find(names); is {
		return new(text)
	}
	return nil
}

// Text returns a text, "" when there is none. Numbers and booleans are taken as they are written.
func (o Object) Text(names ...string) string {
	text, _ := o.find(names)
	return text
}

// find returns a text; false: the field is missing or no scalar.
func (o Object) find(names []string) (string, bool) {
	raw, ok := o.Find(names...)
	if !ok {
		return "", false
	}
	text, is := scalar(raw)
	return string(text), is
}

// Flag returns a boolean, also one written as text; nil: missing, null or no boolean.
func (o Object) Flag(names ...string) *bool {
	switch strings.ToLower(strings.TrimSpace(o.Text(names...))) {
	case "true", "yes", "1", "on", "enabled":
		return new(true)
	case "false", "no", "0", "off", "disabled":
		return new(false)
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
				record, _ = parseValid(item) // as a part of an object that is
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
		depth, start := 0, 0
		for i := 0; i < len(text); i++ {
			switch c := text[i]; {
			case c == '"':
				i = textEnd(text, i)
			case c == '[', c == '{':
				if depth++; depth == 1 {
					start = i + 1
				}
			case depth == 1 && (c == ',' || c == ']' || c == '}'):
				if item := bytes.TrimSpace(text[start:i]); len(item) > 0 && !yield(item) {
					return
				}
				if start = i + 1; c != ',' {
					depth--
				}
			case c == ']', c == '}':
				depth--
			}
		}
	}
}

// textEnd is where the quote stands that ends a text, which begins with one.
func textEnd(text []byte, begin int) int {
	for i := begin + 1; i < len(text); i++ {
		switch text[i] {
		case '"':
			return i
		case '\\':
			i++ // what is escaped ends no text
		}
	}
	return len(text)
}

// scalar is what a value says that is no list and no object: of null nothing. It may be a part of it.
func scalar(raw []byte) (text []byte, is bool) {
	text = bytes.TrimSpace(raw)
	switch {
	case string(text) == "null":
		return nil, true
	case isPlain(text):
		return text[1 : len(text)-1], true
	case bytes.HasPrefix(text, []byte(`"`)):
		var unquoted string
		err := json.Unmarshal(text, &unquoted)
		return []byte(unquoted), err == nil
	default:
		return text, !bytes.HasPrefix(text, []byte("{")) && !bytes.HasPrefix(text, []byte("["))
	}
}

// isPlain reports whether a value is a text that means what is between its quotes: nearly all are.
func isPlain(text []byte) bool {
	if len(text) < 2 || text[0] != '"' || text[len(text)-1] != '"' {
		return false
	}
	for _, c := range text[1 : len(text)-1] {
		if c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
