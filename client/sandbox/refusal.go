package sandbox

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// ErrorShape is how errors look.
type ErrorShape string

// The error shapes of the vendor's pages.
const (
	// ErrorsSpec is `{"StatusCode":…,"Message":…}`, the shape of the update page. It knows no 422, so a broken business
	// rule is 400.
	ErrorsSpec ErrorShape = "spec"
	// ErrorsProblem is problem details with Title, Status, Errors and TraceId, the shape of the other pages.
	ErrorsProblem ErrorShape = "problem"
)

// ParseErrorShape reads "spec" or "problem".
func ParseErrorShape(s string) (ErrorShape, error) {
	return parseWord("error shape", s, ErrorsSpec, ErrorsProblem)
}

// refusal is an answer other than 200.
type refusal struct {
	status  int
	message string              // all in one line
	fields  map[string][]string // what is wrong, by JSON path
}

func refuse(status int, format string, args ...any) *refusal {
	return &refusal{status: status, message: fmt.Sprintf(format, args...)}
}

// brokenRule refuses what is well formed and not allowed. Only the vendor's problem details pages know 422.
func (e ErrorShape) brokenRule(format string, args ...any) *refusal {
	status := http.StatusUnprocessableEntity
	if e == ErrorsSpec {
		status = http.StatusBadRequest
	}
	return refuse(status, format, args...)
}

// mistakes collects what is wrong with the fields of a request.
type mistakes map[string][]string

func (m mistakes) add(field, format string, args ...any) {
	path := "$." + field
	m[path] = append(m[path], fmt.Sprintf(format, args...))
}

// refusal is nil when there are no mistakes.
func (m mistakes) refusal() *refusal {
	if len(m) == 0 {
		return nil
	}
	var all []string
	for _, path := range slices.Sorted(maps.Keys(m)) {
		for _, mistake := range m[path] {
			all = append(all, path+": "+mistake)
		}
	}
	return &refusal{status: http.StatusBadRequest, message: strings.Join(all, "; "), fields: m}
}

// body is the refusal in the asked error shape; retry, when not empty, is the RetryAfter of the problem shape.
func (r *refusal) body(shape ErrorShape, trace, retry string) object {
	if shape == ErrorsSpec {
		return object{{"StatusCode", r.status}, {"Message", r.message}}
	}
	o := object{
		{"Type", "https://httpstatuses.io/" + strconv.Itoa(r.status)},
		{"Title", http.StatusText(r.status)},
		{"Status", r.status},
	}
	if len(r.fields) > 0 {
		o = append(o, member{"Errors", r.fields})
	} else {
		o = append(o, member{"Detail", r.message})
	}
	o = append(o, member{"TraceId", trace})
	if retry != "" {
		o = append(o, member{"RetryAfter", retry})
	}
	return o
}
