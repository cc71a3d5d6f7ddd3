package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"

	"github.com/bulknum/bulknum/batch/store/database"
	"github.com/bulknum/bulknum/batch/store/record"
)

const (
	// version is what this program can read and write: a store names the least
	// that a program must know.
	version = 1
	// least is the oldest server.
	least = 14
)

//go:embed migrations/*.sql
var embedded embed.FS

// Migrations are the steps from an empty database to this program's tables, with the numbers that SQLite's have.
func Migrations() (fs.FS, error) { return fs.Sub(embedded, "migrations") }

// newest is the last migration's number.
func newest() (int64, error) {
	entries, err := fs.ReadDir(embedded, "migrations")
	if err != nil {
		return 0, err
	}
	number, _, _ := strings.Cut(entries[len(entries)-1].Name(), "_")
	return strconv.ParseInt(number, 10, 64)
}

// cureMigrate is what makes the tables, or brings them up to date.
const cureMigrate = "`bulknum store migrate` does so, when no run is running"

// identity is what a database says of itself.
type identity struct {
	store                string
	minReader, minWriter int
	schema               int64
	movedTo, movingFrom  string
}

// identify asks a database what it is, and refuses one that is not to be used as it is.
func (s *Store) identify(ctx context.Context) (id identity, err error) {
	var server int
	var there, barred bool
	err = s.Pool.Row(ctx, `SELECT current_setting('server_version_num')::int, to_regclass('store') IS NOT NULL,
		EXISTS (SELECT 1 FROM pg_namespace n WHERE n.nspname = ? AND NOT has_schema_privilege(n.oid, 'USAGE'))`, schema).Scan(&server, &there, &barred)
	switch {
	case err != nil:
		return id, s.unreached(err)
	case server < least*10_000:
		return id, s.tooOld(server)
	case barred:
		return id, s.refused("is not open to the role of this address", "let who owns it make that a member of "+RunnerRole+" or "+ReaderRole, nil)
	case !there:
		return id, s.refused("has not been made yet", cureMigrate, nil)
	}
	err = s.Pool.Row(ctx, `SELECT id, min_reader, min_writer, (SELECT coalesce(max(version_id), 0) FROM goose_db_version),
		coalesce(moved_to, ''), coalesce(moving_from, '') FROM store`).
		Scan(&id.store, &id.minReader, &id.minWriter, &id.schema, &id.movedTo, &id.movingFrom)
	if err != nil {
		return id, s.unreached(err)
	}
	want, err := newest()
	switch need := max(id.minReader, id.minWriter); {
	case err != nil:
		return id, err
	case id.minReader > version || !s.o.ReadOnly && id.minWriter > version:
		return id, s.refused(fmt.Sprintf("was made by a newer bulknum (it needs version %d of the store, this one knows %d)", need, version), "use the newer bulknum", nil)
	case id.schema < want:
		return id, s.refused("is of an older bulknum", cureMigrate, nil)
	case s.o.copying:
		return id, nil
	case s.o.accepting:
		id.movedTo = ""
	}
	return id, database.Moved(s.Place(), id.movedTo, id.movingFrom)
}

// tooOld refuses a server.
func (s *Store) tooOld(server int) error {
	return s.refused(fmt.Sprintf("is in PostgreSQL %d", server/10_000), fmt.Sprintf("use version %d or later", least), nil)
}

// Migrate makes the store's tables in a database, or brings them up to date, and tells whether anything was to be done. It is
// never done by a run: who migrates owns the tables.
func Migrate(ctx context.Context, o Options) (where string, done bool, err error) {
	c, err := o.Address.config()
	if err != nil {
		return "", false, err
	}
	s := newStore(o, place(c))
	db := connect(c, toWrite)
	defer db.Close()
	alone, err := s.alone(ctx, c)
	if err != nil {
		return s.Place(), false, err
	}
	defer func() { err = errors.Join(err, alone.Close(true)) }()
	if err := s.mayBegin(ctx, db); err != nil {
		return s.Place(), false, err
	}
	done, err = migrate(ctx, db, o.Program)
	if err == nil {
		err = grant(ctx, db, schema, grants)
	}
	if err != nil {
		err = fmt.Errorf("store %s: %w", s.Place(), words.Refused(err))
	}
	return s.Place(), done, err
}

// migrate takes the steps that lack.
func migrate(ctx context.Context, db *sql.DB, program string) (done bool, err error) {
	if _, err := db.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS "+schema); err != nil {
		return false, err
	}
	files, err := Migrations()
	if err != nil {
		return false, err
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return false, err
	}
	steps, err := p.Up(ctx)
	if err != nil {
		return false, err
	}
	if program != "" {
		_, err = db.ExecContext(ctx, "UPDATE store SET made_by = $1 WHERE made_by IS NULL", record.Clean(program))
	}
	return len(steps) > 0, err
}

// inUse is the key of the lock that all who write share, and who migrates has alone.
var inUse = lockName{"use", 0}.key()

// alone is a connection that keeps everybody else from writing and from migrating, until it is closed.
func (s *Store) alone(ctx context.Context, c *pgx.ConnConfig) (*session, error) {
	db := connect(c, toWrite)
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, errors.Join(s.unreached(err), db.Close())
	}
	lone := &session{db: db, conn: conn}
	var server int
	var free bool
	err = conn.QueryRowContext(ctx, "SELECT current_setting('server_version_num')::int, pg_try_advisory_lock($1), set_config('idle_session_timeout', '0', false)", inUse).Scan(&server, &free, new(string))
	switch {
	case err != nil:
		err = s.unreached(err)
	case server < least*10_000:
		err = s.tooOld(server)
	case !free:
		err = s.unreached(errInUse)
	}
	if err != nil {
		return nil, errors.Join(err, lone.Close(false))
	}
	return lone, nil
}

// mayBegin refuses to make a store where there was one.
func (s *Store) mayBegin(ctx context.Context, db *sql.DB) error {
	var there bool
	if err := db.QueryRowContext(ctx, "SELECT to_regclass('store') IS NOT NULL").Scan(&there); err != nil || there {
		return err
	}
	marks, err := s.readMarks()
	for _, m := range marks {
		if m.Place == s.Place() {
			return s.refused(fmt.Sprintf("is missing: it had %d records", m.Sequence), "restore the database from a backup", nil)
		}
	}
	return err
}
