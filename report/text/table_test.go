package text_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/files"
	"github.com/bulknum/bulknum/report/reporttest"
	"github.com/bulknum/bulknum/report/text"
)

func TestTable(t *testing.T) {
	reporttest.Mixed(t, func(ctx context.Context, run *runs.Run) {
		out := reporttest.Rendered(t, func(b *bytes.Buffer) error { return files.Rows(ctx, run, b, files.FormatText, 100, nil, nil) })
		reporttest.Diff(t, out, ` Line  Number        Status   UpdateOrderId, Error                         Changes
(row)
----------------------------------------------------------------------------------------------------
2 (1)  +18015550001  updated  JNUOID-efb6a9c4-b2a3-4803-b2e2-42d5a7ba1b5c  MessageRouteId=MRID-a …
3 (2)  +18015550002  failed   update: status 400: =cmd()|' /C              MessageRouteId=MRID-b …
                              calc'!A0;=1+1
4 (3)  +18015550003  pending  JNUOID-1496300b-858f-42a6-a2e5-891d6f8257e1  MessageRouteId=MRID-c
5 (4)  +18015550004  failed   JNUOID-27960124-f7c1-42ae-a685-1f4e6b837d41  MessageRouteId=MRID-d
                              the order is Cancelled
6 (5)  8015550005    invalid  Number "8015550005": the + is missing
                              (write + and the country code: +18015550005
                              if it is a number of North America)
`)
	})
}

// Text from outside must neither break the table nor reach the terminal's ears.
func TestTableHoldsItsWidth(t *testing.T) {
	nasty := "\x1b[2J\x1b]0;x\x07 <script> \u202eevil\u202c a\r\nb\tc " + strings.Repeat("long", 60) + strings.Repeat(" 号码", 40)
	r := result.Result{
		Row: 123456, Number: nasty, Status: result.NotAttempted,
		UpdateOrderId: "JNUOID-efb6a9c4-b2a3-4803-b2e2-42d5a7ba1b5c", Changes: nasty, Error: nasty,
	}
	out := reporttest.Rendered(t, func(b *bytes.Buffer) error { return text.Table(b, 100, nil, reporttest.Given(r, r)) })
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

// On a terminal the table is as wide as that, and no wider; off one nothing is cut.
func TestTableIsAsWideAsTheTerminal(t *testing.T) {
	r := result.Result{Row: 1, Number: "+18015550001", Status: result.Updated, Changes: strings.Repeat("long ", 30) + "end"}
	for width, whole := range map[int]bool{0: true, 80: false, 150: false, 300: true} {
		out := reporttest.Rendered(t, func(b *bytes.Buffer) error { return text.Table(b, width, nil, reporttest.Given(r)) })
		row := strings.TrimSuffix(out[strings.LastIndex(strings.TrimSpace(out), "\n")+1:], "\n")
		if n := utf8.RuneCountInString(row); strings.HasSuffix(row, "end") != whole || !whole && (n > width || n < width-3) {
			t.Errorf("%d columns: %d: %q", width, n, row)
		}
	}
}

// A wide character takes the room of two.
func TestTableOfWideCharacters(t *testing.T) {
	table := func(number string) string {
		r := result.Result{Row: 1, Number: number, Status: result.Invalid, Changes: strings.Repeat("x", 100)}
		return reporttest.Rendered(t, func(b *bytes.Buffer) error { return text.Table(b, 100, nil, reporttest.Given(r)) })
	}
	reporttest.Diff(t, table("号码号码号码"), strings.ReplaceAll(table("+18015550001"), "+18015550001", "号码号码号码"))
}
