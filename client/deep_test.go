package client_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/internal/testextent"
)

// An answer that is nested as deeply as it can be is damaged, and nothing worse.
func TestADeepAnswer(t *testing.T) {
	testextent.Variant(t)
	deep := strings.Repeat("[", 1<<20)
	for _, body := range []string{deep, `{"PhoneNumbers":[` + deep, `{"PhoneNumbers":` + deep + strings.Repeat("]", len(deep)) + "}"} {
		cfg := overSockets(t, &fake{rest: func(w http.ResponseWriter, _ *http.Request, _ string) { fmt.Fprint(w, body) }})
		cfg.MaxAttempts = 1
		for _, err := range newClient(t, cfg).Inventory(t.Context(), 1) {
			wantError(t, err, client.KindUntrusted, client.AppliedNo)
		}
	}
}
