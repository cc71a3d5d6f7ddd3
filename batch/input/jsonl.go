package input

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/bulknum/bulknum/batch/input/internal/bounded"
	"github.com/bulknum/bulknum/batch/settings"
)

// jsonlSource reads JSONL: an object a line, whose keys are the columns.
type jsonlSource struct {
	lines  bounded.Lines
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
	s := &jsonlSource{lines: bounded.Lines{R: t.Reader}, names: n, keys: map[string]key{}}
	copy(s.labels[:], n.known)
	for i, f := range settings.Fields() {
		s.kinds[1+i], s.kinds[1+fieldCount+i] = f.Kind, f.Kind
	}
	return s, nil
}

func (s *jsonlSource) next(rec *record) error {
	line, tooLong, err := s.lines.Next()
	if err != nil {
		return err
	}
	rec.clear()
	rec.line, rec.size, rec.labels = s.lines.Line, len(line), &s.labels
	if tooLong {
		rec.shapeless = true
		rec.blame(ignored, "", "the line is longer than 1 MiB", "write an object a line")
		return nil
	}
	if string(line) == endOfDOS {
		rec.shapeless = true
		rec.blame(ignored, endOfDOS, "the end-of-file character of DOS (0x1A)", "remove it")
		return nil
	}
	if err := s.object(line, rec); err != nil {
		rec.shapeless, rec.unended = true, s.lines.Unended
		rec.blame(ignored, "", err.Error(), "write one JSON object a line, nothing before or after it")
	}
	return nil
}

// maxMistakes is how many mistakes of one object are told; a megabyte has room
// for a hundred thousand.
const maxMistakes = 50

// object reads the only value of a line. An error means that it is no object.
func (s *jsonlSource) object(line []byte, rec *record) error {
	text := string(line) // once, and not for each member
	if !isPlainObject(text) {
		if !json.Valid(line) {
			return syntax(line)
		}
		if text[0] != '{' {
			return errors.New("not a JSON object")
		}
	}
	for name, value := range jsonMembers(text) {
		k := s.key(name)
		switch {
		case len(rec.broken) == maxMistakes:
			rec.shapeless = true
			rec.blame(ignored, "", fmt.Sprintf("%d fields are wrong, the others were not looked at", maxMistakes),
				"compare the object's keys with the names of the fields")
			return nil
		case !k.known:
			rec.broken = append(rec.broken, s.names.unknown(Problem{
				Line: rec.line, Column: k.label, Value: show(plainValue(value)), Message: "unknown field",
			}, unquote(name)))
		case k.target == ignored:
		default:
			rec.call(k.target, k.label)
			if rec.given.has(k.target) {
				rec.blame(k.target, plainValue(value), "given twice in the object", "remove one of them")
				continue
			}
			s.value(rec, k.target, value)
		}
	}
	return nil
}

// syntax is why a line is not valid, with the place.
func syntax(line []byte) error {
	var whatever json.RawMessage
	err := json.Unmarshal(line, &whatever)
	bad, ok := errors.AsType[*json.SyntaxError](err)
	switch {
	case !ok:
		return fmt.Errorf("not JSON: %w", err)
	case bad.Offset >= int64(len(line)) && strings.HasPrefix(bad.Error(), "unexpected end"):
		return errors.New("not JSON: the object does not end on this line")
	case strings.HasSuffix(bad.Error(), "after top-level value"):
		return fmt.Errorf("there is text after the object (at byte %d of the line)", bad.Offset)
	}
	return fmt.Errorf("not JSON: %s (at byte %d of the line)", show(bad.Error()), bad.Offset)
}

// key understands a key, once for each spelling.
func (s *jsonlSource) key(quoted string) key {
	if k, ok := s.keys[quoted]; ok {
		return k
	}
	quoted = strings.Clone(quoted) // the line that it is a part of is not kept
	target, label, ok := s.names.find(unquote(quoted))
	k := key{target: target, label: label, known: ok}
	if len(s.keys) < maxKeys {
		s.keys[quoted] = k
	}
	return k
}

// value keeps a value that is of the right type. Null is the same as nothing.
func (s *jsonlSource) value(rec *record, target int, value string) {
	isBool := target != theNumber && s.kinds[target] == settings.Bool
	c := &rec.cells[target]
	rec.given.add(target)
	switch value[0] {
	case '"':
		c.text = plainValue(value)
	case 't', 'f':
		if c.text = value; !isBool {
			rec.blame(target, c.text, "a boolean where text belongs", "write the text in quotes, or null to keep the field")
		}
	case 'n':
	case '{', '[':
		rec.blame(target, value, "an object or array where a plain value belongs", "write the value itself")
	default:
		if c.text = value; !isBool && target != theWave {
			rec.blame(target, c.text, "a JSON number where text belongs", quoteHint(target))
		}
	}
}

// plainValue is a value as people read it: a string without its quotes.
func plainValue(value string) string {
	if value[0] == '"' {
		return strings.TrimSpace(unquote(value))
	}
	return value
}

func quoteHint(target int) string {
	if target == theNumber {
		return `write it in quotes, with its +: "+18018018011"`
	}
	return "write it in quotes: programs round long numbers"
}
