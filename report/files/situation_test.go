package files_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/report/files"
	"github.com/bulknum/bulknum/report/reporttest"
)

func TestSituationJSON(t *testing.T) {
	var b bytes.Buffer
	if err := files.SituationJSON(&b, reporttest.Situation()); err != nil {
		t.Fatal(err)
	}
	var got batch.Situation
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(reporttest.Situation(), got); d != "" {
		t.Error(d)
	}
}
