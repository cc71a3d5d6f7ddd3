package sandbox

import (
	"encoding/json"
	"strconv"
	"strings"
)

// object is a JSON object with its members in order, so that answers read like the vendor's examples.
type object []member

type member struct {
	name  string // a plain word, never in need of escapes
	value any    // nil, bool, int, string, object, []object, or anything that encoding/json writes without error
}

// appendTo writes the object. It is a third of the work of encoding/json, which would check again what each object
// inside an object has written: an inventory page is a hundred of them.
func (o object) appendTo(b []byte) []byte {
	b = append(b, '{')
	for i, m := range o {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = append(b, m.name...)
		b = append(b, '"', ':')
		b = appendValue(b, m.value)
	}
	return append(b, '}')
}

func appendValue(b []byte, value any) []byte {
	switch v := value.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, v)
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case string:
		return appendString(b, v)
	case object:
		return v.appendTo(b)
	case []object:
		return appendList(b, v)
	default:
		encoded, err := json.Marshal(v)
		if err != nil {
			return append(b, "null"...)
		}
		return append(b, encoded...)
	}
}

func appendList(b []byte, list []object) []byte {
	b = append(b, '[')
	for i, o := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = o.appendTo(b)
	}
	return append(b, ']')
}

// appendString writes plain text by itself and leaves the rest to encoding/json, which cannot fail on a string.
func appendString(b []byte, s string) []byte {
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }) {
		encoded, _ := json.Marshal(s)
		return append(b, encoded...)
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
