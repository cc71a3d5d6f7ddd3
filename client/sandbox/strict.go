package sandbox

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

// values is the body of a request: what each field said.
type values map[string]any // string or bool

// text returns a field's string, "" when it is left out.
func (v values) text(field string) string {
	s, _ := v[field].(string)
	return s
}

// decode reads a body that must be one JSON object of known fields, each of its type and at most once, with nothing
// after it. encoding/json alone would let pass: a field twice, its name in other case, unknown fields, null for any
// type, bytes that are not UTF-8.
func decode(header http.Header, body []byte, fields map[string]field) (values, *refusal) {
	if media, _, err := mime.ParseMediaType(header.Get("Content-Type")); err != nil || media != "application/json" {
		return nil, refuse(http.StatusBadRequest, "Content-Type %q: want application/json", header.Get("Content-Type"))
	}
	if !utf8.Valid(body) {
		return nil, refuse(http.StatusBadRequest, "the body is not UTF-8")
	}
	wrong := mistakes{}
	v, err := decodeObject(body, fields, wrong)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "the body is not one JSON object: %v", err)
	}
	for name, f := range fields {
		if _, ok := v[name]; f.required && !ok {
			wrong.add(name, "is required")
		}
	}
	return v, wrong.refusal()
}

// decodeObject reads the members; what is wrong with one goes to wrong, an error is a body that is no object at all.
func decodeObject(body []byte, fields map[string]field, wrong mistakes) (values, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("it does not begin with {")
	}
	v := values{}
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
			wrong.add(key, "is given twice")
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
func accept(v values, name string, value any, fields map[string]field, wrong mistakes) {
	f, known := fields[name]
	if !known {
		wrong.add(name, "is not a field: want one of %s", strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
		return
	}
	switch value := value.(type) {
	case bool:
		if !f.boolean {
			wrong.add(name, "is a boolean, want a string")
			return
		}
		v[name] = value
	case string:
		if f.boolean {
			wrong.add(name, "is a string, want true or false")
			return
		}
		if err := f.check(value); err != nil {
			wrong.add(name, "%q: %v", value, err)
		}
		v[name] = value
	default:
		wrong.add(name, "is %T, want a %s", value, f.kind())
	}
}

// field is what one field of a request may say.
type field struct {
	required bool
	boolean  bool
	allowed  []string       // the only strings
	format   *regexp.Regexp // what the string looks like
	prefixes []string       // of the known identifier prefixes, those that belong here
	idField  bool           // prefixes are looked at
	clear    bool           // an empty string is allowed: it clears the setting
}

func (f field) kind() string {
	if f.boolean {
		return "boolean"
	}
	return "string"
}

// knownPrefixes are the prefixes of the API's identifiers. Identifiers with another prefix, or none, are legacy ones.
func knownPrefixes() []string {
	return []string{"DID", "AID", "TSUID", "SID", "TNID", "NID", "MRID", "CRID", "JNUOID", "JNOID", "TNOID"}
}

func (f field) check(s string) error {
	switch {
	case s == "" && f.clear:
		return nil
	case s == "":
		return fmt.Errorf("must not be empty")
	case strings.ContainsFunc(s, unicode.IsControl):
		return fmt.Errorf("contains a control character")
	case f.allowed != nil && !slices.Contains(f.allowed, s):
		return fmt.Errorf("want one of %s", strings.Join(f.allowed, ", "))
	case f.format != nil && !f.format.MatchString(s):
		return fmt.Errorf("want the form %s", f.format)
	}
	if prefix, _, ok := strings.Cut(s, "-"); ok && f.idField && slices.Contains(knownPrefixes(), prefix) &&
		!slices.Contains(f.prefixes, prefix) {
		return fmt.Errorf("the id of something else, want one that begins with %s-", f.prefixes[0])
	}
	return nil
}
