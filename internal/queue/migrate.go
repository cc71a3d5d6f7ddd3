package queue

import (
	"context"
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

// Migrate makes River's tables in the database of a store, or brings them up to date, and tells whether anything was to be
// done.
func Migrate(ctx context.Context, at postgres.Address) (done bool, err error) {
	pool, err := postgres.Pool(ctx, at, 2)
	if err != nil {
		return false, err
	}
	defer postgres.ClosePool(pool)
	if err := postgres.MakeSchema(ctx, pool, schema); err != nil {
		return false, told(err)
	}
	m, err := migrator(pool)
	if err != nil {
		return false, err
	}
	steps, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	if err == nil {
		done, err = len(steps.Versions) > 0, postgres.Grant(ctx, pool, schema)
	}
	if err != nil {
		return done, told(err)
	}
	return done, nil
}

// migrator takes River's steps.
func migrator(pool *pgxpool.Pool) (*rivermigrate.Migrator[pgx.Tx], error) {
	return rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: schema, Logger: slog.New(slog.DiscardHandler)})
}

// Check tells what is wrong with River's tables in the database of a store; "": nothing is.
func Check(ctx context.Context, at postgres.Address) (wrong string, err error) {
	pool, err := postgres.Pool(ctx, at, 1)
	if err != nil {
		return "", err
	}
	defer postgres.ClosePool(pool)
	return check(ctx, pool)
}

func check(ctx context.Context, pool *pgxpool.Pool) (wrong string, err error) {
	there, err := postgres.HasTable(ctx, pool, schema+".river_migration")
	switch {
	case err != nil:
		return "", told(err)
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
		return "", told(err)
	case !is.OK:
		return "the queue of workers is of an older bulknum: " + strings.Join(is.Messages, "; "), nil
	}
	return "", nil
}
