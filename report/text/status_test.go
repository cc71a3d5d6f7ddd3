package text_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/report/reporttest"
	"github.com/bulknum/bulknum/report/text"
)

func TestStatusText(t *testing.T) {
	zone := time.Now().Format("MST")
	var b bytes.Buffer
	if err := text.Status(&b, reporttest.Status()); err != nil {
		t.Fatal(err)
	}
	want := `Run cutover: paused by �[2Jalice, since 2026-11-23 22:14:03 ` + zone + ` (42 s)
Rows      652 of 2,000 done, 650 updated, 2 failed
In flight 1 request
Rate      48/m
Wave      2 of 4, up to row 1,000
Ends      at 2026-11-23 22:42:45 ` + zone + ` at this rate
Window    a rollback of what is done takes 13 m 55 s; the point of no return is 2026-11-23 22:34:45 ` + zone + `, after 1,612 rows
Deadline  2026-11-23 23:14:45 ` + zone + `
Asked     2026-11-23 22:14:03 ` + zone + ` pause by �[2Jalice
Next      bulknum ctl runs/cutover continue $'\033[2Jalice'
          bulknum ctl runs/cutover next 3
`
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Error(d)
	}
}
