package files_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/files"
	"github.com/bulknum/bulknum/report/reporttest"
)

func TestParseStatuses(t *testing.T) {
	got, err := files.ParseStatuses(" failed, unknown,failed,")
	if err != nil {
		t.Fatal(err)
	}
	reporttest.Diff(t, got, []result.Status{result.Failed, result.Unknown})
	if got, err := files.ParseStatuses(""); len(got) != 0 || err != nil {
		t.Errorf("an empty list is %v, %v", got, err)
	}
	_, err = files.ParseStatuses("broken")
	want := `"broken" is not a status: use updated, pending, unchanged, planned, failed, unknown, conflict, invalid or not_attempted`
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestParseFormat(t *testing.T) {
	for _, f := range files.Formats() {
		if got, err := files.ParseFormat(string(f)); got != f || err != nil {
			t.Errorf("%s: %s, %v", f, got, err)
		}
	}
	_, err := files.ParseFormat("pdf")
	if err == nil || err.Error() != `"pdf" is not a format: use csv, jsonl, text, html or markdown` {
		t.Errorf("got %v", err)
	}
}

func TestRowsOfSomeStatuses(t *testing.T) {
	reporttest.Mixed(t, func(ctx context.Context, run *runs.Run) {
		out := reporttest.Rendered(t, func(b *bytes.Buffer) error {
			return files.Rows(ctx, run, b, files.FormatCSV, 0, []result.Status{result.Pending, result.Invalid}, nil)
		})
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if len(lines) != 3 || !strings.HasPrefix(lines[1], "3,4,") || !strings.HasPrefix(lines[2], "5,6,") {
			t.Errorf("got\n%s", out)
		}
		if err := files.Rows(ctx, run, &bytes.Buffer{}, "pdf", 0, nil, nil); err == nil {
			t.Error("an unknown format is no error")
		}
	})
}

func TestJSONL(t *testing.T) {
	r := result.Result{
		Row: 1, Line: 2, Number: "+18015550001", Status: result.Failed, HTTPStatus: 400, Attempts: 1,
		Changes: "CnamLastName=<script>", Error: "line one\nline two",
		StartedAt: time.Date(2026, 11, 23, 3, 0, 0, 5_600_000, time.FixedZone("CET", 3600)), DurationMs: 12,
	}
	out := reporttest.Rendered(t, func(b *bytes.Buffer) error {
		return files.JSONL(b, reporttest.Given(r, result.Result{Row: 2, Status: result.NotAttempted}))
	})
	reporttest.Diff(t, out, `{"version":1,"row":1,"line":2,"number":"+18015550001","status":"failed","httpStatus":400,"attempts":1,`+
		`"changes":"CnamLastName=<script>","error":"line one\nline two","startedAt":"2026-11-23T02:00:00.005Z","durationMs":12}
{"version":1,"row":2,"line":0,"number":"","status":"not_attempted","attempts":0}
`)
}
