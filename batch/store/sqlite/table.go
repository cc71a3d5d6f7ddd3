package sqlite

import (
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
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
			return unprotectedSum(r.int(0), r.int(1), r.int(2), r.int(3), r.text(4))
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

// runsTable is the table of runs without what is not theirs alone.
var runsTable = recordTable{name: "runs", what: "what it is", columns: columns("id, sequence, name, job, key, started_at, dry_run, cutover, rollback_of, identity, input_file, crc")}

// insertWith is the statement that enters a record with some more columns.
func (t *recordTable) insertWith(more ...string) string {
	with := recordTable{name: t.name, columns: append(slices.Clone(t.columns), more...)}
	return with.insert()
}

// scanRecord reads a row of so many columns.
func scanRecord(columns int) func(*sql.Rows) (record, error) {
	return func(rows *sql.Rows) (record, error) {
		row := make(record, columns)
		into := make([]any, columns)
		for i := range row {
			into[i] = &row[i]
		}
		return row, rows.Scan(into...)
	}
}

// MarshalJSON writes bytes as a list of one text, to tell them from texts.
func (r record) MarshalJSON() ([]byte, error) {
	values := make([]any, len(r))
	for i, v := range r {
		if b, ok := v.([]byte); ok {
			v = [][]byte{b}
		}
		values[i] = v
	}
	return json.Marshal(values)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (r *record) UnmarshalJSON(text []byte) error {
	var values []json.RawMessage
	if err := json.Unmarshal(text, &values); err != nil {
		return err
	}
	*r = make(record, len(values))
	for i, v := range values {
		value, err := columnOf(v)
		if err != nil {
			return err
		}
		(*r)[i] = value
	}
	return nil
}

// columnOf reads what a column has.
func columnOf(text json.RawMessage) (any, error) {
	switch text[0] {
	case 'n':
		return nil, nil
	case '"':
		var s string
		err := json.Unmarshal(text, &s)
		return s, err
	case '[':
		var b [][]byte
		if err := json.Unmarshal(text, &b); err != nil || len(b) != 1 {
			return nil, errors.Join(errCoding, err)
		}
		return b[0], nil
	default:
		var n int64
		err := json.Unmarshal(text, &n)
		return n, err
	}
}

const (
	// rowsAtATime is how many records go in one transaction: another process that
	// wants to write waits no longer than for these.
	rowsAtATime = 2_000
	// blocksAtATime is the same of records that are large.
	blocksAtATime = 100
)

// atATime is how many records are read or written at a time.
func (t *recordTable) atATime() int {
	if t.large {
		return blocksAtATime
	}
	return rowsAtATime
}
