package sandbox

import (
	"net/http"
	"net/url"
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
func (c *call) query() (url.Values, *strict.Refusal) { return strict.Query(c.r, c.body) }
