package files_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/report/files"
	"github.com/bulknum/bulknum/report/reporttest"
)

func TestStatusJSON(t *testing.T) {
	var b bytes.Buffer
	if err := files.StatusJSON(&b, reporttest.Status()); err != nil {
		t.Fatal(err)
	}
	var got control.Document
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(reporttest.Status(), got); d != "" {
		t.Error(d)
	}
}
