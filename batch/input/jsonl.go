package input

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/bulknum/bulknum/batch/settings"
)

// jsonlSource reads JSONL: an object a line, whose keys are the columns.
type jsonlSource struct {
	lines  lineReader
	names  *names
	keys   map[string]key // as they were found
	labels [width]string  // of keys that a row does not have
	kinds  [width]settings.Kind
}

type key struct {
	target int
	label  string
	known  bool
}

// maxKeys bounds the memory for keys; a file in order has a dozen.
const maxKeys = 1000

func newJSONL(t *text, n *names) (*jsonlSource, error) {
	head, _ := t.Peek(readSize) // an error comes again when it is read
	if bytes.HasPrefix(bytes.TrimSpace(head), []byte("[")) {
		return nil, mistake(1, "a JSON array, not an object a line", "write an object a line: jq -c '.[]' does")
	}
	s := &jsonlSource{lines: lineReader{r: t.Reader}, names: n, keys: map[string]key{}}
	copy(s.labels[:], n.known)
	for i, f := range settings.Fields() {
		s.kinds[i+1] = f.Kind
	}
	return s, nil
}

func (s *jsonlSource) next(rec *record) error {
	line, tooLong, err := s.lines.next()
	if err != nil {
		return err
	}
	rec.clear()
	rec.line, rec.labels = s.lines.line, s.labels
	if tooLong {
		rec.shapeless = true
		rec.blame(ignored, "", "the line is longer than 1 MiB", "write an object a line")
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if err := s.object(d, rec); err != nil {
		rec.shapeless = true
		rec.blame(ignored, "", err.Error(), "write one JSON object a line, nothing before or after it")
	}
	return nil
}

// object reads the only value of a line. An error means that it is no object.
func (s *jsonlSource) object(d *json.Decoder, rec *record) error {
	switch token, err := d.Token(); {
	case err != nil:
		return syntax(err)
	case token != json.Delim('{'):
		return errors.New("not a JSON object")
	}
	var seen [width]bool
	for d.More() {
		if err := s.member(d, rec, &seen); err != nil {
			return syntax(err)
		}
	}
	if _, err := d.Token(); err != nil {
		return syntax(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is text after the object")
	}
	return nil
}

// syntax is what the decoder says, with the place.
func syntax(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("not JSON: the object does not end on this line")
	}
	if bad, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("not JSON: %s (at byte %d of the line)", show(bad.Error()), bad.Offset)
	}
	return fmt.Errorf("not JSON: %s", show(err.Error()))
}

// member reads a key and its value.
func (s *jsonlSource) member(d *json.Decoder, rec *record, seen *[width]bool) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	name, _ := token.(string)
	value, err := d.Token()
	if err != nil {
		return err
	}
	k := s.key(name)
	if nested, ok := value.(json.Delim); ok {
		if err := skip(d); err != nil {
			return err
		}
		value = nested
	}
	switch {
	case !k.known:
		rec.broken = append(rec.broken, Problem{Line: rec.line, Column: k.label, Message: "unknown field", Hint: s.names.hint(name)})
	case k.target == ignored:
	case seen[k.target]:
		rec.blame(k.target, "", "given twice in the object", "remove one of them")
	default:
		seen[k.target] = true
		rec.labels[k.target] = k.label
		s.value(rec, k.target, value)
	}
	return nil
}

// key understands a key, once for each spelling.
func (s *jsonlSource) key(name string) key {
	if k, ok := s.keys[name]; ok {
		return k
	}
	target, label, ok := s.names.find(name)
	k := key{target: target, label: label, known: ok}
	if len(s.keys) < maxKeys {
		s.keys[name] = k
	}
	return k
}

// value keeps a value that is of the right type. Null is the same as nothing.
func (s *jsonlSource) value(rec *record, target int, value json.Token) {
	isBool := target != theNumber && s.kinds[target] == settings.Bool
	c := &rec.cells[target]
	switch v := value.(type) {
	case string:
		c.text = strings.TrimSpace(v)
	case bool:
		if c.text = strconv.FormatBool(v); !isBool {
			rec.blame(target, c.text, "a boolean where text belongs", "write the text in quotes, or null to keep the field")
		}
	case json.Number:
		if c.text = v.String(); !isBool {
			rec.blame(target, c.text, "a JSON number where text belongs", quoteHint(target))
		}
	case json.Delim:
		rec.blame(target, "", "an object or array where a plain value belongs", "write the value itself")
	}
}

func quoteHint(target int) string {
	if target == theNumber {
		return `write it in quotes, with its +: "+18018018011"`
	}
	return "write it in quotes: programs round long numbers"
}

// skip reads to the end of the object or array that has just begun.
func skip(d *json.Decoder) error {
	for depth := 1; depth > 0; {
		token, err := d.Token()
		if err != nil {
			return err
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
	return nil
}
