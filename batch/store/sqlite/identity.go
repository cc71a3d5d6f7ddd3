package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/record"
	"github.com/bulknum/bulknum/batch/store/sqlite/disk"
	"github.com/bulknum/bulknum/batch/store/sqlite/lock"
	"github.com/bulknum/bulknum/internal/safefile"
)

const (
	// version is what this program can read and write: a store names the least
	// that a program must know.
	version = 1
	// migrateWait is how long a migration waits for other processes to end.
	migrateWait = 2 * time.Second
)

//go:embed migrations/*.sql
var embedded embed.FS

// migrations are the steps from an empty database to this program's tables. Tests
// put others here.
var migrations = func() fs.FS {
	sub, err := fs.Sub(embedded, "migrations")
	if err != nil {
		return embedded // it is there
	}
	return sub
}()

// newest is the last migration's number.
func newest() int64 {
	entries, err := fs.ReadDir(migrations, ".")
	if err != nil || len(entries) == 0 {
		return 0 // it is there
	}
	number, _, _ := strings.Cut(entries[len(entries)-1].Name(), "_")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return 0 // goose says so
	}
	return n
}

// identity is what a database says of itself.
type identity struct {
	// fresh is one without tables.
	fresh                bool
	store                string
	minReader, minWriter int
	schema               int64
	// movedTo and movingFrom are the places of a copy of it, and of what it is to be a copy of.
	movedTo, movingFrom string
}

// identify asks a database what it is, and refuses one of somebody else.
func identify(ctx context.Context, db *sql.DB, path string) (identity, error) {
	refuse := func(why, cure string, err error) (identity, error) {
		return identity{}, &store.RefusedError{Place: path, Why: why, Cure: cure, Err: err}
	}
	var application, tables int
	err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&application)
	if err == nil {
		err = db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'goose%' AND name NOT LIKE 'sqlite%'").Scan(&tables)
	}
	switch {
	case disk.Damaged(err):
		return refuse("is damaged", CureDamaged, err)
	case err != nil:
		return identity{}, fmt.Errorf("store %s: %w", path, err)
	case application == 0 && tables == 0:
		return identity{fresh: true}, nil
	case application != disk.ApplicationID:
		return identity{}, &store.RefusedError{Place: path, Why: "is a database of another program", Cure: "choose another folder",
			Options: []option.Name{option.RunsDir}}
	}
	var id identity
	err = db.QueryRowContext(ctx, "SELECT id, min_reader, min_writer FROM store").Scan(&id.store, &id.minReader, &id.minWriter)
	if err == nil {
		err = db.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version").Scan(&id.schema)
	}
	if err == nil && id.schema == newest() {
		err = db.QueryRowContext(ctx, "SELECT coalesce(moved_to, ''), coalesce(moving_from, '') FROM store").Scan(&id.movedTo, &id.movingFrom)
	}
	if err != nil {
		return refuse("is damaged", CureDamaged, err)
	}
	return id, nil
}

// newer refuses a store that a later program changed.
func (s *opening) newer(need int) error {
	return s.refused(fmt.Sprintf("was made by a newer bulknum (it needs version %d of the store, this one knows %d)", need, version),
		"use the newer bulknum", nil)
}

// migrate brings the tables up to date, alone, after copying what there was.
func (s *opening) migrate(ctx context.Context, id identity, locks string) error {
	alone, ok, err := lock.Share(ctx, locks, true, migrateWait)
	if err != nil {
		return err
	}
	if !ok {
		return s.refused("is in use by an older bulknum, and has to be brought up to date", "wait until the runs there have ended", nil)
	}
	defer alone.Release()
	if !id.fresh {
		if err := s.copyBefore(ctx, id.schema); err != nil {
			return err
		}
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, s.writing, migrations, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("store %s: %w", s.path, err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("store %s: %w", s.path, err)
	}
	if id.fresh && s.o.Program != "" {
		if _, err := s.writing.ExecContext(ctx, "UPDATE store SET made_by = ?", record.Clean(s.o.Program)); err != nil {
			return fmt.Errorf("store %s: %w", s.path, err)
		}
	}
	return nil
}

// copyBefore copies the store as it was before a migration.
func (s *opening) copyBefore(ctx context.Context, schema int64) error {
	path := filepath.Join(s.dir, fmt.Sprintf("%s.before-%d", strings.TrimSuffix(s.o.database(), ".db"), schema+1))
	temp := path + ".part"
	// One that was cut off is written over; SQLite copies into an empty file.
	if err := safefile.WriteOwn(temp, nil); err != nil { //nolint:forbidigo // it is no database yet
		return fmt.Errorf("store: %w", err)
	}
	if _, err := s.writing.ExecContext(ctx, "VACUUM INTO ?", temp); err != nil {
		return fmt.Errorf("store %s: copy before the migration: %w", s.path, err)
	}
	if err := os.Rename(temp, path); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return safefile.SyncDir(s.dir)
}
