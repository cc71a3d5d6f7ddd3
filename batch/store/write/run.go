package write

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/record"
)

// EnterRun enters a run. key is by which its account was asked for; "": not known.
func (t *Tx) EnterRun(r store.NewRun, input Input, key string) error {
	if err := t.CheckName(r.Name); err != nil {
		return err
	}
	id, err := t.keepInput(input)
	if err != nil {
		return err
	}
	var account int64
	var anyKey string
	err = t.Row("SELECT coalesce(merged, id), coalesce((SELECT min(key) FROM keys WHERE account = coalesce(merged, id)), '') FROM accounts WHERE id = ?", int64(r.Account)).Scan(&account, &anyKey)
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("account %d is unknown", r.Account)
	}
	if err != nil {
		return err
	}
	key = cmp.Or(key, anyKey)
	row := record.NewRunRow(r, t.Next())
	_, err = t.Insert(&record.Runs, append(row.Record(key), account, id), "account", "input")
	return err
}

// CheckName refuses a name that a run has, or that is none of a folder within the runs folder: an archive may say any.
func (t *Tx) CheckName(name string) error {
	if name != filepath.Base(name) || strings.HasPrefix(name, ".") {
		return fmt.Errorf("run name %q: not the name of a folder", name)
	}
	var taken int
	if err := t.Row("SELECT count(*) FROM runs WHERE name = ? AND deleted_at IS NULL", record.Clean(name)).Scan(&taken); err != nil {
		return err
	}
	if taken > 0 {
		return fmt.Errorf("run %s: %w", name, store.ErrExists)
	}
	return nil
}

// Unused is a number that no row of a table has, or ever had here; 0: it has.
func (t *Tx) Unused(table string, id int64) (int64, error) {
	var taken int
	err := t.Row("SELECT count(*) FROM "+table+" WHERE id = ?", id).Scan(&taken)
	if err != nil || taken > 0 {
		return 0, err
	}
	return id, nil
}

// LeaveOut leaves the numbers of a table up to one to nobody.
func (t *Tx) LeaveOut(table string, last int64) error {
	return t.w.o.Dialect.LeaveOut(t.execCount, table, last)
}

// Derive enters what follows from the records that a run has: which of its rows are
// in flight, and how many blocks its plan has.
func (t *Tx) Derive(run int64) error {
	if err := t.Exec(keepInFlight, run); err != nil {
		return err
	}
	return t.keepPlanEnd(run)
}

// keepInFlight enters which rows of a run have an intent without a result.
const keepInFlight = `INSERT INTO in_flight (run, line, sequence) SELECT i.run, i.line, max(i.sequence) FROM intents i WHERE i.run = ?
	GROUP BY i.run, i.line HAVING max(i.sequence) > coalesce((SELECT max(r.sequence) FROM results r WHERE r.run = i.run AND r.line = i.line), 0)`

// enterPlanEnd enters, or enters anew, how many blocks a plan has.
const enterPlanEnd = `INSERT INTO plan_ends (run, blocks, crc) VALUES (?, ?, ?)
	ON CONFLICT (run) DO UPDATE SET blocks = excluded.blocks, crc = excluded.crc`

// keepPlanEnd enters how many blocks a finished plan has.
func (t *Tx) keepPlanEnd(run int64) error {
	var planned int64
	if err := t.Row("SELECT count(*) FROM milestones WHERE run = ? AND kind = 'plan'", run).Scan(&planned); err != nil || planned == 0 {
		return err
	}
	var blocks int64
	if err := t.Row("SELECT count(*) FROM plan_numbers WHERE run = ?", run).Scan(&blocks); err != nil {
		return err
	}
	return t.Exec(enterPlanEnd, run, blocks, record.PlanEndSum(run, blocks))
}
