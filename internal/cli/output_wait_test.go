package cli

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/client"
)

// What is waited for is told when it begins, and not when it is over.
func TestWaitsAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told bytes.Buffer
		waits := printWaits(Streams{Err: &told})
		soon := time.Now().Add(90 * time.Second)
		for _, w := range []client.Wait{
			{Reason: client.WaitThrottled, Until: soon},
			{Reason: client.WaitUnavailable, Until: soon},
			{Reason: client.WaitBackoff, Until: soon, Detail: "connection refused"},
			{Reason: client.WaitOutage, Until: soon, Detail: "no answer within 30s"},
			{Reason: client.WaitOutage, Until: soon, Detail: "no answer within 30s", Over: true},
		} {
			waits(t.Context(), w)
		}
		want := `bulknum: next try in 1 m 30 s: the API answered 429
bulknum: next try in 1 m 30 s: the API answered 503
bulknum: next try in 1 m 30 s: connection refused
bulknum: next try in 1 m 30 s: the API is down: no answer within 30s
`
		if diff := cmp.Diff(want, told.String()); diff != "" {
			t.Error(diff)
		}
	})
}
