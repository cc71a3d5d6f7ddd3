package queue

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/bulknum/bulknum/batch/store/postgres"
)

// schema has River's tables: beside the store's, so that neither's migrations meet the other's.
const schema = "bulknum_queue"

// grants are what the roles of the store may do with the queue, in statements, with what they are about after ON.
var grants = []struct{ role, may, on string }{
	{postgres.ReaderRole, "USAGE", "SCHEMA " + schema},
	{postgres.ReaderRole, "SELECT", "ALL TABLES IN SCHEMA " + schema},

	{postgres.RunnerRole, "USAGE", "SCHEMA " + schema},
	{postgres.RunnerRole, "SELECT, INSERT, UPDATE, DELETE", "ALL TABLES IN SCHEMA " + schema},
	{postgres.RunnerRole, "USAGE", "ALL SEQUENCES IN SCHEMA " + schema},
	{postgres.RunnerRole, "EXECUTE", "ALL FUNCTIONS IN SCHEMA " + schema},
}

// Migrate makes River's tables in the database of a store, or brings them up to date, and tells whether anything was to be
// done.
func Migrate(ctx context.Context, at postgres.Address) (done bool, err error) {
	pool, err := postgres.Pool(ctx, at, 2)
	if err != nil {
		return false, err
	}
	defer pool.Close()
	if _, err := pool.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+schema); err != nil {
		return false, fmt.Errorf("queue: %w", err)
	}
	m, err := migrator(pool)
	if err != nil {
		return false, err
	}
	steps, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	if err != nil {
		return false, fmt.Errorf("queue: %w", err)
	}
	return len(steps.Versions) > 0, grant(ctx, pool)
}

// migrator takes River's steps.
func migrator(pool *pgxpool.Pool) (*rivermigrate.Migrator[pgx.Tx], error) {
	return rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: schema, Logger: slog.New(slog.DiscardHandler)})
}

// grant gives the roles that there are what they may do.
func grant(ctx context.Context, pool *pgxpool.Pool) error {
	for _, g := range grants {
		var there bool
		err := pool.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = $1)", g.role).Scan(&there)
		if err == nil && there {
			_, err = pool.Exec(ctx, fmt.Sprintf("GRANT %s ON %s TO %s", g.may, g.on, g.role))
		}
		if err != nil {
			return fmt.Errorf("queue: %w", err)
		}
	}
	return nil
}

// Check tells what is wrong with River's tables in the database of a store; "": nothing is.
func Check(ctx context.Context, at postgres.Address) (wrong string, err error) {
	pool, err := postgres.Pool(ctx, at, 1)
	if err != nil {
		return "", err
	}
	defer pool.Close()
	return check(ctx, pool)
}

func check(ctx context.Context, pool *pgxpool.Pool) (wrong string, err error) {
	var there bool
	err = pool.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", schema+".river_migration").Scan(&there)
	switch {
	case err != nil:
		return "", fmt.Errorf("queue: %w", err)
	case !there:
		return "the queue of workers has not been made yet", nil
	}
	m, err := migrator(pool)
	if err != nil {
		return "", err
	}
	is, err := m.Validate(ctx, nil)
	switch {
	case err != nil:
		return "", fmt.Errorf("queue: %w", err)
	case !is.OK:
		return "the queue of workers is of an older bulknum: " + strings.Join(is.Messages, "; "), nil
	}
	return "", nil
}
