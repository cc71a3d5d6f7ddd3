package settings

import (
	"bytes"
	"encoding/json"
)

// members are those of a JSON object of texts, in the order in which they are added. It is written without a map and
// without reflection, because the store has one or two a row.
type members struct{ doc []byte }

// add appends a member. Its name needs no escaping; what its value needs for HTML, the document around it decides.
func (m *members) add(name, value string) {
	if m.doc == nil {
		m.doc = make([]byte, 0, 128)
	}
	m.doc = append(m.doc, ',', '"')
	m.doc = append(append(m.doc, name...), '"', ':')
	if isPlainText(value) {
		m.doc = append(append(append(m.doc, '"'), value...), '"')
		return
	}
	var escaped bytes.Buffer
	encoder := json.NewEncoder(&escaped)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value) // a text always encodes
	m.doc = append(m.doc, bytes.TrimSuffix(escaped.Bytes(), []byte("\n"))...)
}

// isPlainText reports whether a text stands in JSON as it is.
func isPlainText(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// object is the object.
func (m *members) object() []byte {
	if m.doc == nil {
		return []byte("{}")
	}
	m.doc[0] = '{' // in the place of the first comma
	return append(m.doc, '}')
}
