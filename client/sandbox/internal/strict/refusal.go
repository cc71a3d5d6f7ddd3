package strict

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Refusal is an answer other than 200.
type Refusal struct {
	Status  int
	Message string              // all in one line
	Fields  map[string][]string // what is wrong, by JSON path
}

// Refuse returns a refusal with a message.
func Refuse(status int, format string, args ...any) *Refusal {
	return &Refusal{Status: status, Message: fmt.Sprintf(format, args...)}
}

// Mistakes collects what is wrong with the fields of a request.
type Mistakes map[string][]string

// Add notes a mistake of a field.
func (m Mistakes) Add(field, format string, args ...any) {
	path := "$." + field
	m[path] = append(m[path], fmt.Sprintf(format, args...))
}

// Refusal is nil when there are no Mistakes.
func (m Mistakes) Refusal() *Refusal {
	if len(m) == 0 {
		return nil
	}
	var all []string
	for _, path := range slices.Sorted(maps.Keys(m)) {
		for _, mistake := range m[path] {
			all = append(all, path+": "+mistake)
		}
	}
	return &Refusal{Status: http.StatusBadRequest, Message: strings.Join(all, "; "), Fields: m}
}
