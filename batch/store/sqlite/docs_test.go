package sqlite_test

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite"
)

// The queries of docs/store.md are answered, and its table of tables is complete.
func TestTheQueriesOfTheDocs(t *testing.T) {
	text, err := os.ReadFile("../../../docs/store.md")
	must(t, err)
	o := fullStore(t)
	s, err := sqlite.Open(t.Context(), o)
	must(t, err)
	a := account(t, s, "key-1")
	run, err := s.NewRun(t.Context(), store.NewRun{Name: "other", Job: "other", Account: a.ID, StartedAt: at(0), Source: strings.NewReader("x")})
	must(t, err)
	failed := done(2, result.Failed)
	failed.Error = "not today"
	must(t, s.Append(run.ID, intent(2)))
	must(t, s.Append(run.ID, failed))
	queries := regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(queries) != 5 {
		t.Fatalf("%d queries", len(queries))
	}
	replace := strings.NewReplacer("+18015550100", number(2), "unixepoch('now', '-1 day')", "unixepoch('2026-11-22')")
	for _, q := range queries {
		rows, err := sqlite.Ask(context.Background(), o, replace.Replace(q[1]))
		if err != nil {
			t.Errorf("%s: %v", q[1], err)
		}
		if rows == 0 {
			t.Errorf("nothing answers %s", q[1])
		}
	}
	tables, err := sqlite.Tables(context.Background(), o)
	must(t, err)
	for _, table := range tables {
		if !strings.Contains(string(text), "`"+table+"`") {
			t.Errorf("table %s is not described", table)
		}
	}
}
