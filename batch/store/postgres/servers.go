package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// serverQuery tells servers apart: by their cluster and, among the copies of one, by their timeline.
const serverQuery = "SELECT system_identifier || ' ' || left(pg_walfile_name(pg_current_wal_lsn()), 8) FROM pg_control_system()"

// arrive finds out which server a connection is to, and enters one that is new to the store.
func arrive(ctx context.Context, conn *sql.Conn, before string) (server string, err error) {
	if err := conn.QueryRowContext(ctx, serverQuery).Scan(&server); err != nil || server == before {
		return server, err
	}
	var newest string
	err = conn.QueryRowContext(ctx, "SELECT id FROM servers ORDER BY n DESC LIMIT 1").Scan(&newest)
	if err == nil && newest != server || errors.Is(err, sql.ErrNoRows) {
		err = enterServer(ctx, conn, server)
	}
	return server, err
}

// enterServer enters a server. If it took over, nobody knows what was lost of processes that have ended: it counts as a
// moment at which anything may have been done, and whoever takes an account over waits for what may be under way.
func enterServer(ctx context.Context, conn *sql.Conn, server string) (err error) {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	if _, err := tx.ExecContext(ctx, lockStore); err != nil {
		return err
	}
	var n int64
	var newest sql.NullString
	err = tx.QueryRowContext(ctx, "SELECT (SELECT id FROM servers ORDER BY n DESC LIMIT 1), coalesce(max(n), 0) + 1 FROM servers").Scan(&newest, &n)
	if err != nil || newest.String == server { // somebody else was first
		return err
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO servers (n, id, since) VALUES ($1, $2, "+clock+")", n, server); err != nil {
		return err
	}
	if newest.Valid {
		for _, statement := range []string{
			"INSERT INTO gaps (sequence, at, why) SELECT sequence + 1, " + clock + ", 'another server took over, which may lack what was recorded last' FROM store",
			"UPDATE store SET sequence = sequence + 1",
			"UPDATE holders SET under_way_until = greatest(under_way_until, " + clock + " + patience)",
		} {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("enter the server: %w", err)
			}
		}
	}
	return tx.Commit()
}
