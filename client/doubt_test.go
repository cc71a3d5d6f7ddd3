package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/internal/pipenet"
)

// TestAnAppliedPostThatTimesOut: the first attempt is applied and never answered; what follows decides.
func TestAnAppliedPostThatTimesOut(t *testing.T) {
	for _, tt := range []struct {
		then    int
		kind    client.Kind
		applied client.Applied
	}{
		{http.StatusBadRequest, client.KindInvalid, client.AppliedMaybe},
		{http.StatusNotFound, client.KindNotFound, client.AppliedMaybe},
		{http.StatusForbidden, client.KindForbidden, client.AppliedMaybe},
		{http.StatusInternalServerError, client.KindOutage, client.AppliedMaybe},
		{http.StatusOK, "", client.AppliedYes},
	} {
		t.Run(http.StatusText(tt.then), func(t *testing.T) {
			server := &fake{}
			server.rest = func(w http.ResponseWriter, r *http.Request, number string) {
				switch {
				case nth(r) == 1:
					<-r.Context().Done() // until the client hangs up
				case tt.then == http.StatusOK:
					ok(w, number)
				default:
					fail(w, tt.then)
				}
			}
			inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
				var attempts []client.Attempt
				c := newClient(t, cfg).With(client.Trace{Done: func(_ context.Context, a client.Attempt) { attempts = append(attempts, a) }})
				answer, err := c.Update(t.Context(), update(testNumber))
				if attempts[1].Applied != client.AppliedMaybe || attempts[1].Duration != client.DefaultTimeout {
					t.Errorf("the first attempt is told as %+v, want a doubtful one of %v", attempts[1], client.DefaultTimeout)
				}
				if tt.kind == "" {
					if err != nil || answer.UpdateOrderId == "" {
						t.Errorf("got %+v, %v, want the answer of the second attempt", answer, err)
					}
					return
				}
				wantError(t, err, tt.kind, tt.applied)
			})
		})
	}
}

func TestABody200ThatCannotBeTrusted(t *testing.T) {
	for name, body := range map[string]string{
		"junk":             "}{",
		"empty":            "",
		"truncated":        `{"Number":"+18018018011","UpdateOrderId":"JNU`,
		"trailing text":    `{"Number":"+18018018011","UpdateOrderId":"JNUOID-1"} and more`,
		"null":             `null`,
		"list":             `[{"Number":"+18018018011","UpdateOrderId":"JNUOID-1"}]`,
		"no order":         `{"Number":"+18018018011","UpdateOrderStatus":"Complete"}`,
		"blank order":      `{"Number":"+18018018011","UpdateOrderId":" ","UpdateOrderStatus":"Complete"}`,
		"null order":       `{"Number":"+18018018011","UpdateOrderId":null,"UpdateOrderStatus":"Complete"}`,
		"no number":        `{"UpdateOrderId":"JNUOID-1","UpdateOrderStatus":"Complete"}`,
		"another number":   `{"Number":"+18018018012","UpdateOrderId":"JNUOID-1","UpdateOrderStatus":"Complete"}`,
		"not successful":   `{"Successful":false,"Number":"+18018018011","UpdateOrderId":"JNUOID-1","Message":"no"}`,
		"in another case":  `{"successful":false,"Number":"+18018018011","UpdateOrderId":"JNUOID-1"}`,
		"as text":          `{"SUCCESSFUL":"False","Number":"+18018018011","UpdateOrderId":"JNUOID-1"}`,
		"an error instead": `{"StatusCode":500,"Message":"it broke"}`,
		"status code":      `{"StatusCode":500,"Number":"+18018018011","UpdateOrderId":"JNUOID-1","UpdateOrderStatus":"Complete"}`,
		"status as text":   `{"statusCode":"400","Number":"+18018018011","UpdateOrderId":"JNUOID-1","UpdateOrderStatus":"Complete"}`,
		"problem status":   `{"Status":503,"Number":"+18018018011","UpdateOrderId":"JNUOID-1","UpdateOrderStatus":"Complete"}`,
		"two statuses":     `{"Status":"Active","StatusCode":599,"Number":"+18018018011","UpdateOrderId":"JNUOID-1"}`,
		"errors":           `{"Errors":{"$.Iccid":["bad"]},"Number":"+18018018011","UpdateOrderId":"JNUOID-1","UpdateOrderStatus":"Complete"}`,
		"error message":    `{"ErrorMessage":"SIM is blocked","Number":"+18018018011","UpdateOrderId":"JNUOID-1","UpdateOrderStatus":"Complete"}`,
		"error object":     `{"error":{"code":"X"},"Number":"+18018018011","UpdateOrderId":"JNUOID-1","UpdateOrderStatus":"Complete"}`,
		"list of an error": `{"Error":["bad"],"Number":"+18018018011","UpdateOrderId":"JNUOID-1","UpdateOrderStatus":"Complete"}`,
		"no text":          "\x00\x01",
		"contradiction":    `{"Number":"+18018018011","UpdateOrderId":"JNUOID-1","UpdateOrderStatus":"Failed","UpdateOrderStatus":"Complete"}`,
		"list of errors":   `{"errors":["bad"],"Number":"+18018018011","UpdateOrderId":"JNUOID-1","UpdateOrderStatus":"Complete"}`,
	} {
		t.Run(name, func(t *testing.T) {
			server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, _ string) { _, _ = w.Write([]byte(body)) }}
			inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
				_, err := newClient(t, cfg).Update(t.Context(), update(testNumber))
				e := wantError(t, err, client.KindUntrusted, client.AppliedMaybe)
				if e.HTTPStatus != http.StatusOK || e.Message == "" || e.Attempts != 1 {
					t.Errorf("got status %d and message %q in %d attempts, want 200 and a message at once", e.HTTPStatus, e.Message, e.Attempts)
				}
			})
		})
	}
}

