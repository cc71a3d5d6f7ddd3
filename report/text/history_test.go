package text_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/report/reporttest"
	"github.com/bulknum/bulknum/report/text"
)

func TestHistoryText(t *testing.T) {
	var out bytes.Buffer
	if err := text.History(&out, reporttest.History()); err != nil {
		t.Fatal(err)
	}
	const want = `2026-11-23 02:00:07 UTC  one (waves 10,100%)
  MessageRouteId MRID-a -> MRID-b
  updated, order JNUOID-1 Complete
  verified 2026-11-23 02:01:07 UTC: in sync
  rolled back by run two
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
