package postgres_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/behaviour"
	"github.com/bulknum/bulknum/batch/store/postgres"
	"github.com/bulknum/bulknum/batch/store/sqlite"
	"github.com/bulknum/bulknum/internal/pgtest"
	"github.com/bulknum/bulknum/internal/pgtest/network"
)

// refused is why a store was refused.
func refused(t *testing.T, err error) *store.RefusedError {
	t.Helper()
	refusal, is := errors.AsType[*store.RefusedError](err)
	if !is {
		t.Fatalf("got %v, want a refusal", err)
	}
	return refusal
}

func TestAnAddressIsSafeAndSecret(t *testing.T) {
	for address, want := range map[string]string{
		"mysql://127.0.0.1/x":                 "not an address",
		"":                                    "not an address",
		"postgres://u:se%zcret@127.0.0.1:1/x": "not an address",
		"postgres://u:secret@db.invalid/x":    "sslmode=verify-full",
		"postgres://u:secret@db.invalid/x?sslmode=disable":                         "sslmode=verify-full",
		"postgres://u:secret@db.invalid/x?sslmode=require":                         "sslmode=verify-full",
		"postgres://u:secret@db.invalid/x?sslmode=prefer":                          "sslmode=verify-full",
		"postgres://u:secret@192.0.2.1,127.0.0.1/x?sslmode=disable":                "sslmode=verify-full",
		"postgres://u:secret@127.0.0.1:1/x":                                        "cannot be used",
		"postgres://u:secret@/x?host=/nowhere&sslmode=disable":                     "cannot be used",
		"postgresql://u:secret@db.invalid/x?sslmode=verify-full&connect_timeout=1": "cannot be used",
	} {
		a := postgres.Address(address)
		_, err := postgres.Open(t.Context(), postgres.Options{Address: a, ReadOnly: true})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", address, err)
		}
		_, _, migrated := postgres.Migrate(t.Context(), postgres.Options{Address: a})
		text, failed := json.Marshal(map[string]any{"a": a})
		told := fmt.Sprintf("%v %v %v %s %q %#v %+v %s %v", err, migrated, a, a, a, a, struct{ A postgres.Address }{a}, text, failed)
		if strings.Contains(told, "secret") || strings.Contains(told, "se%zcret") {
			t.Errorf("the password is told: %s", told)
		}
	}
}

// A pooler gives the lock's connection to others: it is known by a process number that is not the server's.
func TestAPoolerIsRefused(t *testing.T) {
	p, o := through(t, newStore(t))
	p.OnAnswered(func(b []byte) ([]byte, network.Cutting) {
		const key = "K\x00\x00\x00\x0c" // BackendKeyData: length, process, secret
		if _, pid, found := bytes.Cut(b, []byte(key)); found {
			binary.BigEndian.PutUint32(pid, 1)
		}
		return b, network.No
	})
	_, err := postgres.Open(t.Context(), o)
	if why := refused(t, err); !strings.Contains(why.Why, "pooler") || why.Cure != "give the server's own address" {
		t.Errorf("got %v, %s", why, why.Cure)
	}
	// One that gives each statement to another session mixes up what was prepared.
	o = newStore(t)
	p, o = through(t, o)
	p.OnAnswered(func(b []byte) ([]byte, network.Cutting) {
		if bytes.HasPrefix(b, []byte("1\x00\x00\x00\x04")) { // ParseComplete
			b = []byte("E\x00\x00\x00\x1aSERROR\x00C42P05\x00Mthere\x00\x00Z\x00\x00\x00\x05I")
		}
		return b, network.No
	})
	_, err = postgres.Open(t.Context(), o)
	if why := refused(t, err); !strings.Contains(why.Why, "pooler") {
		t.Errorf("got %v", why)
	}
}

// answering changes a text in what the server answers, to one of the same length.
func answering(t *testing.T, o postgres.Options, old, now string) postgres.Options {
	t.Helper()
	p, o := through(t, o)
	p.OnAnswered(func(b []byte) ([]byte, network.Cutting) {
		return bytes.ReplaceAll(b, []byte(old), []byte(now)), network.No
	})
	return o
}

