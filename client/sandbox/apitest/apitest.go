// Package apitest is the check of HTTP traffic against the OpenAPI description of the vendor's API that this project
// keeps.
//
//	h := apitest.Validate(t, box) // box is a *sandbox.Sandbox, or any other fake of the API
//	server := httptest.NewServer(h)
//
// From then on the test fails when a client sends a request that was accepted although it is not as described, or when
// the fake answers in a way that is not described. Two things are outside of the description and left alone: answers in
// HTML, because they come from proxies and not from the API, and the sandbox's own paths below /_sandbox/. What a test
// answers itself with junk on purpose has to be put around the validating handler, not into it.
package apitest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/bulknum/bulknum/client/sandbox"
)

// Validate returns a handler that passes everything on to next and makes t fail for each accepted request and each
// answer that does not match the description.
func Validate(t testing.TB, next http.Handler) http.Handler {
	t.Helper()
	v, err := newValidator(next)
	if err != nil {
		t.Fatal(err)
	}
	v.report = t.Errorf
	return v
}

func newValidator(next http.Handler) (*validator, error) {
	docs, err := spelled()
	if err != nil {
		return nil, err
	}
	return &validator{next: next, doc: docs[0], spelled: docs}, nil
}

// spelled are the description as it is, and with all names of members beginning in lower or in upper case. It takes a
// while to read them, and no validation changes them.
var spelled = sync.OnceValues(func() (docs []*openapi3.T, err error) {
	for _, spell := range []func(string) string{
		func(name string) string { return name },
		func(name string) string { return strings.ToLower(name[:1]) + name[1:] },
		func(name string) string { return strings.ToUpper(name[:1]) + name[1:] },
	} {
		doc, err := Description()
		if err != nil {
			return nil, err
		}
		for _, schema := range doc.Components.Schemas {
			rename(schema, spell, map[*openapi3.Schema]bool{})
		}
		docs = append(docs, doc)
	}
	return docs, nil
})

// rename spells the names of all members otherwise, those of requests too.
func rename(ref *openapi3.SchemaRef, spell func(string) string, done map[*openapi3.Schema]bool) {
	if ref == nil || done[ref.Value] {
		return
	}
	schema := ref.Value
	done[schema] = true
	named := openapi3.Schemas{}
	for name, member := range schema.Properties {
		named[spell(name)] = member
		rename(member, spell, done)
	}
	schema.Properties = named
	for i, name := range schema.Required {
		schema.Required[i] = spell(name)
	}
	rename(schema.Items, spell, done)
	for _, part := range slices.Concat(schema.AllOf, schema.AnyOf, schema.OneOf) {
		rename(part, spell, done)
	}
}

// Description returns the parsed description; an error means that it is not valid OpenAPI 3.
func Description() (*openapi3.T, error) {
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData([]byte(sandbox.OpenAPI()))
	if err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	if err := doc.Validate(loader.Context); err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	return doc, nil
}

type validator struct {
	report  func(format string, args ...any)
	doc     *openapi3.T
	spelled []*openapi3.T // an answer is as one of them has it
	next    http.Handler
}

// ServeHTTP serves the request and then judges it together with its answer. Answers that a panic cuts off are not
// judged.
func (v *validator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		v.report("%s %s: reading the request: %v", r.Method, r.URL.Path, err)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	seen := &recorder{ResponseWriter: w, status: http.StatusOK}
	v.next.ServeHTTP(seen, r)
	r.Body = io.NopCloser(bytes.NewReader(body))
	if strings.HasPrefix(r.URL.Path, "/_sandbox/") || strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
		return
	}
	if err := v.check(r, seen); err != nil {
		v.report("%s %s -> %d: %v", r.Method, r.URL.Path, seen.status, err)
	}
}

// check returns what does not match. A refused request may be anything, also one to a path that is not described.
func (v *validator) check(r *http.Request, seen *recorder) error {
	if operation(v.doc, r) == nil && seen.status < 400 {
		return fmt.Errorf("not described, and accepted")
	}
	if seen.status < 300 {
		if err := openapi3filter.ValidateRequest(r.Context(), validated(v.doc, r)); err != nil {
			return fmt.Errorf("request: %w", err)
		}
	}
	var first error
	for _, doc := range v.spelled {
		err := checkAnswer(doc, r, seen)
		if err == nil {
			return nil
		}
		if first == nil {
			first = fmt.Errorf("answer: %w", err)
		}
	}
	return first
}

