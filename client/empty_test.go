package client_test

import (
	"net/http"
	"testing"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/internal/pipenet"
)

// A success without a body may have been carried out: an update is not sent again, for a reading tells more.
func TestAnEmptySuccessIsSentOnce(t *testing.T) {
	for _, status := range []int{http.StatusOK, http.StatusCreated, http.StatusAccepted, http.StatusNoContent} {
		server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, _ string) { w.WriteHeader(status) }}
		inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
			_, err := newClient(t, cfg).Update(t.Context(), update(testNumber))
			if e := wantError(t, err, client.KindUntrusted, client.AppliedMaybe); e.Attempts != 1 {
				t.Errorf("%d: sent %d times", status, e.Attempts)
			}
		})
	}
}

// An order that is only accepted is not done, whatever its word.
func TestAnAcceptedOrderIsPending(t *testing.T) {
	for status, want := range map[int]client.OrderState{
		http.StatusOK: client.OrderComplete, http.StatusAccepted: client.OrderPending,
	} {
		server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, number string) {
			w.WriteHeader(status)
			ok(w, number)
		}}
		inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
			answer, err := newClient(t, cfg).Update(t.Context(), update(testNumber))
			if err != nil || answer.State() != want {
				t.Errorf("%d: %v, %v, want %v", status, answer.State(), err, want)
			}
		})
	}
}
