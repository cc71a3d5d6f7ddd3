package query

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/record"
)

// RowFacts is what is known of some rows, be they of many runs.
func (s *Reader) RowFacts(ctx context.Context, rows []store.RowOf) (map[store.RowOf]store.RowFacts, error) {
	facts := make(map[store.RowOf]store.RowFacts, len(rows))
	wanted, err := json.Marshal(pairsOf(rows))
	if err != nil {
		return nil, err
	}
	steps, err := s.stepsOf(ctx, rows)
	if err != nil {
		return nil, err
	}
	for _, of := range rows {
		facts[of] = store.RowFacts{Steps: steps[of.Run].steps, Err: steps[of.Run].err}
	}
	if err := s.addResults(ctx, string(wanted), facts); err != nil {
		return nil, err
	}
	return facts, s.addVerified(ctx, string(wanted), facts)
}

// pairsOf are rows as the database reads them.
func pairsOf(rows []store.RowOf) [][2]int64 {
	pairs := make([][2]int64, len(rows))
	for i, of := range rows {
		pairs[i] = [2]int64{int64(of.Run), int64(of.Line)}
	}
	return pairs
}

// runSteps are the steps of a run, or why they cannot be read.
type runSteps struct {
	steps []store.Milestone
	err   error
}

// stepsOf are the beginnings and ends of the runs that have the rows, and the answers that came late.
func (s *Reader) stepsOf(ctx context.Context, rows []store.RowOf) (map[store.RunID]runSteps, error) {
	runs := []int64{} // not nil, which is no list
	found := map[store.RunID]runSteps{}
	for _, of := range rows {
		if _, twice := found[of.Run]; !twice {
			found[of.Run] = runSteps{}
			runs = append(runs, int64(of.Run))
		}
	}
	wanted, err := json.Marshal(runs)
	if err != nil {
		return nil, err
	}
	_, err = Read(ctx, s.pool, func(rows *sql.Rows) (none struct{}, err error) {
		var run store.RunID
		var name string
		m, off, err := scanStep(rows, &run, &name)
		if err != nil {
			return none, err
		}
		of := found[run]
		if of.steps = append(of.steps, m); off != 0 {
			of.err = s.pool.Damage(name, "milestone %s", m.Kind)
		}
		found[run] = of
		return none, nil
	}, `SELECT m.run, r.name, m.sequence, m.kind, coalesce(m.at, 0), m.doc, m.crc FROM `+s.pool.Dialect.Integers+` j
		JOIN milestones m ON m.run = j.value AND m.kind IN ('began', 'end', 'late') JOIN runs r ON r.id = m.run ORDER BY m.run, m.sequence`, string(wanted))
	return found, err
}

func scanStep(rows *sql.Rows, run *store.RunID, name *string) (m store.Milestone, off int64, err error) {
	var at, crc int64
	var doc sql.NullString
	if err := rows.Scan(run, name, &m.Sequence, &m.Kind, &at, &doc, &crc); err != nil {
		return m, 0, err
	}
	m.At, m.Doc = record.Moment(at), record.Document(doc)
	return m, crc ^ record.MilestoneSum(int64(m.Sequence), int64(*run), at, string(m.Kind), doc.String, nil), nil
}

// addResults adds the newest results.
func (s *Reader) addResults(ctx context.Context, wanted string, facts map[store.RowOf]store.RowFacts) error {
	_, err := Read(ctx, s.pool, func(rows *sql.Rows) (none struct{}, err error) {
		var r record.ResultRow
		var name string
		if err := rows.Scan(append(r.Columns(), &name)...); err != nil {
			return none, err
		}
		of := store.RowOf{Run: store.RunID(r.Run), Line: int(r.Line)}
		t, result := facts[of], r.Result()
		if t.Result = &result; !r.Whole() {
			t.Err = s.pool.Damage(name, "the result of line %d", r.Line)
		}
		facts[of] = t
		return none, nil
	}, "SELECT "+record.ResultColumns+`, u.name FROM `+s.pool.Dialect.Pairs+` j JOIN results r ON r.run = j.a AND r.line = j.b
		AND r.sequence = (SELECT max(n.sequence) FROM results n WHERE n.run = r.run AND n.line = r.line) JOIN runs u ON u.id = r.run`, wanted)
	return err
}

// addVerified adds the last verifications.
func (s *Reader) addVerified(ctx context.Context, wanted string, facts map[store.RowOf]store.RowFacts) error {
	_, err := Read(ctx, s.pool, func(rows *sql.Rows) (none struct{}, err error) {
		v, run, whole, err := scanVerified(rows)
		if err != nil {
			return none, err
		}
		of := store.RowOf{Run: run, Line: v.Line}
		t := facts[of]
		if t.Verified = &v; !whole {
			name, err := s.pool.Live(ctx, run)
			if err != nil {
				return none, err
			}
			t.Err = s.pool.Damage(name, "the verification of line %d", v.Line)
		}
		facts[of] = t
		return none, nil
	}, "SELECT "+verifiedColumns+` FROM `+s.pool.Dialect.Pairs+` j JOIN verifications v ON v.run = j.a AND v.line = j.b
		AND v.sequence = (SELECT max(n.sequence) FROM verifications n WHERE n.run = v.run AND n.line = v.line)`, wanted)
	return err
}
