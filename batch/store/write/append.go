package write

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/record"
)

// Append commits records of a run, together. An error of the records themselves,
// such as a run that was deleted, is told as it is, and others go on; all else is
// a [store.BrokenError], from then on for all.
func (w *Writer) Append(run store.RunID, records ...store.Record) error {
	if w.o.Session.Low() && hasIntent(records) {
		return w.errFull() // nothing more is begun; what has begun is recorded
	}
	packed, deed, err := pack(records)
	if err != nil {
		return fmt.Errorf("store %s: %w", w.o.Place, err)
	}
	err = w.do(&job{deed: deed, keep: again, do: func(t *Tx) error {
		account, err := t.accountOf(run)
		if err != nil {
			return err
		}
		for _, p := range packed {
			if err := p.enter(t, run, account); err != nil {
				return err
			}
		}
		return nil
	}})
	return w.Unsaved(err)
}

// errFull is a disk that has only what was in reserve for the end.
func (w *Writer) errFull() error {
	return fmt.Errorf("store %s: only the reserve for the end of the run is left: %w", w.o.Place, syscall.ENOSPC)
}

// hasIntent reports whether something is about to be done.
func hasIntent(records []store.Record) bool {
	return slices.ContainsFunc(records, func(r store.Record) bool {
		_, is := r.(*store.Intent)
		return is
	})
}

// packed is a record in the form in which it is kept, made before its turn comes.
type packed interface {
	enter(t *Tx, run store.RunID, account int64) error
}

// pack encodes and compresses records, outside the writer's goroutine. deed tells
// that some are about what is done to numbers.
func pack(records []store.Record) (all []packed, deed bool, err error) {
	for _, record := range records {
		p, err := packOne(record)
		if err != nil {
			return nil, false, err
		}
		all = append(all, p)
		switch record.(type) {
		case *store.Intent, *store.Result, *store.Verified, *store.Unprotected:
			deed = true
		}
	}
	return all, deed, nil
}

func packOne(r store.Record) (packed, error) {
	switch r := r.(type) {
	case *store.Milestone:
		return packMilestone(r)
	case *store.PlanBlock:
		return packPlanBlock(r)
	case *store.Readings:
		return packReadings(r)
	case *store.Intent:
		return packIntent(r)
	case *store.Result:
		return packedResult{r}, nil
	case *store.Requests:
		return packRequests(r)
	case *store.Verified:
		return packedVerified{r}, nil
	case *store.Skipped:
		return packedSkipped{r}, nil
	case *store.Unprotected:
		return packedUnprotected{r}, nil
	default:
		return nil, fmt.Errorf("a record of type %T is unknown", r)
	}
}

// accountOf is whose a run is. One that was deleted takes nothing any more.
func (t *Tx) accountOf(run store.RunID) (account int64, err error) {
	if account, ok := t.accounts[run]; ok {
		return account, nil
	}
	err = t.Row("SELECT account FROM runs WHERE id = ? AND deleted_at IS NULL", int64(run)).Scan(&account)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("run %d: %w", run, store.ErrNotFound)
	}
	if err == nil {
		t.accounts[run] = account
	}
	return account, err
}

// nextN is the number of the run's next block in a table.
func (t *Tx) nextN(table string, run store.RunID) (n int64, err error) {
	err = t.Row("SELECT coalesce(max(n), 0) + 1 FROM "+table+" WHERE run = ?", int64(run)).Scan(&n)
	return n, err
}

// packedIntent is an intent with its changes encoded.
type packedIntent struct {
	*store.Intent
	number, changes string
}

func packIntent(r *store.Intent) (packed, error) {
	changes := r.Changes
	if changes == nil {
		changes = []settings.Change{}
	}
	text, err := json.Marshal(changes)
	if err != nil {
		return nil, err
	}
	return packedIntent{r, record.Clean(r.Number), record.Clean(string(text))}, nil
}

