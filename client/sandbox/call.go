package sandbox

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/bulknum/bulknum/client/sandbox/internal/strict"
)

// call is one request on its way through the sandbox.
type call struct {
	r        *http.Request
	body     []byte
	endpoint Endpoint
	now      time.Time // of arrival
	fault    Fault
	slow     time.Duration // by which the fault delays the answer
	number   string        // that it asks for, when it came so far as to say so
	applied  bool
}

// query returns the parameters, each given at most once.
func (c *call) query() (url.Values, *strict.Refusal) {
	if len(c.body) > 0 {
		return nil, strict.Refuse(http.StatusBadRequest, "a GET request has no body")
	}
	query, err := url.ParseQuery(c.r.URL.RawQuery)
	if err != nil {
		return nil, strict.Refuse(http.StatusBadRequest, "the query is malformed")
	}
	for name, list := range query {
		if len(list) > 1 {
			return nil, badParameter(name, "is given twice")
		}
	}
	return query, nil
}

// only returns the value of the one parameter that the query must consist of.
func (c *call) only(name string) (string, *strict.Refusal) {
	query, wrong := c.query()
	if wrong != nil {
		return "", wrong
	}
	for other := range query {
		if other != name {
			return "", badParameter(other, "is not a parameter: want %s", name)
		}
	}
	if strings.TrimSpace(query.Get(name)) == "" {
		return "", badParameter(name, "is required")
	}
	return query.Get(name), nil
}

func badParameter(name, format string, args ...any) *strict.Refusal {
	m := strict.Mistakes{}
	m.Add(name, format, args...)
	return m.Refusal()
}
