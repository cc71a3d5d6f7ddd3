package files_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/files"
	"github.com/bulknum/bulknum/report/reporttest"
	"github.com/bulknum/bulknum/report/text"
)

// errorCell is what becomes of a text in the column Error.
func errorCell(t *testing.T, told string) string {
	t.Helper()
	out := reporttest.Rendered(t, func(b *bytes.Buffer) error { return files.CSV(b, reporttest.Given(result.Result{Error: told})) })
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatalf("%q: %d rows, %v", told, len(rows), err)
	}
	return rows[1][10]
}

func TestNoCellIsAFormula(t *testing.T) {
	for told, want := range map[string]string{
		"":                        "",
		"plain":                   "plain",
		"a=b":                     "a=b",
		"a - b; c":                "a - b; c",
		"+18015550001":            "+18015550001",
		"=1+1":                    "'=1+1",
		"+1+1":                    "'+1+1",
		"+1801555x":               "'+1801555x",
		"-1":                      "'-1",
		"@SUM(A1)":                "'@SUM(A1)",
		"\t=1":                    "'\t'=1",
		"\tx":                     "'\tx",
		"\rx":                     "'\rx",
		" =1":                     "' =1",
		"\u00a0=1":                "'\u00a0=1",
		`"=1`:                     `'"=1`,
		"＝1+1":                    "'＝1+1",
		"x;=1":                    "x;'=1",
		"x\t=1":                   "x\t'=1",
		"x\n=1":                   "x\n'=1",
		`CnamLastName="a;=cmd()"`: `CnamLastName="a;'=cmd()"`,
	} {
		got := errorCell(t, told)
		if want := strings.ReplaceAll(want, "\r\n", "\n"); got != want {
			t.Errorf("%q became %q, want %q", told, got, want)
		}
	}
}

func TestTimesAreUTCInMilliseconds(t *testing.T) {
	zone := time.FixedZone("CET", 3600)
	r := result.Result{
		Row: 1, Line: 2, Number: "+18015550001", Status: result.Updated, HTTPStatus: 200, Attempts: 1,
		StartedAt: time.Date(2026, 11, 23, 3, 0, 0, 5_600_000, zone), DurationMs: 0,
	}
	out := reporttest.Rendered(t, func(b *bytes.Buffer) error { return files.CSV(b, reporttest.Given(r)) })
	reporttest.Diff(t, out, header+"\n1,2,+18015550001,updated,,,,200,1,,,2026-11-23T02:00:00.005Z,0\n")
}

func TestOnlyAHeaderWithoutRows(t *testing.T) {
	reporttest.Diff(t, reporttest.Rendered(t, func(b *bytes.Buffer) error { return files.CSV(b, reporttest.Given()) }), header+"\n")
}

// Rows are handed on in parts; none may get lost between two.
func TestManyRows(t *testing.T) {
	for _, n := range []int{511, 512, 513, 2048} {
		results := make([]result.Result, n)
		for i := range results {
			results[i] = result.Result{Row: i + 1, Number: fmt.Sprintf("+1801%07d", i), Status: result.Updated}
		}
		for name, render := range map[string]func(*bytes.Buffer) error{
			"csv":   func(b *bytes.Buffer) error { return files.CSV(b, reporttest.Given(results...)) },
			"jsonl": func(b *bytes.Buffer) error { return files.JSONL(b, reporttest.Given(results...)) },
			"text":  func(b *bytes.Buffer) error { return text.Table(b, 100, nil, reporttest.Given(results...)) },
		} {
			out := reporttest.Rendered(t, render)
			for _, r := range results {
				if strings.Count(out, r.Number) != 1 {
					t.Fatalf("%s of %d rows: row %d is there %d times", name, n, r.Row, strings.Count(out, r.Number))
				}
			}
		}
	}
}

var errRows = errors.New("the journal is damaged")

func failing(yield func(result.Result, error) bool) {
	if yield(result.Result{Row: 1}, nil) {
		yield(result.Result{}, errRows)
	}
}

func TestAnErrorAmongTheRowsIsTold(t *testing.T) {
	var b bytes.Buffer
	for name, err := range map[string]error{
		"csv":   files.CSV(&b, failing),
		"jsonl": files.JSONL(&b, failing),
		"text":  text.Table(&b, 100, nil, failing),
	} {
		if !errors.Is(err, errRows) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// full takes nothing.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errRows }

func TestAWriterThatFailsIsTold(t *testing.T) {
	for name, err := range map[string]error{
		"csv":     files.CSV(full{}, reporttest.Given(result.Result{Row: 1})),
		"no rows": files.CSV(full{}, reporttest.Given()),
		"jsonl":   files.JSONL(full{}, reporttest.Given(result.Result{Row: 1})),
		"text":    text.Table(full{}, 100, nil, reporttest.Given(result.Result{Row: 1})),
		"sums":    text.Summary(full{}, &runs.Summary{}, nil),
	} {
		if !errors.Is(err, errRows) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func BenchmarkCSV(b *testing.B) {
	r := result.Result{
		Row: 1, Line: 2, Number: "+18015550001", Status: result.Updated, HTTPStatus: 200, Attempts: 1,
		UpdateOrderId: "JNUOID-efb6a9c4-b2a3-4803-b2e2-42d5a7ba1b5c", Changes: "MessageRouteId=MRID-a", StartedAt: time.Unix(0, 0),
	}
	err := files.CSV(io.Discard, func(yield func(result.Result, error) bool) {
		for b.Loop() {
			if !yield(r, nil) {
				return
			}
		}
	})
	if err != nil {
		b.Fatal(err)
	}
}
