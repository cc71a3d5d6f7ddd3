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
	"strings"
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
	doc, err := Description()
	if err != nil {
		t.Fatal(err)
	}
	return &validator{report: t.Errorf, doc: doc, next: next}
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
	report func(format string, args ...any)
	doc    *openapi3.T
	next   http.Handler
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
	operation := v.operation(r)
	if operation == nil && seen.status >= 400 {
		return v.checkRefusal(seen)
	}
	if operation == nil {
		return fmt.Errorf("not described, and accepted")
	}
	in := &openapi3filter.RequestValidationInput{
		Request: r,
		Route: &routers.Route{Spec: v.doc, Path: r.URL.Path, PathItem: v.doc.Paths.Value(r.URL.Path), Method: r.Method,
			Operation: operation},
		Options: &openapi3filter.Options{
			AuthenticationFunc:    requireBearer,
			IncludeResponseStatus: true,
		},
	}
	if seen.status < 300 {
		if err := openapi3filter.ValidateRequest(r.Context(), in); err != nil {
			return fmt.Errorf("request: %w", err)
		}
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: seen.status,
		Header: seen.Header(), Options: in.Options}
	out.SetBodyBytes(seen.body.Bytes())
	if err := openapi3filter.ValidateResponse(r.Context(), out); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	return nil
}

// operation returns the described operation of a request, or nil.
func (v *validator) operation(r *http.Request) *openapi3.Operation {
	item := v.doc.Paths.Value(r.URL.Path)
	if item == nil {
		return nil
	}
	return item.GetOperation(r.Method)
}

// checkRefusal checks the answer to a request that has no operation: any refusal is described once for all.
func (v *validator) checkRefusal(seen *recorder) error {
	media, _, _ := strings.Cut(seen.Header().Get("Content-Type"), ";")
	described := v.doc.Components.Responses["Refusal"].Value.Content[media]
	if described == nil {
		return fmt.Errorf("answer: Content-Type %q is not described", media)
	}
	var body any
	if err := json.Unmarshal(seen.body.Bytes(), &body); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	if err := described.Schema.Value.VisitJSON(body); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	return nil
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
