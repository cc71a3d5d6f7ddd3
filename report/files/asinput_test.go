package files_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/send"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
	"github.com/bulknum/bulknum/report/files"
	"github.com/bulknum/bulknum/report/reporttest"
)

// A row that failed comes back as it was asked, and nothing else does.
func TestAsInputLoadsAgain(t *testing.T) {
	reporttest.Mixed(t, func(ctx context.Context, run *runs.Run) {
		out := reporttest.Rendered(t, func(b *bytes.Buffer) error { return files.AsInput(ctx, run, b, nil) })
		reporttest.Diff(t, reporttest.Loaded(t, saved(t, t.TempDir(), out)), []string{
			`+18015550002 MessageRouteId=MRID-b CnamLastName="=cmd()"`,
			`+18015550004 MessageRouteId=MRID-d`,
		})
		out = reporttest.Rendered(t, func(b *bytes.Buffer) error {
			return files.AsInput(ctx, run, b, []result.Status{result.Pending})
		})
		reporttest.Diff(t, reporttest.Loaded(t, saved(t, t.TempDir(), out)), []string{"+18015550003 MessageRouteId=MRID-c"})
	})
}

// What a run was not to write is not in the file either, and a row that then asks for
// nothing is none.
func TestAsInputKeepsToTheFields(t *testing.T) {
	rows := "Number,MessageRouteId,CnamLastName\n+18015550002,MRID-b,x\n+18015550004,MRID-d,y\n+18015550014,,z\n"
	only := func(c *batch.Config) { c.Fields = []string{"MessageRouteId"} }
	reporttest.Apply(t, rows, sandbox.Config{Judge: reporttest.Judge}, only, func(ctx context.Context, run *runs.Run) {
		everything := []result.Status{result.Failed, result.Unchanged}
		out := reporttest.Rendered(t, func(b *bytes.Buffer) error { return files.AsInput(ctx, run, b, everything) })
		reporttest.Diff(t, reporttest.Loaded(t, saved(t, t.TempDir(), out)), []string{
			"+18015550002 MessageRouteId=MRID-b",
			"+18015550004 MessageRouteId=MRID-d",
		})
	})
}

// The file of a rollback loads: what only the API may say is left out, and that is told.
func TestAsInputOfARollbackLoads(t *testing.T) {
	rows := "Number,MessageRouteId,CnamLastName,If.CnamFirstName\n" +
		"+18015550002,MRID-b,Sm\u200bth,\n+18015550004,MRID-d,,\n+18015550012,MRID-c,,a\u200bb\n"
	told := func(c *batch.Config) { c.Input.AsTold, c.All = true, false }
	fake := sandbox.Config{Judge: reporttest.Judge}
	reporttest.Apply(t, rows, fake, told, func(ctx context.Context, run *runs.Run) {
		var out bytes.Buffer
		err := files.AsInput(ctx, run, &out, nil)
		if left, ok := errors.AsType[*files.UnloadableError](err); !ok || left.Rows != 2 ||
			!strings.Contains(left.First, "line 2 (row 1): +18015550002: CnamLastName: contains the invisible character U+200B") {
			t.Errorf("error %v", err)
		}
		reporttest.Diff(t, reporttest.Loaded(t, saved(t, t.TempDir(), out.String())), []string{"+18015550004 MessageRouteId=MRID-d"})
	})
}

// A run that stopped gives back what it did not come to.
func TestAsInputOfAStoppedRun(t *testing.T) {
	stop := func(c *batch.Config) { c.MaxFailures = plan.Limit{Rows: 0} }
	rows := "Number,CnamLastName\n+18015550001,<clear>\n+18015550002,x\n+18015550003,<clear>\n+18015550009,y\n"
	reporttest.Apply(t, rows, sandbox.Config{Judge: reporttest.Judge}, func(c *batch.Config) { c.Input.AllowClear = true; stop(c) }, func(ctx context.Context, run *runs.Run) {
		out := reporttest.Rendered(t, func(b *bytes.Buffer) error {
			return files.AsInput(ctx, run, b, []result.Status{result.NotAttempted})
		})
		reporttest.Diff(t, reporttest.Loaded(t, saved(t, t.TempDir(), out)), []string{
			"+18015550003 CnamLastName=<clear>",
			"+18015550009 CnamLastName=y",
		})
	})
}