func TestAnOldServerIsRefused(t *testing.T) {
	o := newStore(t)
	version := pgtest.Shared(t).Execute(t, string(o.Address), "SHOW server_version_num")
	number, err := strconv.Atoi(version)
	behaviour.Must(t, err)
	inBinary := func(n int) string { return string(binary.BigEndian.AppendUint32(nil, uint32(n))) }
	o = answering(t, o, inBinary(number), inBinary(130_010))
	_, err = postgres.Open(t.Context(), o)
	if why := refused(t, err); why.Why != "is in PostgreSQL 13" || why.Cure != "use version 14 or later" {
		t.Errorf("got %v, %s", why, why.Cure)
	}
	_, _, err = postgres.Migrate(t.Context(), o)
	if why := refused(t, err); why.Why != "is in PostgreSQL 13" {
		t.Errorf("migrate: got %v", why)
	}
}

// A clock that differs by more than two seconds would make nonsense of what is waited for.
func TestAnotherClockIsRefused(t *testing.T) {
	p, o := through(t, newStore(t))
	p.OnAnswered(func(b []byte) ([]byte, network.Cutting) {
		const row = "D\x00\x00\x00\x12\x00\x01\x00\x00\x00\x08" // DataRow of one value of eight bytes
		if _, value, found := bytes.Cut(b, []byte(row)); found {
			if n := binary.BigEndian.Uint64(value); n > 1e15 { // microseconds of these years
				binary.BigEndian.PutUint64(value, n+3_000_000)
			}
		}
		return b, network.No
	})
	_, err := postgres.Open(t.Context(), o)
	if why := refused(t, err); !strings.Contains(why.Why, "has a clock that differs by ") || !strings.Contains(why.Cure, "NTP") {
		t.Errorf("got %v, %s", why, why.Cure)
	}
}

func TestTablesAreMadeByMigrateOnly(t *testing.T) {
	o := postgres.Options{Address: postgres.Address(pgtest.Shared(t).NewDatabase(t, pgtest.Empty)), State: t.TempDir(), Program: "bulknum test"}
	_, err := postgres.Open(t.Context(), o)
	if why := refused(t, err); !strings.Contains(why.Why, "has not been made") || !strings.Contains(why.Cure, "store migrate") {
		t.Errorf("got %v, %s", why, why.Cure)
	}
	for _, want := range []bool{true, false} {
		if place, done, err := postgres.Migrate(t.Context(), o); err != nil || done != want || !strings.HasPrefix(place, "postgres://127.0.0.1:") {
			t.Errorf("%s %v, %v", place, done, err)
		}
	}
	s, run, lock := running(t, o)
	_, _, err = postgres.Migrate(t.Context(), o)
	if why := refused(t, err); why.Why != "is in use" {
		t.Errorf("while a run goes on: %v", why)
	}
	behaviour.Must(t, s.Append(run.ID, behaviour.Intent(2)))
	lock.Release()
	behaviour.Must(t, s.Close())
	if by := pgtest.Shared(t).Execute(t, string(o.Address), "SELECT made_by FROM bulknum.store"); by != "bulknum test" {
		t.Errorf("made by %q", by)
	}
	pgtest.Shared(t).Execute(t, string(o.Address), "UPDATE bulknum.store SET min_writer = 99")
	_, err = postgres.Open(t.Context(), o)
	if why := refused(t, err); !strings.Contains(why.Why, "newer bulknum") {
		t.Errorf("got %v", why)
	}
	pgtest.Shared(t).Execute(t, string(o.Address), "DROP SCHEMA bulknum CASCADE")
	_, _, err = postgres.Migrate(t.Context(), o)
	if why := refused(t, err); !strings.Contains(why.Why, "is missing") {
		t.Errorf("over a store that is gone: %v", why)
	}
}

