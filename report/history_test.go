package report_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/report"
)

func someHistory() *batch.History {
	at := time.Date(2026, 11, 23, 2, 0, 7, 123456789, time.UTC)
	moved := []settings.Change{{Field: "MessageRouteId", Old: "MRID-a", New: "MRID-b"}}
	return &batch.History{Number: "+18018018011", Passages: []batch.Passage{
		{
			Run: "one", Job: "cutover", State: batch.Ran, At: at, ReadAt: at, Sent: true, Changes: moved,
			Result:   batch.Result{Status: batch.Updated, UpdateOrderId: "JNUOID-1", UpdateOrderStatus: "Complete"},
			Verified: &batch.Verified{At: at.Add(time.Minute), Status: batch.AsAsked},
			Waves:    "10,100%", RolledBackBy: "two", Ticket: "CHG-1", Reason: "\x1b[31mred", User: "jo",
		},
		{
			Run: "two", Job: "cutover-rollback", State: batch.Running, At: at.Add(time.Hour), Sent: true,
			Changes: []settings.Change{{Field: "MessageRouteId", Hidden: true}}, Result: batch.Result{Status: batch.Unknown, Error: "no answer"},
			Verified:   &batch.Verified{At: at.Add(2 * time.Hour), Status: batch.Drifted, Drift: moved},
			RollbackOf: "one",
		},
		{Run: "three", State: batch.Ran, At: at, Result: batch.Result{Status: batch.Unchanged}, Verified: &batch.Verified{At: at, Status: batch.Unreadable, Error: "404"}},
	}}
}

func TestHistoryText(t *testing.T) {
	var out bytes.Buffer
	if err := report.HistoryText(&out, someHistory()); err != nil {
		t.Fatal(err)
	}
	const want = `2026-11-23 02:00:07 UTC  one (waves 10,100%)
  MessageRouteId MRID-a -> MRID-b
  updated, order JNUOID-1 Complete
  verified 2026-11-23 02:01:07 UTC: as asked
  rolled back by two
  job cutover, ticket CHG-1, reason �[31mred, user jo

2026-11-23 03:00:07 UTC  two (rollback of one; running)
  MessageRouteId -> (empty) (nothing was read before)
  unknown: no answer
  read 2026-11-23 04:00:07 UTC: changed since: MessageRouteId MRID-a -> MRID-b
  job cutover-rollback

2026-11-23 02:00:07 UTC  three
  unchanged
  could not be verified 2026-11-23 02:00:07 UTC: 404
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestHistoryJSON(t *testing.T) {
	var out bytes.Buffer
	if err := report.HistoryJSON(&out, someHistory()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"version": 1`, `"number": "+18018018011"`, `"at": "2026-11-23T02:00:07.123Z"`, `"rolledBackBy": "two"`, `"status": "as_asked"`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is not in %s", want, &out)
		}
	}
}