func TestAsInputRefusesInvalidRows(t *testing.T) {
	reporttest.Mixed(t, func(ctx context.Context, run *runs.Run) {
		var b bytes.Buffer
		err := files.AsInput(ctx, run, &b, []result.Status{result.Failed, result.Invalid})
		if !errors.Is(err, files.ErrInvalidAsInput) || b.Len() > 0 {
			t.Errorf("wrote %d bytes, error %v", b.Len(), err)
		}
	})
}

// The law: whatever an input asked for, its rows given back ask for the same.
func TestAsInputRoundTrip(t *testing.T) {
	dir := t.TempDir()
	all := reporttest.Known(t, reporttest.Opened(t, dir))
	unused, err := client.NewReader(client.Config{BaseURL: "http://localhost", Credentials: client.Credentials{Token: client.NewSecret("none")}, Rate: client.Unlimited})
	if err != nil {
		t.Fatal(err)
	}
	if err := testextent.Checks(100); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		rows := rapid.SliceOfNDistinct(anyRow(), 1, 8, func(r input.Row) string { return r.Number }).Draw(rt, "rows")
		var file strings.Builder
		if err := input.Write(&file, func(yield func(input.Row, error) bool) {
			for _, r := range rows {
				if !yield(r, nil) {
					return
				}
			}
		}); err != nil {
			rt.Fatal(err)
		}
		// Nobody agrees to the run, so that every row is not attempted.
		run, err := batch.Apply(t.Context(), batch.Config{
			Access:      batch.Access{Account: "DID-1", API: "http://localhost", Reader: unused, Client: &client.Client{Reader: unused}},
			Options:     send.Options{Workers: 1},
			File:        batch.File{Source: strings.NewReader(file.String()), SourceName: "rows.csv", Input: input.Options{AllowClear: true}},
			PlanOptions: runs.PlanOptions{All: true},

			Store: all, RunsDir: dir, Job: "law",
			Confirm: func(context.Context, batch.Question) error { return result.ErrDeclined },
		})
		if run == nil || !errors.Is(err, result.ErrDeclined) {
			rt.Fatalf("%v\n%s", err, file.String())
		}
		var out bytes.Buffer
		if err := files.AsInput(t.Context(), run, &out, nil); err != nil {
			rt.Fatal(err)
		}
		var want []string
		for _, r := range rows {
			want = append(want, r.Number+" "+r.Settings.String())
		}
		reporttest.Diff(t, reporttest.Loaded(t, saved(t, dir, out.String())), want)
	})
}

// anyRow is a row with some settings, of which one is text with anything in it.
func anyRow() *rapid.Generator[input.Row] {
	surname, _ := settings.Lookup("CnamLastName")
	return rapid.Custom(func(t *rapid.T) input.Row {
		row := input.Row{Number: "+1801" + rapid.StringMatching(`[2-9][0-9]{6}`).Draw(t, "number")}
		name := rapid.StringMatching(`[=+\-@'"#<;,|]?[A-Za-z0-9=+\-@'";,.<>é]{1,14}`).Filter(func(s string) bool {
			_, flaw := surname.Parse(s)
			return flaw == nil || flaw.Warning // no word for nothing
		}).Draw(t, "name")
		row.Settings.Set("CnamLastName", name)
		for _, f := range settings.Fields() {
			if len(f.Values) > 0 && f.Name == "MessageType" && rapid.Bool().Draw(t, f.Name) {
				row.Settings.Set(f.Name, rapid.SampledFrom(f.Values).Draw(t, "value"))
			}
			if f.Name == "VoiceRouteId" && rapid.Bool().Draw(t, f.Name) {
				row.Settings.Set(f.Name, rapid.SampledFrom([]string{"", "CRID-1"}).Draw(t, "value"))
			}
		}
		return row
	})
}

func saved(t *testing.T, dir, text string) string {
	t.Helper()
	path := filepath.Join(dir, "again.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
