package report_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/report"
)

func TestParseStatuses(t *testing.T) {
	got, err := report.ParseStatuses(" failed, unknown,failed,")
	if err != nil {
		t.Fatal(err)
	}
	diff(t, got, []batch.Status{batch.Failed, batch.Unknown})
	if got, err := report.ParseStatuses(""); len(got) != 0 || err != nil {
		t.Errorf("an empty list is %v, %v", got, err)
	}
	_, err = report.ParseStatuses("broken")
	want := `"broken" is not a status: use updated, pending, unchanged, planned, failed, unknown, conflict, invalid or not_attempted`
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestParseFormat(t *testing.T) {
	for _, f := range report.Formats() {
		if got, err := report.ParseFormat(string(f)); got != f || err != nil {
			t.Errorf("%s: %s, %v", f, got, err)
		}
	}
	_, err := report.ParseFormat("pdf")
	if err == nil || err.Error() != `"pdf" is not a format: use csv, jsonl, text or html` {
		t.Errorf("got %v", err)
	}
}

func TestRowsOfSomeStatuses(t *testing.T) {
	mixed(t, func(ctx context.Context, run *batch.Run) {
		out := rendered(t, func(b *bytes.Buffer) error {
			return report.Rows(ctx, run, b, report.FormatCSV, []batch.Status{batch.Pending, batch.Invalid})
		})
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if len(lines) != 3 || !strings.HasPrefix(lines[1], "3,4,") || !strings.HasPrefix(lines[2], "5,6,") {
			t.Errorf("got\n%s", out)
		}
		if err := report.Rows(ctx, run, &bytes.Buffer{}, "pdf", nil); err == nil {
			t.Error("an unknown format is no error")
		}
	})
}

func TestTable(t *testing.T) {
	mixed(t, func(ctx context.Context, run *batch.Run) {
		out := rendered(t, func(b *bytes.Buffer) error { return report.Rows(ctx, run, b, report.FormatText, nil) })
		diff(t, out, `Row  Number        Status   UpdateOrderId, Error                         Changes
----------------------------------------------------------------------------------------------------
  1  +18015550001  updated  JNUOID-efb6a9c4-b2a3-4803-b2e2-42d5a7ba1b5c  MessageRouteId=MRID-a Cn…
  2  +18015550002  failed   update: status 400: =cmd()|' /C              MessageRouteId=MRID-b Cn…
                            calc'!A0;=1+1
  3  +18015550003  pending  JNUOID-1496300b-858f-42a6-a2e5-891d6f8257e1  MessageRouteId=MRID-c
  4  +18015550004  failed   JNUOID-27960124-f7c1-42ae-a685-1f4e6b837d41  MessageRouteId=MRID-d
                            the order is Cancelled
  5  8015550005    invalid  Number "8015550005": the + is missing
                            (write + and the country code: +18015550005
                            if it is a number of North America)
`)
	})
}

// Text from outside must neither break the table nor reach the terminal's ears.
func TestTableHoldsItsWidth(t *testing.T) {
	nasty := "\x1b[2J\x1b]0;x\x07 <script> \u202eevil\u202c a\r\nb\tc " + strings.Repeat("long", 60) + strings.Repeat(" 号码", 40)
	r := batch.Result{
		Row: 123456, Number: nasty, Status: batch.NotAttempted,
		UpdateOrderId: "JNUOID-efb6a9c4-b2a3-4803-b2e2-42d5a7ba1b5c", Changes: nasty, Error: nasty,
	}
	out := rendered(t, func(b *bytes.Buffer) error { return report.Table(b, given(r, r)) })
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		if strings.ContainsAny(line, "\x1b\x07\r\t\u202e\u202c") {
			t.Errorf("control characters in %q", line)
		}
		if n := utf8.RuneCountInString(line); n > 100 {
			t.Errorf("%d columns: %q", n, line)
		}
	}
	if strings.Count(out, r.UpdateOrderId) != 2 {
		t.Errorf("the order ids are broken:\n%s", out)
	}
}

// A wide character takes the room of two.
func TestTableOfWideCharacters(t *testing.T) {
	table := func(number string) string {
		r := batch.Result{Row: 1, Number: number, Status: batch.Invalid, Changes: strings.Repeat("x", 100)}
		return rendered(t, func(b *bytes.Buffer) error { return report.Table(b, given(r)) })
	}
	diff(t, table("号码号码号码"), strings.ReplaceAll(table("+18015550001"), "+18015550001", "号码号码号码"))
}

func TestJSONL(t *testing.T) {
	r := batch.Result{
		Row: 1, Line: 2, Number: "+18015550001", Status: batch.Failed, HTTPStatus: 400, Attempts: 1,
		Changes: "CnamLastName=<script>", Error: "line one\nline two",
		StartedAt: time.Date(2026, 11, 23, 3, 0, 0, 5_600_000, time.FixedZone("CET", 3600)), DurationMs: 12,
	}
	out := rendered(t, func(b *bytes.Buffer) error {
		return report.JSONL(b, given(r, batch.Result{Row: 2, Status: batch.NotAttempted}))
	})
	diff(t, out, `{"version":1,"row":1,"line":2,"number":"+18015550001","status":"failed","httpStatus":400,"attempts":1,`+
		`"changes":"CnamLastName=<script>","error":"line one\nline two","startedAt":"2026-11-23T02:00:00.005Z","durationMs":12}
{"version":1,"row":2,"line":0,"number":"","status":"not_attempted","attempts":0}
`)
}