// What contradicts itself is named.
func TestAnAnswerThatContradictsItself(t *testing.T) {
	server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, _ string) {
		fmt.Fprint(w, `{"Number":"+18018018011","OrderId":"JNUOID-1","OrderStatus":"Failed","orderStatus":"Complete"}`)
	}}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		c := newClient(t, cfg)
		_, ofOrder := c.Order(t.Context(), "JNUOID-1")
		_, ofNumber := c.Number(t.Context(), testNumber)
		for _, err := range []error{ofOrder, ofNumber} {
			e := wantError(t, err, client.KindUntrusted, client.AppliedNo)
			if want := `the answer contradicts itself: it has "OrderStatus" twice, with different values`; e.Message != want {
				t.Errorf("got %q, want %q", e.Message, want)
			}
		}
	})
}

// TestA200SaysWhyItIsNone: in whichever member the API says so.
func TestA200SaysWhyItIsNone(t *testing.T) {
	for _, member := range []string{"Message", "statusMessage", "ErrorMessage"} {
		server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, _ string) {
			fmt.Fprintf(w, `{"successful":false,%q:"the carrier refused"}`, member)
		}}
		inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
			_, err := newClient(t, cfg).Update(t.Context(), update(testNumber))
			e := wantError(t, err, client.KindUntrusted, client.AppliedMaybe)
			if want := "it says that it was not successful (Successful false): the carrier refused"; e.Message != want {
				t.Errorf("%s: got %q, want %q", member, e.Message, want)
			}
		})
	}
}

// TestAnErrorBesideAnOrder says why it failed, or what is wrong with one that is said to be complete.
func TestAnErrorBesideAnOrder(t *testing.T) {
	for status, want := range map[string]string{
		"Failed":   "the order is Failed: SIM is blocked",
		"Pending":  "the order is Pending: SIM is blocked",
		"Complete": "its order is complete, and it tells of an error: SIM is blocked",
	} {
		server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, number string) {
			fmt.Fprintf(w, `{"Message":null,"ErrorMessage":"SIM is blocked","Number":%q,"UpdateOrderId":"JNUOID-1","UpdateOrderStatus":%q}`, number, status)
		}}
		inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
			answer, err := newClient(t, cfg).Update(t.Context(), update(testNumber))
			got := answer.OrderRemark()
			if status == "Complete" {
				got = wantError(t, err, client.KindUntrusted, client.AppliedMaybe).Message
			}
			if got != want {
				t.Errorf("got %q, %v, want %q", got, err, want)
			}
		})
	}
}

