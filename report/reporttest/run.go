// Package reporttest has the runs, plans and lists of runs that the tests of the reports share.
package reporttest

import (
	"bytes"
	"context"
	"iter"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/send"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store/sqlite"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pipenet"
)

// Apply runs rows against a sandbox, in a bubble where time costs nothing, and
// calls check with the run as its store tells it.
func Apply(t *testing.T, rows string, fake sandbox.Config, set func(*batch.Config), check func(context.Context, *runs.Run)) {
	t.Helper()
	carry(t, batch.Apply, rows, fake, set, check)
}

// DryRun is [Apply] as far as the plan.
func DryRun(t *testing.T, rows string, fake sandbox.Config, set func(*batch.Config), check func(context.Context, *runs.Run)) {
	t.Helper()
	carry(t, batch.DryRun, rows, fake, set, check)
}

// carry is [Apply] with the work that is to be done.
func carry(t *testing.T, work func(context.Context, batch.Config) (*runs.Run, error), rows string, fake sandbox.Config, set func(*batch.Config), check func(context.Context, *runs.Run)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		server, err := sandbox.New(fake)
		if err != nil {
			t.Fatal(err)
		}
		transport, stop := pipenet.Listen().Serve(server)
		defer stop()
		rate, _ := client.ParseRate("60/m")
		api, err := client.New(client.Config{
			BaseURL:     "http://localhost",
			Credentials: client.Credentials{AccountKey: "DID-1", AccountSecret: client.NewSecret("s3cret")},
			Transport:   transport,
			Rate:        rate,
		})
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		config := batch.Config{
			Access:      batch.Access{Reader: api.Reader, Client: api, Account: "DID-1", API: "http://localhost", Rate: rate},
			File:        batch.File{Source: strings.NewReader(rows), SourceName: "rows.csv"},
			Options:     send.Options{Workers: 1, MaxFailures: plan.Limit{Rows: 100}},
			PlanOptions: runs.PlanOptions{All: true, Guards: guard.Limits{MaxInvalid: plan.Limit{Rows: 100}}},

			Store: Known(t, Opened(t, dir)), RunsDir: dir, RunName: "night",
		}
		if set != nil {
			set(&config)
		}
		run, _ := work(t.Context(), config)
		if run == nil {
			t.Fatal("there is no run")
		}
		check(t.Context(), run)
	})
}

// Opened is the store of a runs folder, until the end of the test.
func Opened(t testing.TB, dir string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Known is a store that knows who the account is: the page that tells it is not
// read.
func Known(t testing.TB, s *sqlite.Store) *sqlite.Store {
	t.Helper()
	account, err := s.Account(t.Context(), "http://localhost", "DID-1")
	if err == nil {
		_, err = s.NameAccount(t.Context(), account, "AID-1")
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Judge lets the sandbox refuse or delay some numbers, by their last digit.
func Judge(_, after sandbox.Record) sandbox.Verdict {
	switch after.Number[len(after.Number)-1] {
	case '2':
		return sandbox.Verdict{Refuse: "=cmd()|' /C calc'!A0;=1+1"}
	case '3':
		return sandbox.Verdict{OrderStatus: "Processing"}
	case '4':
		return sandbox.Verdict{OrderStatus: "Cancelled"}
	default:
		return sandbox.Verdict{}
	}
}

// MixedRows are rows that come to different ends.
const MixedRows = `Number,MessageRouteId,CnamLastName
+18015550001,MRID-a,<script>
+18015550002,MRID-b,'=cmd()
+18015550003,MRID-c,
+18015550004,MRID-d,
8015550005,MRID-e,
`

// Mixed is [Apply] of [MixedRows].
func Mixed(t *testing.T, check func(context.Context, *runs.Run)) {
	t.Helper()
	Apply(t, MixedRows, sandbox.Config{Seed: 1, Judge: Judge}, func(c *batch.Config) { c.SkipInvalid = true }, check)
}

// Given is a sequence of results.
func Given(results ...result.Result) iter.Seq2[result.Result, error] {
	return func(yield func(result.Result, error) bool) {
		for _, r := range results {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// Diff fails a test whose result is not the one that is wanted.
func Diff(t *testing.T, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got, cmpopts.EquateComparable(settings.Settings{})); d != "" {
		t.Errorf("- want, + got:\n%s", d)
	}
}

// Rendered is what a renderer writes.
func Rendered(t *testing.T, render func(*bytes.Buffer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := render(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Loaded are the numbers and settings of a file that is input again.
func Loaded(t *testing.T, path string) []string {
	t.Helper()
	file, err := input.Check(t.Context(), path, input.Options{AllowClear: true}, func(p input.Problem) {
		if !p.Warning {
			t.Error(p)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for row, err := range file.Rows(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row.Number+" "+row.Settings.String())
	}
	return rows
}
