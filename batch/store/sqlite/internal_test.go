package sqlite

import (
	"database/sql"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/query"
	"github.com/bulknum/bulknum/batch/store/sqlite/disk"
	"github.com/bulknum/bulknum/batch/store/write"
)

func opened(t *testing.T, o Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// oneRun is a store with a run.
func oneRun(t *testing.T) (*Store, store.Run) {
	t.Helper()
	s := opened(t, Options{Dir: t.TempDir(), State: t.TempDir()})
	a, err := s.Account(t.Context(), "https://api.example.com", "key")
	if err != nil {
		t.Fatal(err)
	}
	run, err := s.NewRun(t.Context(), store.NewRun{Name: "one", Account: a.ID, Source: strings.NewReader("Number\n")})
	if err != nil {
		t.Fatal(err)
	}
	return s, run
}

// pragmas asks each connection of a pool.
func pragmas(t *testing.T, ask func(query string) write.Scanner, want map[string]string) {
	t.Helper()
	for name, value := range want {
		var got string
		if err := ask("PRAGMA " + name).Scan(&got); err != nil || got != value {
			t.Errorf("%s is %s, want %s (%v)", name, got, value, err)
		}
	}
}

// written changes the store behind its back.
func written(s *Store, statement string) error {
	return s.Writer.Do(false, func(t *write.Tx) error { return t.Exec(statement) })
}

func TestEveryConnectionHasItsPragmas(t *testing.T) {
	s, _ := oneRun(t)
	both := map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000", "fullfsync": "1",
		"checkpoint_fullfsync": "1", "auto_vacuum": "2", "application_id": "1651406189", "page_size": "4096"}
	err := s.Writer.Do(false, func(tx *write.Tx) error {
		ask := func(query string) write.Scanner { return tx.Row(query) }
		pragmas(t, ask, both)
		pragmas(t, ask, map[string]string{"journal_size_limit": "67108864"})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for range disk.Readers {
		conn, err := s.Pool.DB.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		pragmas(t, func(query string) write.Scanner { return conn.QueryRowContext(t.Context(), query) }, both)
		if _, err := conn.ExecContext(t.Context(), "UPDATE store SET sequence = 0"); err == nil {
			t.Error("a reader writes")
		}
	}
	if stats := s.Pool.DB.Stats(); stats.OpenConnections != disk.Readers || stats.MaxOpenConnections != disk.Readers {
		t.Errorf("%+v", stats)
	}
	if stats := s.writing.Stats(); stats.OpenConnections != 1 || stats.MaxOpenConnections != 1 {
		t.Errorf("%+v", stats)
	}
}

func TestSQLiteIsRecent(t *testing.T) {
	s, _ := oneRun(t)
	var version string
	if err := s.Pool.DB.QueryRowContext(t.Context(), "SELECT sqlite_version()").Scan(&version); err != nil {
		t.Fatal(err)
	}
	number := 0
	for part := range strings.SplitSeq(version, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			t.Fatal(err)
		}
		number = number*1000 + n
	}
	if number < 3_051_003 {
		t.Errorf("SQLite is %s, want 3.51.3 or later", version)
	}
}

func TestEveryTableIsStrict(t *testing.T) {
	s, _ := oneRun(t)
	loose, err := query.Read(t.Context(), s.Pool, query.One[string],
		"SELECT name FROM pragma_table_list WHERE schema = 'main' AND NOT strict AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'goose%'")
	if err != nil || len(loose) > 0 {
		t.Errorf("%v, %v", loose, err)
	}
}

func TestFilesAreTheirOwners(t *testing.T) {
	runs := filepath.Join(t.TempDir(), "runs")
	s := opened(t, Options{Dir: runs, State: t.TempDir()})
	for _, name := range []string{"", File, File + "-wal", File + "-shm", disk.LocksDir} {
		info, err := os.Stat(filepath.Join(s.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		want := disk.FileMode
		if info.IsDir() {
			want = disk.DirMode
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %o", name, info.Mode().Perm())
		}
	}
}

func TestAFullDiskEndsTheWriting(t *testing.T) {
	s, run := oneRun(t)
	if err := written(s, "PRAGMA max_page_count = 80"); err != nil {
		t.Fatal(err)
	}
	var err error
	appended := 0
	for ; err == nil && appended < 10_000; appended++ {
		err = s.Append(run.ID, &store.Intent{Line: appended + 2, Number: "+1202" + strings.Repeat("5", appended%900)})
	}
	broken, ok := errors.AsType[*store.BrokenError](err)
	if !ok || !strings.Contains(err.Error(), "full") {
		t.Fatalf("got %v", err)
	}
	if again := s.Append(run.ID, &store.Intent{Line: 2}); !errors.Is(again, broken) {
		t.Errorf("then %v", again)
	}
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	s = opened(t, s.o)
	n := 0
	for _, err := range s.Outcomes(t.Context(), run.ID) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != appended-1 {
		t.Errorf("%d intents are there, %d were acknowledged", n, appended-1)
	}
	if err := s.Append(run.ID, &store.Intent{Line: 2}); err != nil {
		t.Errorf("a new process: %v", err)
	}
}

func TestANewerStoreIsRefused(t *testing.T) {
	s, _ := oneRun(t)
	if err := written(s, "UPDATE store SET min_writer = 2"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for readOnly, refused := range map[bool]bool{false: true, true: false} {
		o := s.o
		o.ReadOnly = readOnly
		s, err := Open(t.Context(), o)
		if _, is := errors.AsType[*store.RefusedError](err); is != refused {
			t.Errorf("read-only %v: %v", readOnly, err)
		}
		if err == nil {
			_ = s.Close()
		}
	}
}

func TestADatabaseOfAnotherProgramIsRefused(t *testing.T) {
	o := Options{Dir: t.TempDir()}
	db, err := sql.Open("sqlite", filepath.Join(o.Dir, File))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE t (a)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), o)
	if refused, ok := errors.AsType[*store.RefusedError](err); !ok || !strings.Contains(refused.Why, "another program") {
		t.Errorf("got %v", err)
	}
}

func TestAMigrationCopiesTheStoreAndIsAlone(t *testing.T) {
	s, run := oneRun(t)
	next := fstest.MapFS{"00002_third.sql": {Data: []byte("-- +goose Up\nCREATE TABLE third (a INTEGER) STRICT;\n")}}
	for _, name := range []string{"00001_runs.sql"} {
		step, err := fs.ReadFile(migrations, name)
		if err != nil {
			t.Fatal(err)
		}
		next[name] = &fstest.MapFile{Data: step}
	}
	was := migrations
	migrations = next
	defer func() { migrations = was }()
	_, err := Open(t.Context(), s.o)
	if refused, ok := errors.AsType[*store.RefusedError](err); !ok || !strings.Contains(refused.Why, "in use by an older bulknum") {
		t.Errorf("while it is in use: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	readOnly := s.o
	readOnly.ReadOnly = true
	if _, err := Open(t.Context(), readOnly); err == nil {
		t.Error("a reader reads what is not brought up to date")
	}
	s = opened(t, s.o)
	if _, err := s.Run(t.Context(), run.Name); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(filepath.Join(s.dir, "bulknum.before-2")); err != nil || info.Size() == 0 || info.Mode().Perm() != disk.FileMode {
		t.Errorf("the copy: %v, %v", info, err)
	}
}

func TestAForeignOwnerIsNamed(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root gives files away")
	}
	const nobody = 65534
	for _, name := range []string{File, ""} {
		s, _ := oneRun(t)
		if err := errors.Join(s.Close(), os.Chown(filepath.Join(s.dir, name), nobody, nobody)); err != nil {
			t.Fatal(err)
		}
		_, err := Open(t.Context(), s.o)
		if refused, ok := errors.AsType[*store.RefusedError](err); !ok || !strings.Contains(refused.Why, "nobody") || !strings.Contains(refused.Cure, "sudo -u nobody") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestDeletionsThatWereCutOffAreFinished(t *testing.T) {
	s, run := oneRun(t)
	for line := range 50 {
		if err := s.Append(run.ID, &store.Intent{Line: line, Number: "+1"}, &store.Result{Result: result.Result{Line: line, Status: result.Failed}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := written(s, "UPDATE runs SET deleted_at = 1"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = opened(t, s.o)
	s.WaitRemoved()
	for _, table := range []string{"runs", "intents", "results", "inputs", "input_chunks", "in_flight"} {
		var n int
		if err := s.Pool.DB.QueryRowContext(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil || n > 0 {
			t.Errorf("%d rows are left in %s, %v", n, table, err)
		}
	}
}

func TestALongWALIsCut(t *testing.T) {
	s, run := oneRun(t)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s.o.journal = 1 << 20
	s = opened(t, s.o)
	for i := range 40 {
		err := s.Append(run.ID, &store.Skipped{Line: i, Doc: []byte(`"` + strings.Repeat(strconv.Itoa(i), 50_000) + `"`)})
		if err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Lstat(s.path + "-wal"); err != nil || info.Size() > 2<<20 {
		t.Errorf("the WAL has %d bytes, %v", info.Size(), err)
	}
}

// through reads all there is.
func through[T any](all iter.Seq2[T, error]) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

// queries of a night may look things up, never read a whole table.
func TestNoQueryOfANightScansATable(t *testing.T) {
	s, run := oneRun(t)
	var scans []string
	s.Pool.Explain = func(text string, args []any) {
		plan, err := query.RowsOf(t.Context(), s.Pool.DB, func(rows *sql.Rows) (detail string, err error) {
			var id, parent, unused int
			err = rows.Scan(&id, &parent, &unused, &detail)
			return detail, err
		}, "EXPLAIN QUERY PLAN "+text, args...)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		for _, step := range plan {
			if strings.HasPrefix(step, "SCAN ") && !slices.ContainsFunc([]string{"json_each", "j VIRTUAL", "CONSTANT ROW", "(subquery", "store"}, func(some string) bool { return strings.Contains(step, some) }) {
				scans = append(scans, step+" in "+text)
			}
		}
	}
	ctx, account := t.Context(), run.Account.ID
	_, _ = s.Run(ctx, "one")
	_, _ = s.Runs(ctx, store.RunFilter{Account: account, Job: "nightly"})
	_, _ = s.Runs(ctx, store.RunFilter{Account: account, Cutovers: true})
	_, _ = s.Runs(ctx, store.RunFilter{RollbackOf: run.ID})
	_, _ = s.Milestones(ctx, run.ID)
	_, _ = s.WaveOf(ctx, run.ID)
	_, _ = s.Results(ctx, run.ID, 2, 100)
	_, _ = s.Skipped(ctx, run.ID)
	_, _ = s.Gaps(ctx, account)
	for _, f := range []store.WriteFilter{{Account: account}, {Account: account, Numbers: []string{"+1"}}, {Account: account, Numbers: []string{"+1"}, Run: run.ID, After: 1},
		{Run: run.ID}, {Account: account, After: 1}, {Account: account, Except: run.ID}} {
		_ = through(s.Writes(ctx, f))
	}
	_ = errors.Join(through(s.PlanRows(ctx, run.ID)), through(s.PlanRowsOf(ctx, store.RunFilter{Account: account}, "+1")), through(s.Readings(ctx, run.ID, nil)),
		through(s.Outcomes(ctx, run.ID)), through(s.Requests(ctx, run.ID)), through(s.Verified(ctx, run.ID)))
	for _, scan := range scans {
		t.Error(scan)
	}
}
