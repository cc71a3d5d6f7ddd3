package sqlite

import (
	"strings"
)

// A run is moved, be it to an archive or out of a damaged store, record by record
// as it stands in its table: with its sequences and its checksums.

// recordTable is a table with the records of runs.
type recordTable struct {
	name string
	// what people call one of its records.
	what string
	// columns are all of them; the last is the checksum, unless sum is nil.
	columns []string
	// run is the column that says of which run a record is, and key the one by
	// which it is found: rowid where it has no sequence.
	run, key string
	// index is one that has run and key, so that it alone lists a run's records.
	index string
	// large tells that a record may be a block.
	large bool
	sum   func(record) int64
}

// record is what a table's row has, column by column.
type record []any

func (r record) int(column int) int64 {
	n, _ := r[column].(int64) // NULL is 0, as checksums have it
	return n
}

func (r record) text(column int) string {
	s, _ := r[column].(string)
	return s
}

func (r record) bytes(column int) []byte {
	b, _ := r[column].([]byte)
	return b
}

// whole reports whether a record is as it was written.
func (t *recordTable) whole(r record) bool { return r[len(r)-1] == any(t.sum(r)) }

// column is the place of a column.
func (t *recordTable) column(name string) int {
	for i, column := range t.columns {
		if column == name {
			return i
		}
	}
	return -1
}

// list are the columns, for a statement.
func (t *recordTable) list() string { return strings.Join(t.columns, ", ") }

// insert is the statement that enters a record.
func (t *recordTable) insert() string {
	return "INSERT INTO " + t.name + " (" + t.list() + ") VALUES (?" + strings.Repeat(", ?", len(t.columns)-1) + ")"
}

func columns(list string) []string { return strings.Split(list, ", ") }

// The tables of a run's records. What is in flight follows from intents and
// results, and how many blocks a plan has from those.
var (
	planBlocksTable = recordTable{
		name: "plan_blocks", what: "a block of its plan", columns: columns("run, n, first_line, last_line, row_count, content, crc"),
		run: "run", key: "rowid", index: "sqlite_autoindex_plan_blocks_1", large: true,
		sum: func(r record) int64 {
			return planSum(r.int(0), r.int(1), r.int(2), r.int(3), r.int(4), r.bytes(5))
		},
	}
	planNumbersTable = recordTable{
		name: "plan_numbers", what: "the numbers of a block of its plan", columns: columns("run, n, numbers, crc"), run: "run", key: "n", large: true,
		sum: func(r record) int64 { return blockSum(r.int(0), r.int(1), 0, r.bytes(2)) },
	}
	intentsTable = recordTable{
		name: "intents", what: "an intent", columns: columns("sequence, run, line, account, number, at, changes, crc"),
		run: "run", key: "sequence", index: "intents_run",
		sum: func(r record) int64 {
			return intentSum(r.int(0), r.int(1), r.int(2), r.int(5), r.text(4), r.text(6))
		},
	}
	resultsTable = recordTable{
		name: "results", what: "a result",
		columns: columns("sequence, run, line, row, number, status, update_order_id, update_order_status, update_order_date, " +
			"http_status, attempts, changes, error, started_at, duration_ms, settings, at, crc"),
		run: "run", key: "sequence", index: "results_run", sum: sumOfResult,
	}
	unprotectionsTable = recordTable{
		name: "unprotections", what: "the end of a protection", columns: columns("sequence, run, cutover, at, doc, crc"),
		run: "cutover", key: "sequence", index: "unprotections_cutover",
		sum: func(r record) int64 {
			return new(checksum).int(r.int(0), r.int(1), r.int(2), r.int(3)).text(r.text(4)).sum()
		},
	}
	recordTables = []*recordTable{
		{
			name: "milestones", what: "a milestone", columns: columns("sequence, run, kind, at, doc, waves, crc"),
			run: "run", key: "sequence", index: "milestones_run", large: true,
			sum: func(r record) int64 {
				return milestoneSum(r.int(0), r.int(1), r.int(3), r.text(2), r.text(4), r.bytes(5))
			},
		},
		&planBlocksTable,
		&planNumbersTable,
		{
			name: "reading_blocks", what: "a block of its readings", columns: columns("run, n, phase, content, crc"),
			run: "run", key: "rowid", index: "sqlite_autoindex_reading_blocks_1", large: true,
			sum: func(r record) int64 { return blockSum(r.int(0), r.int(1), r.int(2), r.bytes(3)) },
		},
		&intentsTable,
		&resultsTable,
		{
			name: "request_blocks", what: "a block of its requests", columns: columns("run, n, content, crc"),
			run: "run", key: "rowid", index: "sqlite_autoindex_request_blocks_1", large: true,
			sum: func(r record) int64 { return blockSum(r.int(0), r.int(1), 0, r.bytes(2)) },
		},
		{
			name: "verifications", what: "a verification", columns: columns("sequence, run, line, number, status, doc, crc"),
			run: "run", key: "sequence", index: "verifications_run",
			sum: func(r record) int64 {
				return verifiedSum(r.int(0), r.int(1), r.int(2), r.text(3), r.text(4), r.text(5))
			},
		},
		{
			name: "skipped", what: "a skipped row", columns: columns("run, n, line, number, doc, crc"),
			run: "run", key: "rowid", index: "sqlite_autoindex_skipped_1",
			sum: func(r record) int64 {
				return skippedSum(r.int(0), r.int(1), r.int(2), r.text(3), r.text(4))
			},
		},
		&unprotectionsTable,
	}
	chunksTable = recordTable{
		name: "input_chunks", what: "its input", columns: columns("input, n, content, crc"),
		run: "input", key: "rowid", index: "sqlite_autoindex_input_chunks_1", large: true,
		sum: func(r record) int64 { return blockSum(r.int(0), r.int(1), 0, r.bytes(2)) },
	}
)

func sumOfResult(r record) int64 {
	row := resultRow{
		sequence: r.int(0), run: r.int(1), line: r.int(2), row: r.int(3), number: r.text(4), status: r.text(5),
		orderID: r.text(6), orderStatus: r.text(7), orderDate: r.text(8), httpStatus: r.int(9), attempts: r.int(10),
		changes: r.text(11), fault: r.text(12), startedAt: r.int(13), durationMs: r.int(14), settings: r.text(15), at: r.int(16),
	}
	return row.sum()
}

// keepInFlight enters which rows of a run have an intent without a result.
const keepInFlight = `INSERT INTO in_flight (run, line, sequence) SELECT i.run, i.line, max(i.sequence) FROM intents i WHERE i.run = ?
	GROUP BY i.line HAVING max(i.sequence) > coalesce((SELECT max(r.sequence) FROM results r WHERE r.run = i.run AND r.line = i.line), 0)`

// keepPlanEnd enters how many blocks a finished plan has.
func (t *transaction) keepPlanEnd(run int64) error {
	var planned int64
	if err := t.row("SELECT count(*) FROM milestones WHERE run = ? AND kind = 'plan'", run).Scan(&planned); err != nil || planned == 0 {
		return err
	}
	var blocks int64
	if err := t.row("SELECT count(*) FROM plan_numbers WHERE run = ?", run).Scan(&blocks); err != nil {
		return err
	}
	return t.exec("INSERT OR REPLACE INTO plan_ends (run, blocks, crc) VALUES (?, ?, ?)", run, blocks, new(checksum).int(run, blocks).sum())
}
