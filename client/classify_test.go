package client_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/internal/pipenet"
)

func TestStatusCodes(t *testing.T) {
	for status, want := range map[int]struct {
		kind     client.Kind
		applied  client.Applied
		attempts int
	}{
		400: {client.KindInvalid, client.AppliedNo, 1},
		401: {client.KindCredentials, client.AppliedNo, 2}, // with a renewed token
		403: {client.KindForbidden, client.AppliedNo, 1},
		404: {client.KindNotFound, client.AppliedNo, 1},
		405: {client.KindInvalid, client.AppliedNo, 1},
		408: {client.KindUnavailable, client.AppliedMaybe, 2},
		409: {client.KindLocked, client.AppliedMaybe, 1},
		418: {client.KindInvalid, client.AppliedNo, 1},
		422: {client.KindInvalid, client.AppliedNo, 1},
		423: {client.KindLocked, client.AppliedMaybe, 1},
		500: {client.KindUnavailable, client.AppliedMaybe, 2},
		502: {client.KindUnavailable, client.AppliedMaybe, 2},
		503: {client.KindUnavailable, client.AppliedMaybe, 2},
		504: {client.KindUnavailable, client.AppliedMaybe, 2},
		521: {client.KindUnavailable, client.AppliedMaybe, 2},
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			inBubble(t, &fake{rest: failOthers(status)}, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
				cfg.MaxAttempts = 2
				c := newClient(t, cfg)
				amongOthers(t, c, func() {
					_, err := c.Update(t.Context(), update(testNumber))
					e := wantError(t, err, want.kind, want.applied)
					if e.HTTPStatus != status || e.Attempts != want.attempts || e.Message != "as the test wants it" {
						t.Errorf("got %+v, want %d attempts and the server's words", e, want.attempts)
					}
					_, err = c.Number(t.Context(), testNumber)
					wantError(t, err, want.kind, client.AppliedNo)
				})
			})
		})
	}
}

func TestBodiesOfFailures(t *testing.T) {
	for name, tt := range map[string]struct {
		body, message, traceId, text string
		fields                       map[string][]string
	}{
		"spec": {
			body: `{"StatusCode":400,"Message":"bad MessageType"}`, message: "bad MessageType",
			text: "update: status 400: bad MessageType",
		},
		"problem": {
			body:    `{"Type":"x","Title":"Validation failed","Status":400,"Detail":"see errors","Errors":{"$.Number":["not E.164","too short"]},"TraceId":"00-ab"}`,
			message: "Validation failed: see errors", traceId: "00-ab",
			fields: map[string][]string{"$.Number": {"not E.164", "too short"}},
			text:   "update: status 400: Validation failed: see errors: $.Number: not E.164, too short",
		},
		"no detail":     {body: `{"title":"Nope"}`, message: "Nope", text: "update: status 400: Nope"},
		"empty":         {body: "", message: "bad request, with an empty body", text: "update: status 400: bad request, with an empty body"},
		"junk":          {body: "\n\n  what a day\nit was", message: "what a day", text: "update: status 400: what a day"},
		"says nothing":  {body: `{"a":1}`, message: "bad request", text: "update: status 400: bad request"},
		"control":       {body: "red \x1b[31malert\x07\u202e", message: "red [31malert", text: "update: status 400: red [31malert"},
		"broken UTF-8":  {body: "caf\xe9", message: "caf\ufffd", text: "update: status 400: caf\ufffd"},
		"echoed token":  {body: "Bearer token-1 is bad", message: "*** is bad", text: "update: status 400: *** is bad"},
		"bare token":    {body: `{"Message":"token-1 is bad"}`, message: "*** is bad", text: "update: status 400: *** is bad"},
		"echoed secret": {body: `{"Message":"` + testKey + ` with s3cret\/with+signs"}`, message: "*** with ***", text: "update: status 400: *** with ***"},
		"other token":   {body: "eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.c2ln ended", message: "*** ended", text: "update: status 400: *** ended"},
		"query":         {body: "?secret=s3cret%2Fwith%2Bsigns", message: "?secret=***", text: "update: status 400: ?secret=***"},
	} {
		t.Run(name, func(t *testing.T) {
			server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, _ string) {
				w.WriteHeader(http.StatusBadRequest)
				_, _ = w.Write([]byte(tt.body))
			}}
			inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
				_, err := newClient(t, cfg).Update(t.Context(), update(testNumber))
				e := wantError(t, err, client.KindInvalid, client.AppliedNo)
				if e.Message != tt.message || e.TraceId != tt.traceId || e.Error() != tt.text {
					t.Errorf("message %q, trace %q, text %q, want %q, %q, %q", e.Message, e.TraceId, e.Error(), tt.message, tt.traceId, tt.text)
				}
				if diff := cmp.Diff(tt.fields, e.Fields); diff != "" {
					t.Errorf("fields (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestASecretIsMaskedBeforeTheMessageIsCut: half a secret is a secret, too.
func TestASecretIsMaskedBeforeTheMessageIsCut(t *testing.T) {
	server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, _ string) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, strings.Repeat("x", 190)+testSecret+strings.Repeat("y", 100))
	}}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		_, err := newClient(t, cfg).Update(t.Context(), update(testNumber))
		e := wantError(t, err, client.KindInvalid, client.AppliedNo)
		if n := len([]rune(e.Message)); n != 200 || strings.Contains(e.Message, "s3c") {
			t.Errorf("%d characters, %q", n, e.Message)
		}
	})
}

// TestADamagedBodyIsNotShown: it can hold a route's password or a new token.
func TestADamagedBodyIsNotShown(t *testing.T) {
	server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, _ string) {
		fmt.Fprint(w, `{"MessageRouteId":"MRID-1","Password":"hunter2",`)
	}}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		_, err := newClient(t, cfg).Route(t.Context(), client.RouteOfMessages, "MRID-1")
		e := wantError(t, err, client.KindUntrusted, client.AppliedNo)
		if strings.Contains(err.Error(), "hunter2") || e.Message != "the answer is damaged JSON of 48 bytes" {
			t.Errorf("got %q", e.Message)
		}
	})
}

func TestErrorSaysThatItMayHaveBeenApplied(t *testing.T) {
	server := &fake{}
	server.rest = func(w http.ResponseWriter, r *http.Request, _ string) {
		if nth(r) == 1 {
			fail(w, http.StatusGatewayTimeout)
			return
		}
		fail(w, http.StatusNotFound)
	}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		_, err := newClient(t, cfg).Update(t.Context(), update(testNumber))
		const want = "update: status 404: as the test wants it (an earlier attempt may have been applied)"
		if err.Error() != want {
			t.Errorf("got %q, want %q", err, want)
		}
	})
}
