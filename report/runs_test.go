package report_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/report"
)

func someRuns(now time.Time) []batch.RunInfo {
	return []batch.RunInfo{
		{Name: "three", Job: "nightly", State: batch.Running, StartedAt: now.Add(-90 * time.Second), Rows: 12000,
			Counts: map[batch.Status]int{batch.NotAttempted: 2000, batch.Updated: 10000}, Holder: &batch.Holder{PID: 17, Host: "night1"}},
		{Name: "two", Job: "\x1b[31mred", State: batch.Refused, Why: "guard", Sandbox: true, StartedAt: now.Add(-47 * time.Hour)},
		{Name: "one", State: batch.Archived, StartedAt: now.Add(-90 * 24 * time.Hour)},
	}
}

func TestRunsText(t *testing.T) {
	now := time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
	var out bytes.Buffer
	if err := report.RunsText(&out, someRuns(now), now); err != nil {
		t.Fatal(err)
	}
	for _, want := range [][]string{
		{"three ", "nightly", "running", "12,000", "1 m ", "2026-11-2", "10,000 updated, 2,000 not_attempted (pid 17 on night1)"},
		{"two ", "refused", " 47 h ", "(sandbox; guard)"},
		{"one ", "archived", " 90 d "},
	} {
		for line := range strings.Lines(out.String()) {
			if !strings.HasPrefix(line, want[0]) {
				continue
			}
			for _, part := range want {
				if !strings.Contains(line, part) {
					t.Errorf("%q lacks %q", line, part)
				}
			}
			want = nil
			break
		}
		if want != nil {
			t.Errorf("%s is not in\n%s", want[0], &out)
		}
	}
	if strings.Contains(out.String(), "\x1b") {
		t.Error("the name of a job colours the terminal")
	}
}

func TestRunsJSON(t *testing.T) {
	now := time.Date(2026, 11, 23, 3, 0, 0, 123456789, time.FixedZone("CET", 3600))
	var out bytes.Buffer
	if err := report.RunsJSON(&out, someRuns(now)); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Version int
		Runs    []batch.RunInfo
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Version != 1 || len(got.Runs) != 3 || got.Runs[0].Counts[batch.Updated] != 10000 || got.Runs[0].Holder.PID != 17 {
		t.Errorf("got %+v", got)
	}
	if !strings.Contains(out.String(), `"startedAt": "2026-11-23T01:58:30.123Z"`) {
		t.Errorf("not UTC in milliseconds:\n%s", &out)
	}
	out.Reset()
	if err := report.RunsJSON(&out, nil); err != nil || !strings.Contains(out.String(), `"runs": []`) {
		t.Errorf("no runs: %s, %v", &out, err)
	}
}

func TestAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0 s", 59 * time.Second: "59 s", time.Minute: "1 m", time.Hour: "1 h", 47*time.Hour + 59*time.Minute: "47 h", 48 * time.Hour: "2 d",
	} {
		if got := report.Age(d); got != want {
			t.Errorf("%s: got %q, want %q", d, got, want)
		}
	}
}
