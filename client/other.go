package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Request is a request to an endpoint of the API that the client has no method for.
type Request struct {
	Method string     // GET, POST, …
	Path   string     // below /v1.0, such as "/numbers/status"
	Query  url.Values // nil: none
	Body   any        // is sent as JSON; nil: none
	// Repeatable tells that it does no harm to send it twice. Then it is sent again also after an attempt that may have
	// been applied, as an update is; a GET always is.
	Repeatable bool
}

// Do makes a request of the caller's own, and returns the JSON that it is answered with: by a token of its own endpoint,
// through the gate, and with the retries that all calls have. A request that is not of that form costs none and ends with
// KindInvalid. Otherwise the errors, and what the end of ctx does, are those of [Client.Update]. The Endpoint of its attempts
// and errors is "POST /numbers/status". An answer is read up to 64 KiB. It can change whatever the account may change: prefer
// the methods that there are.
func (c *Client) Do(ctx context.Context, req Request) (json.RawMessage, error) {
	e := Endpoint(req.Method + " " + req.Path)
	known := []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
	if !slices.Contains(known, req.Method) || !strings.HasPrefix(req.Path, "/") || strings.ContainsAny(req.Path, "?# ") {
		return nil, invalid(e, "a method and a path are needed, such as POST and /numbers/status")
	}
	q := request{endpoint: e, method: req.Method, url: endpointURL(c.core.base, e, req.Query), limit: maxBody}
	if req.Body != nil {
		body, err := json.Marshal(req.Body)
		if err != nil {
			return nil, invalid(e, "the body is no JSON: "+err.Error())
		}
		q.body = body
	}
	call := c.call(q)
	call.once = !req.Repeatable
	var answer json.RawMessage
	call.read = func(rep reply) *Error {
		if rep.err != nil || rep.tooLong || !json.Valid(rep.body) {
			return damaged(rep)
		}
		answer = rep.body
		return succeeded(rep)
	}
	if f := call.do(ctx); f != nil {
		return nil, f
	}
	return answer, nil
}
