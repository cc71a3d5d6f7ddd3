// Package record has the form in which each record of a run stands in its table: its
// columns, its checksum, and the blocks of those that are kept together.
package record

import (
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

// A run is moved, be it to an archive or out of a damaged store, record by record
// as it stands in its table: with its sequences and its checksums.

// Table is a table with the records of runs.
type Table struct {
	Name string
	// what people call one of its records.
	What string
	// columns are all of them; the last is the checksum, unless sum is nil.
	Columns []string
	// Run is the column that says of which run a record is, and Key the one by which it is
	// found; "": the database's own, see [dialect.Dialect.RowKey].
	Run, Key string
	// index is one that has run and key, so that it alone lists a run's records.
	Index string
	// large tells that a record may be a block.
	large bool
	Sum   func(Record) int64
}

// Record is what a table's row has, column by column.
type Record []any

// Int is a column of numbers.
func (r Record) Int(column int) int64 {
	n, _ := r[column].(int64) // NULL is 0, as checksums have it
	return n
}

// Text is a column of texts; NULL is "".
func (r Record) Text(column int) string {
	s, _ := r[column].(string)
	return s
}

// Bytes is a column of bytes; NULL is nil.
func (r Record) Bytes(column int) []byte {
	b, _ := r[column].([]byte)
	return b
}

// Whole reports whether a record is as it was written.
func (t *Table) Whole(r Record) bool { return r[len(r)-1] == any(t.Sum(r)) }

// Column is the place of a column.
func (t *Table) Column(name string) int {
	for i, column := range t.Columns {
		if column == name {
			return i
		}
	}
	return -1
}

// List are the columns, for a statement.
func (t *Table) List() string { return strings.Join(t.Columns, ", ") }

// Insert is the statement that enters a record.
func (t *Table) Insert() string {
	return "INSERT INTO " + t.Name + " (" + t.List() + ") VALUES (?" + strings.Repeat(", ?", len(t.Columns)-1) + ")"
}

func columns(list string) []string { return strings.Split(list, ", ") }

// The tables of a run's records. What is in flight follows from intents and
// results, and how many blocks a plan has from those.
var (
	PlanBlocks = Table{
		Name: "plan_blocks", What: "a block of its plan", Columns: columns("run, n, first_line, last_line, row_count, content, crc"),
		Run: "run", Index: "sqlite_autoindex_plan_blocks_1", large: true,
		Sum: func(r Record) int64 {
			return PlanSum(r.Int(0), r.Int(1), r.Int(2), r.Int(3), r.Int(4), r.Bytes(5))
		},
	}
	PlanNumbers = Table{
		Name: "plan_numbers", What: "the numbers of a block of its plan", Columns: columns("run, n, numbers, crc"), Run: "run", Key: "n", large: true,
		Sum: func(r Record) int64 { return BlockSum(r.Int(0), r.Int(1), 0, r.Bytes(2)) },
	}
	Intents = Table{
		Name: "intents", What: "an intent", Columns: columns("sequence, run, line, account, number, at, changes, crc"),
		Run: "run", Key: "sequence", Index: "intents_run",
		Sum: func(r Record) int64 {
			return IntentSum(r.Int(0), r.Int(1), r.Int(2), r.Int(5), r.Text(4), r.Text(6))
		},
	}
	Results = Table{
		Name: "results", What: "a result",
		Columns: columns("sequence, run, line, row, number, status, update_order_id, update_order_status, update_order_date, " +
			"http_status, attempts, changes, error, started_at, duration_ms, settings, at, crc"),
		Run: "run", Key: "sequence", Index: "results_run", Sum: sumOfResult,
	}
	unprotectionsTable = Table{
		Name: "unprotections", What: "the end of a protection", Columns: columns("sequence, run, cutover, at, doc, crc"),
		Run: "cutover", Key: "sequence", Index: "unprotections_cutover",
		Sum: func(r Record) int64 {
			return UnprotectedSum(r.Int(0), r.Int(1), r.Int(2), r.Int(3), r.Text(4))
		},
	}
	Tables = []*Table{
		{
			Name: "milestones", What: "a milestone", Columns: columns("sequence, run, kind, at, doc, waves, crc"),
			Run: "run", Key: "sequence", Index: "milestones_run", large: true,
			Sum: func(r Record) int64 {
				return MilestoneSum(r.Int(0), r.Int(1), r.Int(3), r.Text(2), r.Text(4), r.Bytes(5))
			},
		},
		&PlanBlocks,
		&PlanNumbers,
		{
			Name: "reading_blocks", What: "a block of its readings", Columns: columns("run, n, phase, content, crc"),
			Run: "run", Index: "sqlite_autoindex_reading_blocks_1", large: true,
			Sum: func(r Record) int64 { return BlockSum(r.Int(0), r.Int(1), r.Int(2), r.Bytes(3)) },
		},
		&Intents,
		&Results,
		{
			Name: "request_blocks", What: "a block of its requests", Columns: columns("run, n, content, crc"),
			Run: "run", Index: "sqlite_autoindex_request_blocks_1", large: true,
			Sum: func(r Record) int64 { return BlockSum(r.Int(0), r.Int(1), 0, r.Bytes(2)) },
		},
		{
			Name: "verifications", What: "a verification", Columns: columns("sequence, run, line, number, status, doc, crc"),
			Run: "run", Key: "sequence", Index: "verifications_run",
			Sum: func(r Record) int64 {
				return VerifiedSum(r.Int(0), r.Int(1), r.Int(2), r.Text(3), r.Text(4), r.Text(5))
			},
		},
		{
			Name: "skipped", What: "a skipped row", Columns: columns("run, n, line, number, doc, crc"),
			Run: "run", Index: "sqlite_autoindex_skipped_1",
			Sum: func(r Record) int64 {
				return SkippedSum(r.Int(0), r.Int(1), r.Int(2), r.Text(3), r.Text(4))
			},
		},
		&unprotectionsTable,
	}
	InputChunks = Table{
		Name: "input_chunks", What: "its input", Columns: columns("input, n, content, crc"),
		Run: "input", Index: "sqlite_autoindex_input_chunks_1", large: true,
		Sum: func(r Record) int64 { return BlockSum(r.Int(0), r.Int(1), 0, r.Bytes(2)) },
	}
)

// Runs is the table of runs without what is not theirs alone.
var Runs = Table{Name: "runs", What: "what it is", Columns: columns("id, sequence, name, job, key, started_at, dry_run, cutover, rollback_of, identity, input_file, crc")}

// InsertWith is the statement that enters a record with some more columns.
func (t *Table) InsertWith(more ...string) string {
	with := Table{Name: t.Name, Columns: append(slices.Clone(t.Columns), more...)}
	return with.Insert()
}

// Scan reads a row of so many columns.
func Scan(columns int) func(*sql.Rows) (Record, error) {
	return func(rows *sql.Rows) (Record, error) {
		row := make(Record, columns)
		into := make([]any, columns)
		for i := range row {
			into[i] = &row[i]
		}
		return row, rows.Scan(into...)
	}
}

// MarshalJSON writes bytes as a list of one text, to tell them from texts.
func (r Record) MarshalJSON() ([]byte, error) {
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
func (r *Record) UnmarshalJSON(text []byte) error {
	var values []json.RawMessage
	if err := json.Unmarshal(text, &values); err != nil {
		return err
	}
	*r = make(Record, len(values))
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
			return nil, errors.Join(ErrEncoding, err)
		}
		return b[0], nil
	default:
		var n int64
		err := json.Unmarshal(text, &n)
		return n, err
	}
}

const (
	// RowsAtATime is how many records go in one transaction: another process that
	// wants to write waits no longer than for these.
	RowsAtATime = 2_000
	// BlocksAtATime is the same of records that are large.
	BlocksAtATime = 100
)

// Page is how many records are read or written at a time.
func (t *Table) Page() int {
	if t.large {
		return BlocksAtATime
	}
	return RowsAtATime
}
