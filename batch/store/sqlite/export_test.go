package sqlite

import (
	"context"
	"database/sql"
)

// PagesOf tells what the pages of a database are, as SQLite's dbstat has it.
func PagesOf(ctx context.Context, path string, tell func(page int, table, kind string)) error {
	db, err := connect(path, fromReadOnlyDisk, "")
	if err != nil {
		return err
	}
	defer db.Close()
	rows, err := rowsOf(ctx, db, func(rows *sql.Rows) (struct{}, error) {
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
