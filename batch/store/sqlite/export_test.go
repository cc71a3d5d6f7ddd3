package sqlite

import (
	"context"
	"database/sql"
	"path/filepath"

	"github.com/bulknum/bulknum/batch/store/query"
	"github.com/bulknum/bulknum/batch/store/sqlite/disk"
)

// PagesOf tells what the pages of a database are, as SQLite's dbstat has it.
func PagesOf(ctx context.Context, path string, tell func(page int, table, kind string)) error {
	db, err := disk.Connect(path, disk.FromReadOnlyDisk, "")
	if err != nil {
		return err
	}
	defer db.Close()
	rows, err := query.RowsOf(ctx, db, func(rows *sql.Rows) (struct{}, error) {
		var page int
		var name, kind, of string
		err := rows.Scan(&page, &name, &kind, &of)
		if of == "index" {
			kind = "index " + kind
		}
		tell(page, name, kind)
		return struct{}{}, err
	}, "SELECT d.pageno, d.name, d.pagetype, coalesce(m.type, '') FROM dbstat d LEFT JOIN sqlite_schema m ON m.name = d.name")
	_ = rows
	return err
}

// Ask counts the rows that a query gives, as `sqlite3 -readonly` would.
func Ask(ctx context.Context, o Options, text string) (rows int, err error) {
	db, err := disk.Connect(filepath.Join(o.Dir, File), disk.ForReading, "")
	if err != nil {
		return 0, err
	}
	defer db.Close()
	all, err := db.QueryContext(ctx, text)
	if err != nil {
		return 0, err
	}
	defer all.Close()
	for all.Next() {
		rows++
	}
	return rows, all.Err()
}

// Tables are the tables of a store.
func Tables(ctx context.Context, o Options) ([]string, error) {
	db, err := disk.Connect(filepath.Join(o.Dir, File), disk.ForReading, "")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	return query.RowsOf(ctx, db, query.One[string], "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'goose%' AND name NOT LIKE 'sqlite%'")
}
