package files_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/report/files"
	"github.com/bulknum/bulknum/report/reporttest"
)

func TestHistoryJSON(t *testing.T) {
	var out bytes.Buffer
	if err := files.HistoryJSON(&out, reporttest.History()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"version": 1`, `"number": "+18018018011"`, `"at": "2026-11-23T02:00:07.123Z"`, `"rolledBackBy": "two"`, `"status": "in_sync"`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is not in %s", want, &out)
		}
	}
}