// validated is a request to an operation of a description.
func validated(doc *openapi3.T, r *http.Request) *openapi3filter.RequestValidationInput {
	return &openapi3filter.RequestValidationInput{
		Request: r,
		Route: &routers.Route{Spec: doc, Path: r.URL.Path, PathItem: doc.Paths.Value(r.URL.Path), Method: r.Method,
			Operation: operation(doc, r)},
		Options: &openapi3filter.Options{
			AuthenticationFunc:    requireBearer,
			IncludeResponseStatus: true,
		},
	}
}

// checkAnswer returns what of an answer does not match one description. JSON that is called text is looked at as what it
// is; that it may be called so must be described.
func checkAnswer(doc *openapi3.T, r *http.Request, seen *recorder) error {
	if operation(doc, r) == nil {
		return checkRefusal(doc, seen)
	}
	body := seen.body.Bytes()
	if seen.status == http.StatusOK {
		body = within(body)
	}
	in := validated(doc, r)
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: seen.status, Header: seen.Header(), Options: in.Options}
	if media := seen.media(); media == "text/plain" || media == "text/json" {
		described := in.Route.Operation.Responses.Status(seen.status)
		if described == nil {
			described = in.Route.Operation.Responses.Default()
		}
		content := described.Value.Content[media]
		if content == nil {
			return fmt.Errorf("Content-Type %q is not described", media)
		}
		return visit(content.Schema, body)
	}
	out.SetBodyBytes(body)
	return openapi3filter.ValidateResponse(r.Context(), out)
}

// within is what stands in a member Data of an answer, beside Successful and nothing else; the answer itself, if it is none
// of these.
func within(answer []byte) []byte {
	var members map[string]json.RawMessage
	if json.Unmarshal(answer, &members) != nil || len(members) != 2 {
		return answer
	}
	for _, names := range [][2]string{{"Successful", "Data"}, {"successful", "data"}} {
		if string(members[names[0]]) == "true" && members[names[1]] != nil {
			return members[names[1]]
		}
	}
	return answer
}

// visit returns what of a JSON text does not match a schema.
func visit(schema *openapi3.SchemaRef, text []byte) error {
	var body any
	if err := json.Unmarshal(text, &body); err != nil {
		return err
	}
	return schema.Value.VisitJSON(body)
}

// operation returns the described operation of a request, or nil.
func operation(doc *openapi3.T, r *http.Request) *openapi3.Operation {
	item := doc.Paths.Value(r.URL.Path)
	if item == nil {
		return nil
	}
	return item.GetOperation(r.Method)
}

// checkRefusal checks the answer to a request that has no operation: any refusal is described once for all.
func checkRefusal(doc *openapi3.T, seen *recorder) error {
	described := doc.Components.Responses["Refusal"].Value.Content[seen.media()]
	if described == nil {
		return fmt.Errorf("Content-Type %q is not described", seen.media())
	}
	return visit(described.Schema, seen.body.Bytes())
}

// requireBearer is satisfied by a token of any kind: whether it is good was the fake's to decide.
func requireBearer(_ context.Context, in *openapi3filter.AuthenticationInput) error {
	if !strings.HasPrefix(in.RequestValidationInput.Request.Header.Get("Authorization"), "Bearer ") {
		return in.NewError(errors.New("no bearer token"))
	}
	return nil
}

// recorder passes an answer on and keeps a copy.
type recorder struct {
	http.ResponseWriter

	status int
	body   bytes.Buffer
}

// media is the answer's media type, without its parameters.
func (r *recorder) media() string {
	media, _, _ := strings.Cut(r.Header().Get("Content-Type"), ";")
	return media
}

// WriteHeader notes the status.
func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Write keeps a copy.
func (r *recorder) Write(p []byte) (int, error) {
	r.body.Write(p)
	return r.ResponseWriter.Write(p)
}

// Unwrap makes flushing reach the connection, see [http.ResponseController].
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
