package client

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// object is a JSON object whose fields are found in any case: the API says TNID on one page and Tnid on another.
type object map[string]json.RawMessage

// parseObject reads a body that is one JSON object and nothing else.
func parseObject(body []byte) (object, bool) {
	var fields map[string]json.RawMessage
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	if err := json.Unmarshal(body, &fields); err != nil || fields == nil {
		return nil, false
	}
	o := make(object, len(fields))
	for _, name := range slices.Sorted(maps.Keys(fields)) { // sorted: of two spellings always the same one stays
		o[strings.ToLower(name)] = fields[name]
	}
	return o, true
}

// find returns the first of the names that the object has.
func (o object) find(names ...string) (json.RawMessage, bool) {
	for _, name := range names {
		if raw, ok := o[strings.ToLower(name)]; ok {
			return raw, true
		}
	}
	return nil, false
}

// optional returns a text; nil: the field is missing or no scalar; a pointer to "": it is null or empty.
func (o object) optional(names ...string) *string {
	raw, ok := o.find(names...)
	if !ok {
		return nil
	}
	return scalar(raw)
}

// text returns a text, "" when there is none. Numbers and booleans are taken as they are written.
func (o object) text(names ...string) string {
	if s := o.optional(names...); s != nil {
		return *s
	}
	return ""
}

// flag returns a boolean, also one written as text; nil: missing, null or no boolean.
func (o object) flag(names ...string) *bool {
	yes, no := true, false
	switch strings.ToLower(strings.TrimSpace(o.text(names...))) {
	case "true", "yes", "1", "on", "enabled":
		return &yes
	case "false", "no", "0", "off", "disabled":
		return &no
	default:
		return nil
	}
}

// objects returns the objects of a list, and how many of its items are none. It is false when there is no list.
func (o object) objects(names ...string) (records []object, others int, ok bool) {
	raw, _ := o.find(names...)
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, 0, false
	}
	for _, item := range list {
		if record, ok := parseObject(item); ok {
			records = append(records, record)
		} else {
			others++
		}
	}
	return records, others, true
}

// isEmpty reports whether a value is nothing: null, "", 0, false, or a list or object without anything in it.
func isEmpty(raw json.RawMessage) bool {
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
