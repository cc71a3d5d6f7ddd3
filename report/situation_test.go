package report_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/report"
)

// standing is a cutover in its second wave.
func standing() batch.Situation {
	local := time.Local
	at := time.Date(2026, 11, 23, 22, 14, 45, 0, local)
	return batch.Situation{
		Version: 1, Run: "cutover", At: at, Phase: batch.PhasePaused, Since: at.Add(-42 * time.Second), Why: "paused by \x1b[2Jalice",
		Rows: 2000, Done: 652, Counts: map[batch.Status]int{batch.Updated: 650, batch.Failed: 2}, InFlight: 1, Rate: "48/m",
		Wave: &batch.Wave{N: 2, Of: 4, Rows: 400, Upto: 1000}, Deadline: at.Add(time.Hour),
		WayBack: &batch.WayBack{EndsAt: at.Add(28 * time.Minute), RollbackMs: 835_000, NoReturnAt: at.Add(20 * time.Minute), NoReturnRows: 1612},
	}
}

func TestSituationText(t *testing.T) {
	zone := time.Now().Format("MST")
	var b bytes.Buffer
	if err := report.SituationText(&b, standing()); err != nil {
		t.Fatal(err)
	}
	want := `Run cutover: paused since 2026-11-23 22:14:03 ` + zone + ` (42 s): paused by �[2Jalice
Rows      652 of 2,000 done, 650 updated, 2 failed
In flight 1 request
Pace      48/m
Wave      2 of 4, up to row 1,000
Ends      at 2026-11-23 22:42:45 ` + zone + ` at this pace
Way back  a rollback of what is done takes 13 m 55 s; the point of no return is 2026-11-23 22:34:45 ` + zone + `, after 1,612 rows
Deadline  2026-11-23 23:14:45 ` + zone + `
`
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Error(d)
	}
}

func TestSituationJSON(t *testing.T) {
	var b bytes.Buffer
	if err := report.SituationJSON(&b, standing()); err != nil {
		t.Fatal(err)
	}
	var got batch.Situation
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(standing(), got); d != "" {
		t.Error(d)
	}
}
