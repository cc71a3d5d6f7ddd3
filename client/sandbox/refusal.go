package sandbox

import (
	"net/http"
	"strconv"

	"github.com/bulknum/bulknum/client/sandbox/internal/strict"
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

// brokenRule refuses what is well formed and not allowed. Only the vendor's problem details pages know 422.
func (e ErrorShape) brokenRule(format string, args ...any) *strict.Refusal {
	status := http.StatusUnprocessableEntity
	if e == ErrorsSpec {
		status = http.StatusBadRequest
	}
	return strict.Refuse(status, format, args...)
}

// refusalBody is a refusal in the asked error shape; retry, when not empty, is the RetryAfter of the problem shape.
func refusalBody(r *strict.Refusal, shape ErrorShape, trace, retry string) object {
	if shape == ErrorsSpec {
		return object{{"StatusCode", r.Status}, {"Message", r.Message}}
	}
	o := object{
		{"Type", "https://httpstatuses.io/" + strconv.Itoa(r.Status)},
		{"Title", http.StatusText(r.Status)},
		{"Status", r.Status},
	}
	if len(r.Fields) > 0 {
		o = append(o, member{"Errors", r.Fields})
	} else {
		o = append(o, member{"Detail", r.Message})
	}
	o = append(o, member{"TraceId", trace})
	if retry != "" {
		o = append(o, member{"RetryAfter", retry})
	}
	return o
}
