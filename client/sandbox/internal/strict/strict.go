// Package strict is the reader of what a request says, as a server does that takes nothing but what its description
// allows.
package strict

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Values is the body of a request: what each field said.
type Values map[string]any // string or bool

// Text returns a field's string, "" when it is left out.
func (v Values) Text(field string) string {
	s, _ := v[field].(string)
	return s
}

// Decode reads a body that must be one JSON object of known fields, each of its type and at most once, with nothing
// after it. encoding/json alone would let pass: a field twice, its name in other case, unknown fields, null for any
// type, bytes that are not UTF-8.
func Decode(header http.Header, body []byte, fields map[string]Field) (Values, *Refusal) {
	if media, _, err := mime.ParseMediaType(header.Get("Content-Type")); err != nil || media != "application/json" {
		return nil, Refuse(http.StatusBadRequest, "Content-Type %q: want application/json", header.Get("Content-Type"))
	}
	if !utf8.Valid(body) {
		return nil, Refuse(http.StatusBadRequest, "the body is not UTF-8")
	}
	wrong := Mistakes{}
	v, err := decodeObject(body, fields, wrong)
	if err != nil {
		return nil, Refuse(http.StatusBadRequest, "the body is not one JSON object: %v", err)
	}
	for name, f := range fields {
		if _, ok := v[name]; f.Required && !ok {
			wrong.Add(name, "is required")
		}
	}
	return v, wrong.Refusal()
}

// decodeObject reads the members; what is wrong with one goes to wrong, an error is a body that is no object at all.
func decodeObject(body []byte, fields map[string]Field, wrong Mistakes) (Values, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("it does not begin with {")
	}
	v := Values{}
	seen := map[string]bool{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		var value any
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		key := name.(string) // a JSON object's keys are strings, or the decoder had failed
		if seen[key] {
			wrong.Add(key, "is given twice")
		}
		seen[key] = true
		accept(v, key, value, fields, wrong)
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("text follows it")
	}
	return v, nil
}

// accept puts one member's value into v if its field allows it.
func accept(v Values, name string, value any, fields map[string]Field, wrong Mistakes) {
	f, known := fields[name]
	if !known {
		wrong.Add(name, "is not a field: want one of %s", strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
		return
	}
	switch value := value.(type) {
	case bool:
		if !f.Boolean {
			wrong.Add(name, "is a boolean, want a string")
			return
		}
		v[name] = value
	case string:
		if f.Boolean {
			wrong.Add(name, "is a string, want true or false")
			return
		}
		if err := f.Check(value); err != nil {
			wrong.Add(name, "%q: %v", value, err)
		}
		v[name] = value
	default:
		wrong.Add(name, "is %T, want a %s", value, f.kind())
	}
}

// Field is what one field of a request may say.
type Field struct {
	Required bool
	Boolean  bool
	Allowed  []string       // the only strings
	Format   *regexp.Regexp // what the string looks like
	Prefixes []string       // of the known identifier prefixes, those that belong here
	IdField  bool           // prefixes are looked at
	Clear    bool           // an empty string is allowed: it clears the setting
}

func (f Field) kind() string {
	if f.Boolean {
		return "boolean"
	}
	return "string"
}

// knownPrefixes are the prefixes of the API's identifiers. Identifiers with another prefix, or none, are legacy ones.
func knownPrefixes() []string {
	return []string{"DID", "AID", "TSUID", "SID", "TNID", "NID", "MRID", "CRID", "JNUOID", "JNOID", "TNOID"}
}

// Check says what is wrong with a text, if anything.
func (f Field) Check(s string) error {
	switch {
	case s == "" && f.Clear:
		return nil
	case s == "":
		return fmt.Errorf("must not be empty")
	case strings.ContainsFunc(s, unicode.IsControl):
		return fmt.Errorf("contains a control character")
	case f.Allowed != nil && !slices.Contains(f.Allowed, s):
		return fmt.Errorf("want one of %s", strings.Join(f.Allowed, ", "))
	case f.Format != nil && !f.Format.MatchString(s):
		return fmt.Errorf("want the form %s", f.Format)
	}
	if prefix, _, ok := strings.Cut(s, "-"); ok && f.IdField && slices.Contains(knownPrefixes(), prefix) &&
		!slices.Contains(f.Prefixes, prefix) {
		return fmt.Errorf("the id of something else, want one that begins with %s-", f.Prefixes[0])
	}
	return nil
}
