package client

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/bulknum/bulknum/client/internal/mask"
	"github.com/bulknum/bulknum/client/internal/object"
	"github.com/bulknum/bulknum/client/internal/problem"
)

// describe fills in what a body says about a failure.
func (e *Error) describe(rep reply) {
	m := rep.mask
	body := rep.object
	if body == nil {
		e.Message = m.Line(string(rep.body))
	} else {
		e.Message = m.Line(problem.Said(body))
		e.Fields = fieldErrors(body, m)
		e.TraceId = m.Line(body.Text("TraceId"))
	}
	if e.Message == "" {
		e.Message = strings.ToLower(http.StatusText(rep.status))
		if strings.TrimSpace(string(rep.body)) == "" {
			e.Message = strings.TrimPrefix(e.Message+", with an empty body", ", ")
		}
	}
	if where := rep.header.Get("Location"); where != "" && rep.status < http.StatusBadRequest {
		e.Message = m.Line(fmt.Sprintf("redirected to %s, which is not followed", where))
	}
	if e.Page {
		e.Message = mask.Cut("a page, not the API, answered: " + e.Message)
	}
}

// fieldErrors reads {"$.Number":["…"]}; a lone text in place of the list is taken too.
func fieldErrors(body object.Object, m mask.Masker) map[string][]string {
	raw, _ := body.Find("Errors")
	var byField map[string]json.RawMessage
	if len(raw) > maxBody || json.Unmarshal(raw, &byField) != nil || len(byField) == 0 {
		return nil
	}
	fields := make(map[string][]string, len(byField))
	for name, value := range byField {
		var texts []string
		if json.Unmarshal(value, &texts) != nil {
			texts = []string{string(value)}
		}
		for i, text := range texts {
			texts[i] = m.Line(text)
		}
		fields[m.Line(name)] = texts
	}
	return fields
}
