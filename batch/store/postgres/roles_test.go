package postgres_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/behaviour"
	"github.com/bulknum/bulknum/batch/store/postgres"
	"github.com/bulknum/bulknum/internal/pgtest"
)

// withRoles is a new store whose server has the roles: as whom it is opened.
func withRoles(t *testing.T) (as func(role string) postgres.Options) {
	t.Helper()
	owner := newStore(t)
	as = func(role string) postgres.Options {
		o := anotherHost(t, owner)
		address, err := pgtest.Shared(t).Login(string(owner.Address), role)
		behaviour.Must(t, err)
		o.Address = postgres.Address(address)
		return o
	}
	for _, role := range []string{"bulknum_runner", "bulknum_reader", "bulknum_quota"} {
		_, err := postgres.Open(t.Context(), as(role))
		if why := refused(t, err); !strings.Contains(why.Why, "is not open to the role") {
			t.Errorf("before anything was granted: %v", err)
		}
	}
	if _, done, err := postgres.Migrate(t.Context(), owner); err != nil || done {
		t.Fatalf("migrate: %v, %v", done, err)
	}
	return as
}

// Each role may do what it is for, and nothing else.
func TestRoles(t *testing.T) {
	as := withRoles(t)
	server := pgtest.Shared(t)

	// A runner carries out runs. What it may not do ends nothing.
	s, run, lock := running(t, as("bulknum_runner"))
	_, err := s.LockRun(t.Context(), run.ID, store.Myself("run", "bulknum apply"), 0)
	behaviour.Must(t, err)
	planned, began := &store.Milestone{Kind: store.Planned, At: time.Now()}, &store.Milestone{Kind: store.Began, At: time.Now()}
	plan := &store.PlanBlock{First: true, Rows: []store.PlanLine{{Line: 2, Number: "+18015550100", Doc: []byte("{}")}}}
	readings := &store.Readings{Anew: true, Readings: []store.Reading{{At: time.Now(), Number: "+18015550100"}}}
	behaviour.Must(t, s.Append(run.ID, readings, plan, plan, planned, began))
	behaviour.Must(t, s.Append(run.ID, behaviour.Intent(2), behaviour.Intent(3)))
	behaviour.Must(t, s.Append(run.ID, behaviour.Done(2, result.Updated), &store.Requests{Requests: []store.Request{{At: time.Now(), Doc: []byte("{}")}}}))
	if err := s.Delete(t.Context(), run.ID); !errors.Is(err, store.ErrForbidden) {
		t.Errorf("a runner removed a run: %v", err)
	}
	behaviour.Must(t, s.Append(run.ID, behaviour.Done(3, result.Failed)))
	if _, _, err := postgres.Migrate(t.Context(), as("bulknum_runner")); err == nil {
		t.Error("a runner migrated")
	}

	// A reader reads, and asks a run for nothing.
	reading := as("bulknum_reader")
	reading.ReadOnly = true
	reader := open(t, reading)
	if n := len(behaviour.List(t, reader.Outcomes(t.Context(), run.ID))); n != 2 {
		t.Errorf("a reader found %d rows", n)
	}
	if holder, held := reader.Holder(run.ID); !held || holder.Command != "bulknum apply" {
		t.Errorf("a reader is told of %+v", holder)
	}
	if _, err := reader.Ask(t.Context(), run.ID, "stop", time.Second); !errors.Is(err, store.ErrForbidden) {
		t.Errorf("a reader asked a run: %v", err)
	}
	lock.Release()
	if _, err := reader.LockRun(t.Context(), run.ID, store.Myself("", ""), 0); !errors.Is(err, store.ErrForbidden) {
		t.Error("a reader locked a run")
	}

	for statement, may := range map[string]string{
		"SELECT count(*) FROM intents":          "bulknum_runner bulknum_reader",
		"SELECT count(*) FROM goose_db_version": "bulknum_runner bulknum_reader",
		"UPDATE intents SET number = number":    "",
		"DELETE FROM intents":                   "",
		"UPDATE results SET error = NULL":       "",
		"DELETE FROM results":                   "",
		"DELETE FROM runs":                      "",
		"UPDATE runs SET deleted_at = 1":        "",
		"UPDATE store SET id = id":              "",
		"UPDATE store SET sequence = sequence":  "bulknum_runner",
		"INSERT INTO removed (run, name, first_sequence, last_sequence, at) VALUES (-1, '', 0, 0, 0)": "",
		"INSERT INTO commands (run, request, expires_at) SELECT 0, '', 0":                             "bulknum_runner",
		"CREATE TABLE extra (a int)":     "",
		"TRUNCATE commands":              "",
		"ALTER TABLE commands ADD a int": "",
	} {
		for _, role := range []string{"bulknum_runner", "bulknum_reader", "bulknum_quota", ""} {
			_, err := server.Run(string(as(role).Address), "SET search_path = bulknum; "+statement)
			if want := role != "" && strings.Contains(may, role); (err == nil) != want || err != nil && !strings.Contains(err.Error(), "permission denied") &&
				!strings.Contains(err.Error(), "must be owner") && !strings.Contains(err.Error(), "does not exist") && !strings.Contains(err.Error(), "no schema") {
				t.Errorf("%s as %s: %v", statement, role, err)
			}
		}
	}
}