func (p packedIntent) enter(t *Tx, run store.RunID, account int64) error {
	p.Sequence = t.Next()
	crc := record.IntentSum(int64(p.Sequence), int64(run), int64(p.Line), record.Micros(p.At), p.number, p.changes)
	err := t.enterIntent(account, int64(p.Sequence), int64(run), int64(p.Line), account, p.number, record.Micros(p.At), p.changes, crc)
	if err != nil {
		return err
	}
	return t.Exec(`INSERT INTO in_flight (run, line, sequence) VALUES (?, ?, ?)
		ON CONFLICT (run, line) DO UPDATE SET sequence = excluded.sequence`, int64(run), int64(p.Line), int64(p.Sequence))
}

// insertIntent enters an intent.
var insertIntent = record.Intents.Insert()

// ErrFenced is an intent of an account that is not this process's any more.
var ErrFenced = fmt.Errorf("the account is not this process's any more: %w", result.ErrTakenOver)

// enterIntent enters an intent: where others on other hosts may take the account, only as long as it is this process's.
func (t *Tx) enterIntent(account int64, values ...any) error {
	if t.w.o.Dialect.Fence != "" && !t.mine[account] {
		if err := t.Renew(account, t.w.o.Epoch(account)); err != nil {
			return err
		}
		t.mine[account] = true
	}
	return t.Exec(insertIntent, values...)
}

// Renew notes that something of an account is about to leave.
func (t *Tx) Renew(account, epoch int64) error {
	return t.later(true, t.w.o.Dialect.Fence, []any{account, epoch})
}

// insertResult enters a result.
var insertResult = record.Results.Insert()

// packedResult is a result.
type packedResult struct{ *store.Result }

func (p packedResult) enter(t *Tx, run store.RunID, _ int64) error {
	p.Sequence = t.Next()
	if err := t.Exec(insertResult, record.NewResultRow(p.Result, run).Record()...); err != nil {
		return err
	}
	return t.Exec("DELETE FROM in_flight WHERE run = ? AND line = ?", int64(run), int64(p.Line))
}

// packedVerified is a verification.
type packedVerified struct{ *store.Verified }

func (p packedVerified) enter(t *Tx, run store.RunID, _ int64) error {
	p.Sequence = t.Next()
	number, status, doc := record.Clean(p.Number), record.Clean(p.Status), record.Clean(string(p.Doc))
	return t.Exec("INSERT INTO verifications (sequence, run, line, number, status, doc, crc) VALUES (?, ?, ?, ?, ?, ?, ?)",
		int64(p.Sequence), int64(run), int64(p.Line), number, status, record.DocumentColumn(p.Doc),
		record.VerifiedSum(int64(p.Sequence), int64(run), int64(p.Line), number, status, doc))
}

// packedSkipped is a row that a rollback leaves.
type packedSkipped struct{ *store.Skipped }

func (p packedSkipped) enter(t *Tx, run store.RunID, _ int64) error {
	n, err := t.nextN("skipped", run)
	if err != nil {
		return err
	}
	number, doc := record.Clean(p.Number), record.Clean(string(p.Doc))
	return t.Exec("INSERT INTO skipped (run, n, line, number, doc, crc) VALUES (?, ?, ?, ?, ?, ?)",
		int64(run), n, int64(p.Line), number, record.DocumentColumn(p.Doc), record.SkippedSum(int64(run), n, int64(p.Line), number, doc))
}

// packedUnprotected ends a protection.
type packedUnprotected struct{ *store.Unprotected }

func (p packedUnprotected) enter(t *Tx, run store.RunID, _ int64) error {
	sequence := t.Next()
	doc := record.Clean(string(p.Doc))
	crc := record.UnprotectedSum(int64(sequence), int64(run), int64(p.Cutover), record.Micros(p.At), doc)
	return t.Exec("INSERT INTO unprotections (sequence, run, cutover, at, doc, crc) VALUES (?, ?, ?, ?, ?, ?)",
		int64(sequence), int64(run), int64(p.Cutover), record.Micros(p.At), record.DocumentColumn(p.Doc), crc)
}
