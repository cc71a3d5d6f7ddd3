package record

import (
	"database/sql"
	"encoding/json"

	"github.com/bulknum/bulknum/batch/store"
)

// RunRow is a row of the table of runs.
type RunRow struct {
	id, sequence    int64
	Name, job       string
	account         store.Account
	startedAt       int64
	dryRun, cutover bool
	rollbackOf      int64
	identity        string
	file, sha256    string
	bytes           int64
	unprotected     bool
	crc             int64
}

// RunQuery asks for what a row scans, of the runs that were not deleted.
const RunQuery = `SELECT u.id, u.sequence, u.name, u.job, u.account, a.api, coalesce(a.name, ''), u.key, coalesce(u.started_at, 0), u.dry_run, u.cutover,
	coalesce(u.rollback_of, 0), coalesce(u.identity, ''), u.input_file, coalesce(i.sha256, ''), i.bytes,
	EXISTS (SELECT 1 FROM unprotections p WHERE p.cutover = u.id), u.crc
	FROM runs u JOIN accounts a ON a.id = u.account JOIN inputs i ON i.id = u.input WHERE u.deleted_at IS NULL`

// Scan reads what runQuery asks for.
func (r *RunRow) Scan(rows *sql.Rows) error {
	return rows.Scan(&r.id, &r.sequence, &r.Name, &r.job, &r.account.ID, &r.account.API, &r.account.Name, &r.account.Key, &r.startedAt, &r.dryRun, &r.cutover,
		&r.rollbackOf, &r.identity, &r.file, &r.sha256, &r.bytes, &r.unprotected, &r.crc)
}

// Whole reports whether it is as it was written.
func (r *RunRow) Whole() bool { return r.crc == r.sum() }

// sum leaves the account out: two of them may turn out to be one.
func (r *RunRow) sum() int64 {
	return new(checksum).int(r.sequence, r.startedAt, truth(r.dryRun), truth(r.cutover), r.rollbackOf, r.bytes).text(r.Name, r.job, r.identity, r.file, r.sha256).sum()
}

// Run is the row as a run.
func (r *RunRow) Run() store.Run {
	run := store.Run{ID: store.RunID(r.id), Sequence: store.Sequence(r.sequence), Name: r.Name, Job: r.job, Account: r.account, StartedAt: Moment(r.startedAt),
		DryRun: r.dryRun, Cutover: r.cutover, RollbackOf: store.RunID(r.rollbackOf), Unprotected: r.unprotected,
		Input: store.Input{File: r.file, SHA256: r.sha256, Bytes: r.bytes}}
	if r.identity != "" {
		run.Identity = json.RawMessage(r.identity)
	}
	return run
}

// NewRunRow is the row of a new run.
func NewRunRow(r store.NewRun, sequence store.Sequence) RunRow {
	return RunRow{sequence: int64(sequence), Name: Clean(r.Name), job: Clean(r.Job), startedAt: Micros(r.StartedAt), dryRun: r.DryRun, cutover: r.Cutover,
		rollbackOf: int64(r.RollbackOf), identity: Clean(string(r.Identity)), file: Clean(r.Input.File), sha256: r.Input.SHA256, bytes: r.Input.Bytes}
}

// Record is the row as runsTable has it, of a run without a number yet. key is by
// which its account was asked for.
func (r *RunRow) Record(key string) Record {
	return Record{nil, r.sequence, r.Name, r.job, key, r.startedAt, truth(r.dryRun), truth(r.cutover), Nullable(r.rollbackOf), nullableText(r.identity), r.file, r.sum()}
}

// RollbackOf is the column of the run that one rolls back.
const RollbackOf = 8

// SumOfRun is the checksum of a record of runsTable, whose input has a hash and a
// size.
func SumOfRun(r Record, sha256 string, bytes int64) int64 {
	row := RunRow{
		sequence: r.Int(1), Name: r.Text(2), job: r.Text(3), startedAt: r.Int(5), dryRun: r.Int(6) != 0, cutover: r.Int(7) != 0,
		rollbackOf: r.Int(RollbackOf), identity: r.Text(9), file: r.Text(10), sha256: sha256, bytes: bytes,
	}
	return row.sum()
}
