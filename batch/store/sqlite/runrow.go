package sqlite

import (
	"database/sql"
	"encoding/json"

	"github.com/bulknum/bulknum/batch/store"
)

// runRow is a row of the table of runs.
type runRow struct {
	id, sequence    int64
	name, job       string
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

const runQuery = `SELECT u.id, u.sequence, u.name, u.job, u.account, a.api, coalesce(a.name, ''), u.key, coalesce(u.started_at, 0), u.dry_run, u.cutover,
	coalesce(u.rollback_of, 0), coalesce(u.identity, ''), u.input_file, coalesce(i.sha256, ''), i.bytes,
	EXISTS (SELECT 1 FROM unprotections p WHERE p.cutover = u.id), u.crc
	FROM runs u JOIN accounts a ON a.id = u.account JOIN inputs i ON i.id = u.input WHERE u.deleted_at IS NULL`

// scan reads what runQuery asks for.
func (r *runRow) scan(rows *sql.Rows) error {
	return rows.Scan(&r.id, &r.sequence, &r.name, &r.job, &r.account.ID, &r.account.API, &r.account.Name, &r.account.Key, &r.startedAt, &r.dryRun, &r.cutover,
		&r.rollbackOf, &r.identity, &r.file, &r.sha256, &r.bytes, &r.unprotected, &r.crc)
}

// whole reports whether it is as it was written.
func (r *runRow) whole() bool { return r.crc == r.sum() }

// sum leaves the account out: two of them may turn out to be one.
func (r *runRow) sum() int64 {
	return new(checksum).int(r.sequence, r.startedAt, truth(r.dryRun), truth(r.cutover), r.rollbackOf, r.bytes).text(r.name, r.job, r.identity, r.file, r.sha256).sum()
}

// run is the row as a run.
func (r *runRow) run() store.Run {
	run := store.Run{ID: store.RunID(r.id), Sequence: store.Sequence(r.sequence), Name: r.name, Job: r.job, Account: r.account, StartedAt: moment(r.startedAt),
		DryRun: r.dryRun, Cutover: r.cutover, RollbackOf: store.RunID(r.rollbackOf), Unprotected: r.unprotected,
		Input: store.Input{File: r.file, SHA256: r.sha256, Bytes: r.bytes}}
	if r.identity != "" {
		run.Identity = json.RawMessage(r.identity)
	}
	return run
}

// newRunRow is the row of a new run.
func newRunRow(r store.NewRun, sequence store.Sequence) runRow {
	return runRow{sequence: int64(sequence), name: clean(r.Name), job: clean(r.Job), startedAt: micros(r.StartedAt), dryRun: r.DryRun, cutover: r.Cutover,
		rollbackOf: int64(r.RollbackOf), identity: clean(string(r.Identity)), file: clean(r.Input.File), sha256: r.Input.SHA256, bytes: r.Input.Bytes}
}

// record is the row as runsTable has it, of a run without a number yet. key is by
// which its account was asked for.
func (r *runRow) record(key string) record {
	return record{nil, r.sequence, r.name, r.job, key, r.startedAt, truth(r.dryRun), truth(r.cutover), nullable(r.rollbackOf), nullableText(r.identity), r.file, r.sum()}
}

// rollbackColumn is the column of the run that one takes back.
const rollbackColumn = 8

// sumOfRun is the checksum of a record of runsTable, whose input has a hash and a
// size.
func sumOfRun(r record, sha256 string, bytes int64) int64 {
	row := runRow{
		sequence: r.int(1), name: r.text(2), job: r.text(3), startedAt: r.int(5), dryRun: r.int(6) != 0, cutover: r.int(7) != 0,
		rollbackOf: r.int(rollbackColumn), identity: r.text(9), file: r.text(10), sha256: sha256, bytes: bytes,
	}
	return row.sum()
}
