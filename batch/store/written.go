package store

import (
	"bytes"
	"strconv"
	"strings"
)

// Written is what is left of a JSON object that encoding/json has written and that is read from its beginning, member by
// member in the order in which they were written. A million documents are read so some ten times as fast; one that is
// otherwise than is expected is read as JSON.
type Written []byte

// Skip takes a text off its beginning; false: it begins otherwise.
func (d *Written) Skip(text string) bool {
	if len(*d) < len(text) || string((*d)[:len(text)]) != text {
		return false
	}
	*d = (*d)[len(text):]
	return true
}

// Number takes off a member that is a whole number, and its name; false: there is none, or it cannot be read so.
func (d *Written) Number(name string, n *int) bool {
	rest := *d
	if !rest.Skip(name) {
		return false
	}
	end := bytes.IndexAny(rest, ",}")
	if end < 0 {
		return false
	}
	value, err := strconv.Atoi(string(rest[:end]))
	if err != nil {
		return false
	}
	*n, *d = value, rest[end:]
	return true
}

// Text takes off a member that is a text which needs no unescaping, and its name; false as with Number.
func (d *Written) Text(name string, s *string) bool {
	rest := *d
	if !rest.Skip(name) || !rest.Skip(`"`) {
		return false
	}
	end := bytes.IndexByte(rest, '"')
	if end < 0 || bytes.IndexByte(rest[:end], '\\') >= 0 {
		return false
	}
	if string(rest[:end]) != *s { // what the text was before, it may be again
		*s = string(rest[:end])
	}
	*d = rest[end+1:]
	return true
}

// AppendText appends a member that is a text to a document, as encoding/json writes it and [Written.Text] reads it; false:
// the text needs escaping, and what was appended is no use.
func AppendText(doc *[]byte, name, text string) bool {
	*doc = append(append(append(append(*doc, name...), '"'), text...), '"')
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || strings.IndexByte(`"\<>&`, c) >= 0 {
			return false
		}
	}
	return true
}
