package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// Pool are connections, as the store's own are made, for what is beside the store in its database, such as a queue. None is
// made yet. Who uses it closes it by [ClosePool].
func Pool(ctx context.Context, at Address, most int32) (*pgxpool.Pool, error) {
	checked, err := at.config()
	if err != nil {
		return nil, err
	}
	c, err := pgxpool.ParseConfig(string(at))
	if err != nil {
		return nil, errAddress // the error has what must not be printed
	}
	c.ConnConfig, c.MaxConns, c.MinConns, c.PingTimeout = checked, most, 0, aliveWithin
	c.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		if err := fit(ctx, conn, toTake); err != nil {
			return err
		}
		return raiseCommit(ctx, conn)
	}
	return pgxpool.NewWithConfig(ctx, c)
}

// ClosePool closes a pool. The end of connections that hang, for which the driver takes up to a minute, is not waited for.
func ClosePool(pool *pgxpool.Pool) {
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		pool.Close()
	}()
	select {
	case <-closed:
	case <-time.After(aliveWithin):
	}
}

// MakeSchema makes a schema for what is beside the store, unless it is there.
func MakeSchema(ctx context.Context, pool *pgxpool.Pool, name string) error {
	_, err := pool.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+name)
	return err
}

// HasTable reports whether a database has a table, which is named with its schema.
func HasTable(ctx context.Context, pool *pgxpool.Pool, name string) (there bool, err error) {
	err = pool.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", name).Scan(&there)
	return there, err
}

// SetPriority sets the priority of a job of a queue, which is River's, in its schema: River has no call for that.
func SetPriority(ctx context.Context, pool *pgxpool.Pool, schema string, job int64, priority int) error {
	_, err := pool.Exec(ctx, "UPDATE "+schema+".river_job SET priority = $1 WHERE id = $2", priority, job)
	return err
}

// Grant gives the store's roles what they may do in a schema beside the store's: who may read may read there, and who carries
// out runs may do anything with what its tables have.
func Grant(ctx context.Context, pool *pgxpool.Pool, name string) error {
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close()
	return grant(ctx, db, name, []privilege{
		{ReaderRole, "USAGE", "SCHEMA " + name},
		{ReaderRole, "SELECT", "ALL TABLES IN SCHEMA " + name},

		{RunnerRole, "USAGE", "SCHEMA " + name},
		{RunnerRole, "SELECT, INSERT, UPDATE, DELETE", "ALL TABLES IN SCHEMA " + name},
		{RunnerRole, "USAGE", "ALL SEQUENCES IN SCHEMA " + name},
		{RunnerRole, "EXECUTE", "ALL FUNCTIONS IN SCHEMA " + name},
	})
}

// Refused is an error of what is beside the store: what the role of the address may not do matches store.ErrForbidden.
func Refused(err error) error { return words.Refused(err) }

// Room is how many connections the server still has for others of the same role and database, all that are reserved left alone.
func Room(ctx context.Context, pool *pgxpool.Pool) (free int, err error) {
	err = pool.QueryRow(ctx, `WITH open AS (SELECT usename, datname FROM pg_stat_activity WHERE backend_type = 'client backend'), limits AS (
			SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS most, count(*) AS used FROM open
			UNION ALL SELECT rolconnlimit, (SELECT count(*) FROM open WHERE usename = rolname) FROM pg_roles WHERE rolname = current_user
			UNION ALL SELECT datconnlimit, (SELECT count(*) FROM open o WHERE o.datname = d.datname) FROM pg_database d WHERE d.datname = current_database()
		) SELECT min(most - used)::int FROM limits WHERE most >= 0`).Scan(&free)
	if err != nil {
		return 0, fmt.Errorf("how many connections the server has is not known: %w", err)
	}
	return free, nil
}

// Unreached is an error of what is beside the store, as the store tells it of itself where its server is away, or unfit.
func Unreached(at Address, err error) error {
	c, wrong := at.config()
	if _, unfit := asUnfit(err); wrong == nil && (unfit || Away(err)) {
		return unreached(place(c), err)
	}
	return err
}

// Away reports whether an error is of a server that was not there, or had no room: what failed may do later.
func Away(err error) bool { return err != nil && (lost(err) || busy(err)) }
