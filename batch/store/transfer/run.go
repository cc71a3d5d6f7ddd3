// Package transfer has the way of whole runs out of a store and into one, record by record as
// they stand in their tables: to an archive and back, or out of a damaged store.
package transfer

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/record"
	"github.com/bulknum/bulknum/batch/store/write"
)

// MovedRun is a run that comes from elsewhere, as it stood there.
type MovedRun struct {
	// Run has the columns of runsTable.
	Run     record.Record `json:"run"`
	Account store.Account `json:"account"`
	// Input is the input's number there, SHA256 its hash and Bytes its size.
	Input  int64  `json:"input"`
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
}

// ID is the number that the run had where it comes from.
func (m *MovedRun) ID() int64 { return m.Run.Int(0) }

// Name is the run's name.
func (m *MovedRun) Name() string { return m.Run.Text(2) }

// Whole reports whether it is as it was written.
func (m *MovedRun) Whole() bool { return m.Run[len(m.Run)-1] == any(m.sum()) }

// recordsOf gives the records of a table that a run has.
type recordsOf func(t *record.Table) iter.Seq2[[]record.Record, error]

// unseenFor is for how long a run that is being moved may be unseen: what is left
// of one that was cut off is removed then.
const unseenFor = 24 * time.Hour

// mover takes a run over. Nobody sees it until all of it is there.
type mover struct {
	w *write.Writer
	m *MovedRun
	// run, account and input are its numbers here.
	run, account, input int64
	// hasInput tells that its input is here already.
	hasInput bool
}

// Take takes a run over, with its sequences; its number stays, unless another run
// has it.
func Take(ctx context.Context, w *write.Writer, m *MovedRun, records recordsOf) (err error) {
	v := &mover{w: w, m: m}
	if err := w.Do(false, v.begin); err != nil {
		return v.untaken(err)
	}
	defer func() {
		if err != nil {
			v.undo(ctx)
		}
	}()
	if err := v.keepAll(ctx, &record.InputChunks, records); err != nil {
		return err
	}
	for _, t := range record.Tables {
		if err := v.keepAll(ctx, t, records); err != nil {
			return err
		}
	}
	return v.untaken(w.Do(false, v.end))
}

// untaken is an error of a run that cannot be taken over.
func (v *mover) untaken(err error) error {
	if err != nil && v.w.Dialect().Taken(err) {
		return fmt.Errorf("store %s: its place in the order is another's: %w", v.w.Place(), err)
	}
	return v.w.Unsaved(err)
}

// begin enters the run, unseen, and its input.
func (v *mover) begin(t *write.Tx) error {
	v.run, v.account, v.input, v.hasInput = 0, 0, 0, false // it may be done again
	if err := t.CheckName(v.m.Name()); err != nil {
		return err
	}
	a, err := t.AccountNamed(v.m.Account)
	if err != nil {
		return err
	}
	v.account = int64(a.ID)
	if err := v.findInput(t); err != nil {
		return err
	}
	if v.run, err = t.Unused("runs", v.m.ID()); err != nil {
		return err
	}
	if err := v.findOrigin(t); err != nil {
		return err
	}
	t.Reach(v.m.Run.Int(1))
	row := slices.Clone(v.m.Run)
	row[0], row[len(row)-1] = v.run, v.m.sum()
	if v.run == 0 {
		row[0] = nil
	}
	unseen := time.Now().Add(unseenFor).UnixMicro()
	id, err := t.Insert(&record.Runs, append(row, v.account, v.input, unseen), "account", "input", "deleted_at")
	v.run = id
	return err
}

// findInput looks whether an equal input is here, and else enters it.
func (v *mover) findInput(t *write.Tx) error {
	err := t.Row("SELECT id FROM inputs WHERE sha256 = ?", v.m.SHA256).Scan(&v.input)
	if v.hasInput = err == nil; v.hasInput || !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	id, err := t.Unused("inputs", v.m.Input)
	if err != nil {
		return err
	}
	v.input, err = t.InsertInput(id, v.m.Bytes)
	return err
}

// findOrigin leaves the number of the run that it rolls back to nobody else. Where
// one has it already that came later, it is not the one.
func (v *mover) findOrigin(t *write.Tx) error {
	origin := v.m.Run.Int(record.RollbackOf)
	if origin == 0 {
		return nil
	}
	var later int
	err := t.Row("SELECT count(*) FROM runs WHERE id = ? AND sequence > ?", origin, v.m.Run.Int(1)).Scan(&later)
	if err != nil {
		return err
	}
	if later > 0 {
		v.m.Run[record.RollbackOf] = nil
		return nil
	}
	return t.LeaveOut("runs", origin)
}

// keepAll takes the records of a table over.
func (v *mover) keepAll(ctx context.Context, t *record.Table, records recordsOf) error {
	for some, err := range records(t) {
		if err != nil {
			return err
		}
		if t == &record.InputChunks && v.hasInput {
			continue // it is here
		}
		if err := v.keep(t, some); err != nil {
			return v.untaken(err)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(movePause):
		}
	}
	return nil
}

// movePause lets others write between.
const movePause = time.Millisecond

// keep enters some records, under the numbers that the run has here.
func (v *mover) keep(table *record.Table, some []record.Record) error {
	query, place := table.Insert(), table.Column(table.Run)
	run := v.run
	if table == &record.InputChunks {
		run = v.input
	}
	return v.w.Do(false, func(t *write.Tx) error {
		for _, r := range some {
			row := slices.Clone(r)
			row[place] = run
			if table == &record.Intents {
				row[table.Column("account")] = v.account
			}
			if row.Int(place) != r.Int(place) {
				row[len(row)-1] = table.Sum(row)
			}
			if table.Columns[0] == "sequence" {
				t.Reach(row.Int(0))
			}
			if err := t.Exec(query, row...); err != nil {
				return err
			}
		}
		return nil
	})
}

// end makes the run be seen.
func (v *mover) end(t *write.Tx) error {
	if err := t.CheckName(v.m.Name()); err != nil {
		return err
	}
	if err := v.endInput(t); err != nil {
		return err
	}
	if err := t.Derive(v.run); err != nil {
		return err
	}
	if err := t.Exec("DELETE FROM removed WHERE run = ?", v.m.ID()); err != nil {
		return err
	}
	return t.Exec("UPDATE runs SET deleted_at = NULL WHERE id = ?", v.run)
}

// endInput makes what was taken over an input, unless an equal one has come
// meanwhile.
func (v *mover) endInput(t *write.Tx) error {
	if v.hasInput {
		return nil
	}
	var equal int64
	err := t.Row("SELECT id FROM inputs WHERE sha256 = ?", v.m.SHA256).Scan(&equal)
	if errors.Is(err, sql.ErrNoRows) {
		return t.Exec("UPDATE inputs SET sha256 = ? WHERE id = ?", v.m.SHA256, v.input)
	}
	if err == nil {
		err = t.Exec("UPDATE runs SET input = ? WHERE id = ?", equal, v.run)
	}
	if err != nil {
		return err
	}
	return t.DropInput(v.input)
}

// undo removes what was taken over by now. What cannot be is removed later.
func (v *mover) undo(ctx context.Context) {
	_ = v.w.Remove(context.WithoutCancel(ctx), v.run)
}

func (m *MovedRun) sum() int64 { return record.SumOfRun(m.Run, m.SHA256, m.Bytes) }