// TestA200ThatSaysNothingAgainstItself: fields of an error's names that tell of none.
func TestA200ThatSaysNothingAgainstItself(t *testing.T) {
	for _, extra := range []string{
		`"StatusCode":200`, `"StatusCode":"0"`, `"StatusCode":null`, `"Status":"Active"`, `"Status":200`, `"Status":1000`,
		`"Errors":null`, `"Errors":{ }`, `"Errors":[ ]`, `"Errors":""`, `"Errors":0`, `"Errors":false`, `"Successful":true`,
		`"Error":null`, `"Error":false`, `"Error":{}`, `"ErrorMessage":""`, `"ErrorMessage":" "`, `"StatusMessage":"done"`,
	} {
		server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, number string) {
			fmt.Fprintf(w, `{%s,"Number":%q,"UpdateOrderId":"JNUOID-1","UpdateOrderStatus":"Complete"}`, extra, number)
		}}
		inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
			if _, err := newClient(t, cfg).Update(t.Context(), update(testNumber)); err != nil {
				t.Errorf("%s: got %v, want it trusted", extra, err)
			}
		})
	}
}

func TestOther2xx(t *testing.T) {
	for status, trusted := range map[int]bool{
		http.StatusCreated: true, http.StatusAccepted: true, http.StatusNoContent: false, http.StatusPartialContent: false,
	} {
		server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, number string) {
			w.WriteHeader(status)
			if status != http.StatusNoContent {
				ok(w, number)
			}
		}}
		inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
			answer, err := newClient(t, cfg).Update(t.Context(), update(testNumber))
			if !trusted {
				wantError(t, err, client.KindUntrusted, client.AppliedMaybe)
			} else if err != nil || answer.HTTPStatus != status {
				t.Errorf("status %d: got %+v, %v", status, answer, err)
			}
		})
	}
}

// TestAnotherProtocol: the connection of a 101 stays open, and nothing more comes by it.
func TestAnotherProtocol(t *testing.T) {
	server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, _ string) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
		_, _ = io.Copy(io.Discard, conn) // until the client ends it
		_ = conn.Close()
	}}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		_, err := newClient(t, cfg).Update(t.Context(), update(testNumber))
		if e := wantError(t, err, client.KindUntrusted, client.AppliedMaybe); e.HTTPStatus != http.StatusSwitchingProtocols || !e.Empty {
			t.Errorf("got %+v, want an empty 101", e)
		}
	})
}

func TestACancelledPostIsDoubtful(t *testing.T) {
	cause := errors.New("the operator went home")
	server := &fake{rest: func(_ http.ResponseWriter, r *http.Request, _ string) { <-r.Context().Done() }}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(cause) })
		_, err := newClient(t, cfg).Update(ctx, update(testNumber))
		wantError(t, err, client.KindStopped, client.AppliedMaybe)
		if !errors.Is(err, cause) || !errors.Is(err, context.Canceled) {
			t.Errorf("%v wraps neither the cause nor context.Canceled", err)
		}
	})
}

func TestACancelledReadIsNotDoubtful(t *testing.T) {
	server := &fake{rest: func(_ http.ResponseWriter, r *http.Request, _ string) { <-r.Context().Done() }}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := newClient(t, cfg).Number(ctx, testNumber)
		wantError(t, err, client.KindStopped, client.AppliedNo)
	})
}

func TestBeforeStopsACall(t *testing.T) {
	full := errors.New("disk full")
	server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, number string) { ok(w, number) }}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		var asked []client.Attempt
		c := newClient(t, cfg).With(client.Trace{Before: func(_ context.Context, a client.Attempt) (time.Time, error) {
			if a.Endpoint == client.EndpointToken {
				return time.Time{}, nil
			}
			asked = append(asked, a)
			return time.Time{}, full
		}})
		_, err := c.Update(t.Context(), update(testNumber))
		wantError(t, err, client.KindStopped, client.AppliedNo)
		if !errors.Is(err, full) {
			t.Errorf("%v does not wrap what Before said", err)
		}
		if len(asked) != 1 || asked[0].N != 1 || asked[0].Endpoint != client.EndpointUpdate || asked[0].Number != testNumber {
			t.Errorf("asked about %+v, want the first attempt of the update only", asked)
		}
		if n := len(server.arrivals()); n != 0 {
			t.Errorf("%d requests were sent, want none", n)
		}
	})
}