// A mark keeps one account in one store, and notices one that went back in time.
func TestMarksAreOfPostgresToo(t *testing.T) {
	o := newStore(t)
	s, run, lock := running(t, o)
	behaviour.Must(t, s.Append(run.ID, behaviour.Intent(2)))
	lock.Release()
	behaviour.Must(t, s.Close())
	folder, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir(), State: o.State})
	behaviour.Must(t, err)
	defer folder.Close()
	a, err := folder.Account(t.Context(), "https://api.example.com", "key")
	behaviour.Must(t, err)
	_, err = folder.Lock(t.Context(), a, store.Myself("", ""), 0)
	if why := refused(t, err); !strings.Contains(why.Why, "its runs are kept in postgres://127.0.0.1:") || !strings.HasPrefix(why.Elsewhere, "postgres://") {
		t.Errorf("got %v, %s", why, why.Cure)
	}
	pgtest.Shared(t).Execute(t, string(o.Address), "UPDATE bulknum.store SET sequence = sequence - 1")
	_, err = postgres.Open(t.Context(), o)
	if why := refused(t, err); !strings.Contains(why.Why, "older than it was") {
		t.Errorf("got %v", why)
	}
}

// Both databases have the same tables, columns and keys.
func TestBothDatabasesHaveTheSameTables(t *testing.T) {
	o := newStore(t)
	mine := strings.Split(pgtest.Shared(t).Execute(t, string(o.Address), `SELECT c.table_name || '.' || c.column_name || ' ' || c.data_type || ' ' ||
		CASE c.is_nullable WHEN 'YES' THEN 'null' ELSE 'not null' END || ' ' || coalesce((SELECT 'key' FROM information_schema.key_column_usage k
			JOIN information_schema.table_constraints t USING (constraint_schema, constraint_name)
			WHERE t.constraint_type = 'PRIMARY KEY' AND k.table_schema = 'bulknum' AND k.table_name = c.table_name AND k.column_name = c.column_name), '')
		FROM information_schema.columns c WHERE c.table_schema = 'bulknum' AND c.table_name NOT IN ('goose_db_version', 'holders', 'commands', 'servers', 'writers', 'quotas')`), "\n")
	dir := t.TempDir()
	behaviour.Open(t, func(ctx context.Context, _ bool) (behaviour.Store, error) {
		return sqlite.Open(ctx, sqlite.Options{Dir: dir})
	})
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, sqlite.File)+"?mode=ro")
	behaviour.Must(t, err)
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), `SELECT m.name || '.' || c.name || ' ' || CASE c.type WHEN 'INTEGER' THEN 'bigint' WHEN 'BLOB' THEN 'bytea' ELSE lower(c.type) END || ' ' ||
		CASE WHEN c."notnull" OR c.pk THEN 'not null' ELSE 'null' END || ' ' || CASE WHEN c.pk THEN 'key' ELSE '' END
		FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE 'goose%'`)
	behaviour.Must(t, err)
	defer rows.Close()
	var theirs []string
	for rows.Next() {
		var column string
		behaviour.Must(t, rows.Scan(&column))
		theirs = append(theirs, strings.TrimSpace(column))
	}
	behaviour.Must(t, rows.Err())
	for i, column := range mine {
		mine[i] = strings.TrimSpace(column)
	}
	slices.Sort(mine)
	slices.Sort(theirs)
	if diff := cmp.Diff(theirs, mine); diff != "" || len(mine) < 80 {
		t.Errorf("%d columns: %s", len(mine), diff)
	}
}

// Who only reads waits for a server that goes away meanwhile, and says so; one that stays away is told of.
func TestWhoReadsWaits(t *testing.T) {
	way, o := through(t, newStore(t))
	_, run, _ := running(t, o)
	said := make(chan string, 10)
	o.ReadOnly, o.State, o.Notice = true, "", func(text string) { said <- text }
	reading := open(t, o)
	way.Down()
	go func() {
		<-said
		way.Heal()
	}()
	if is, err := reading.Run(t.Context(), run.Name); err != nil || is.ID != run.ID {
		t.Errorf("after the server was away: %+v, %v", is, err)
	}
	o.Patience = time.Millisecond
	impatient := open(t, o)
	way.Down()
	_, err := impatient.Run(t.Context(), run.Name)
	if r := refused(t, err); !strings.Contains(err.Error(), "went away while it was read") || strings.Count(err.Error(), "the store") > 1 || r.Cure == "" {
		t.Errorf("got %v", err)
	}
}
