package disk

import (
	"database/sql"

	"github.com/bulknum/bulknum/batch/store/dialect"
)

// Dialect is SQLite's.
var Dialect = dialect.Dialect{
	Indexed:      true,
	Prepares:     true,
	Then:         "CROSS JOIN",
	Integers:     "json_each(?)",
	Pairs:        "(SELECT value ->> 0 AS a, value ->> 1 AS b FROM json_each(?))",
	Texts:        "json_each(?)",
	NewestOfLine: "SELECT line, max(sequence), status",
	LineByLine:   "GROUP BY line ORDER BY line",
	Greatest:     "max",
	Sequence:     "SELECT sequence FROM store",
	LeaveOut:     leaveOut,
	LastID:       "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = ?",
	RowKey:       "rowid",
	Snapshot:     sql.TxOptions{ReadOnly: true},
	Damaged:      Damaged,
	Rejected:     Rejected,
	Taken:        func(err error) bool { return Rejected(err) && Code(err) != 0 },
}

// leaveOut leaves the ids of a table up to one to nobody.
func leaveOut(exec func(query string, args ...any) (int64, error), table string, last int64) error {
	n, err := exec("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", last, table)
	if err != nil || n > 0 {
		return err
	}
	_, err = exec("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", table, last)
	return err
}
