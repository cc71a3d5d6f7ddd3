package files_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/files"
	"github.com/bulknum/bulknum/report/reporttest"
)

func TestRunsJSON(t *testing.T) {
	now := time.Date(2026, 11, 23, 3, 0, 0, 123456789, time.FixedZone("CET", 3600))
	var out bytes.Buffer
	if err := files.RunsJSON(&out, reporttest.Runs(now)); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Version int
		Runs    []runs.Info
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Version != 1 || len(got.Runs) != 3 || got.Runs[0].Counts[result.Updated] != 10000 || got.Runs[0].Holder.PID != 17 {
		t.Errorf("got %+v", got)
	}
	if !strings.Contains(out.String(), `"startedAt": "2026-11-23T01:58:30.123Z"`) {
		t.Errorf("not UTC in milliseconds:\n%s", &out)
	}
	if strings.Contains(out.String(), `"ID"`) {
		t.Errorf("it tells how the store counts:\n%s", &out)
	}
	out.Reset()
	if err := files.RunsJSON(&out, nil); err != nil || !strings.Contains(out.String(), `"runs": []`) {
		t.Errorf("no runs: %s, %v", &out, err)
	}
}
