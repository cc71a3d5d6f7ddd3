package batch

import "bytes"

// A run of a million rows has a plan of a million lines, of which mostly one or two
// members are wanted. Finding these without reading the rest as JSON is some ten
// times as fast; a line for which that does not work is read as JSON.

// member finds the first member with a name in a line that encoding/json has
// written, and returns its value: a number, or a text that needs no unescaping.
// A text cannot be taken for a member, because its quotation marks are escaped.
func member(line []byte, name string) (value string, ok bool) {
	key := append(append(append(make([]byte, 0, 32), '"'), name...), `":`...)
	_, rest, ok := bytes.Cut(line, key)
	if !ok {
		return "", false
	}
	if len(rest) > 0 && rest[0] == '"' {
		rest = rest[1:]
		end := bytes.IndexByte(rest, '"')
		if end < 0 || bytes.IndexByte(rest[:end], '\\') >= 0 {
			return "", false
		}
		return string(rest[:end]), true
	}
	end := bytes.IndexAny(rest, ",}")
	if end < 0 {
		return "", false
	}
	return string(rest[:end]), true
}

// text is a value that may be missing.
func text(value string, _ bool) string { return value }
