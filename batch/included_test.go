package batch_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client/sandbox"
)

// next makes the bench's next run one of this file, which includes what failed.
func (b *bench) next(rows string) {
	b.config.Source, b.config.Control, b.config.IncludeFailed = strings.NewReader(rows), control.New(), true
}

// What failed in the job's last run and is not in today's file is taken too, with lines behind the file's; today's row
// wins, and a number that another run wrote to since is left alone. A resume keeps the rows.
func TestFailedRowsOfTheLastRunAreIncluded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRefusing()
		for n := range 4 {
			r.refuse(n, 400, 1)
		}
		b := planned(newBench(t, sandbox.Config{Answer: r.answer}, rows(30)))
		b.config.MaxFailures = plan.Limit{Share: 1}
		b.config.Guards.MaxShrink = plan.Limit{Share: 1}
		first, _, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		if got := counts(results(t, first))[result.Failed]; got != 4 {
			t.Fatalf("%d rows failed, want 4", got)
		}
		b.config.Job, b.config.Control = "other", control.New()
		b.config.Source = strings.NewReader("Number,MessageRouteId\n" + number(3) + ",MRID-other\n")
		if _, _, err := b.apply(); err != nil {
			t.Fatal(err)
		}
		b.config.Job = "rows"
		r.refuse(1, 400, 1)
		b.next("Number,MessageRouteId\n" + number(40) + ",MRID-new\n" + number(2) + ",MRID-today")
		run, got, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		want := []string{
			"1 2 " + number(40) + " updated", "2 3 " + number(2) + " updated",
			"3 5 " + number(0) + " updated", "4 6 " + number(1) + " failed",
		}
		told := func(of []result.Result) (lines []string) {
			for _, row := range of {
				lines = append(lines, fmt.Sprintf("%d %d %s %s", row.Row, row.Line, row.Number, row.Status))
			}
			return lines
		}
		if fmt.Sprint(told(got)) != fmt.Sprint(want) {
			t.Errorf("the rows are\n%q, want\n%q", told(got), want)
		}
		for n, route := range map[int]string{2: "MRID-today", 3: "MRID-other"} {
			if now, _ := b.fake.Number(number(n)); now.MessageRouteId != route {
				t.Errorf("number %d has %q, want %q", n, now.MessageRouteId, route)
			}
		}
		note := "2 rows that failed in run " + first.Identity.Name + " and are not in the file are included, as lines 5 to 6; " +
			"left out: 1, because their numbers or SIMs are in the file; " +
			"left out: 1, because other runs may have written to their numbers since"
		if noted := fmt.Sprint(run.Plan.Notes); !strings.Contains(noted, note) {
			t.Errorf("the notes are %s\nwant %q", noted, note)
		}
		if run.Plan.Own() != 2 {
			t.Errorf("the file has %d rows of its own, want 2", run.Plan.Own())
		}
		again, got, err := b.resume(run, batch.ResumeOptions{RetryFailed: true})
		if err != nil || again.Stop.Early() || len(got) != 4 || got[3].Status != result.Updated {
			t.Errorf("resumed: %v, %q", err, told(got))
		}
	})
}

// Rows that were included are no rows of the file: they hide neither that it lost rows nor that it lost a column.
func TestIncludedRowsHideNoLoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRefusing()
		for n := range 10 {
			r.refuse(n, 400, 1)
		}
		b := planned(newBench(t, sandbox.Config{Answer: r.answer}, rows(20)))
		b.config.MaxFailures = plan.Limit{Share: 1}
		b.config.Guards.MaxShrink = plan.Limit{Share: 0.5}
		if _, _, err := b.apply(); err != nil {
			t.Fatal(err)
		}
		b.next("Number,CnamFirstName,CnamLastName\n" + number(19) + ",Bob,Smith\n")
		_, _, err := b.apply()
		for _, want := range []string{"the input has 1 row of its own, and had 20", "no row sets MessageRouteId"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %q", err, want)
			}
		}
	})
}

// What was rolled back is not wanted any more: its failed rows are not taken.
func TestFailedRowsOfARolledBackRunAreLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRefusing()
		r.refuse(0, 400, 1)
		b := planned(newBench(t, sandbox.Config{Answer: r.answer}, rows(30)))
		first, _, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := b.rollback(first, batch.RollbackOptions{}); err != nil {
			t.Fatal(err)
		}
		b.config.Guards.MaxShrink = plan.Limit{Share: 1}
		b.next("Number,MessageRouteId\n" + number(40) + ",MRID-new\n")
		run, got, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		if noted := fmt.Sprint(run.Plan.Notes); len(got) != 1 || !strings.Contains(noted, "left out: 1, because the run was rolled back") {
			t.Errorf("%d rows, and the notes are %s", len(got), noted)
		}
	})
}
