package sqlite

import (
	"context"
	"database/sql"
	"iter"
	"slices"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
)

const (
	// outcomePage is how many rows are read at a time where each is small, and
	// recordPage where it is not.
	outcomePage, recordPage = 20_000, 2_000
)

// standing is the newest result of a row, or an intent without one.
type standing struct {
	line     int
	sequence int64
	status   result.Status
}

// Outcomes gives how every row stands that was sent or concluded. A row whose
// newest intent has no result is [result.Unknown].
func (s *Store) Outcomes(ctx context.Context, run store.RunID) iter.Seq2[store.Outcome, error] {
	return each(ctx, s, run, -1, func(_ string, after int) ([]store.Outcome, int, bool, error) {
		// The intents first: a result that comes in between is newer, and is seen.
		open, err := read(ctx, s, func(rows *sql.Rows) (o standing, err error) { return o, rows.Scan(&o.line, &o.sequence) },
			"SELECT line, sequence FROM in_flight WHERE run = ? AND line > ? ORDER BY line LIMIT ?", int64(run), after, outcomePage)
		if err != nil {
			return nil, after, false, err
		}
		done, err := read(ctx, s, func(rows *sql.Rows) (o standing, err error) { return o, rows.Scan(&o.line, &o.sequence, &o.status) },
			"SELECT line, max(sequence), status FROM results WHERE run = ? AND line > ? GROUP BY line ORDER BY line LIMIT ?", int64(run), after, outcomePage)
		if err != nil {
			return nil, after, false, err
		}
		outcomes, last, more := mergeOutcomes(open, done)
		if more {
			after = last
		}
		return outcomes, after, more, nil
	})
}

// mergeOutcomes puts together a page of both, up to the line to which both are
// known.
func mergeOutcomes(open, done []standing) (outcomes []store.Outcome, last int, more bool) {
	until := func(page []standing) (line int, whole bool) {
		if len(page) < outcomePage {
			return 0, true
		}
		return page[len(page)-1].line, false
	}
	last1, whole1 := until(open)
	last2, whole2 := until(done)
	switch {
	case whole1 && whole2:
	case whole1:
		last, more = last2, true
	case whole2:
		last, more = last1, true
	default:
		last, more = min(last1, last2), true
	}
	outcomes = make([]store.Outcome, 0, len(done)+len(open))
	for len(open) > 0 || len(done) > 0 {
		var o store.Outcome
		switch {
		case len(done) == 0 || len(open) > 0 && open[0].line < done[0].line:
			o, open = store.Outcome{Line: open[0].line, Status: result.Unknown, Open: true}, open[1:]
		case len(open) > 0 && open[0].line == done[0].line:
			o = store.Outcome{Line: done[0].line, Status: done[0].status}
			if open[0].sequence > done[0].sequence {
				o.Status, o.Open = result.Unknown, true
			}
			open, done = open[1:], done[1:]
		default:
			o, done = store.Outcome{Line: done[0].line, Status: done[0].status}, done[1:]
		}
		if more && o.Line > last {
			break
		}
		outcomes = append(outcomes, o)
	}
	return outcomes, last, more
}

// Results gives the newest results of the rows on some lines.
func (s *Store) Results(ctx context.Context, run store.RunID, from, to int) ([]store.Result, error) {
	name, err := s.live(ctx, run)
	if err != nil {
		return nil, err
	}
	var all []store.Result
	for after := from - 1; ; {
		page, err := read(ctx, s, func(rows *sql.Rows) (store.Result, error) { return s.scanResult(rows, name) },
			"SELECT "+resultColumns+` FROM results r WHERE r.run = ? AND r.line > ? AND r.line <= ?
			AND r.sequence = (SELECT max(n.sequence) FROM results n WHERE n.run = r.run AND n.line = r.line) ORDER BY r.line LIMIT ?`,
			int64(run), after, to, recordPage)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if len(page) < recordPage {
			return slices.Clip(all), nil
		}
		after = page[len(page)-1].Line
	}
}

func (s *Store) scanResult(rows *sql.Rows, run string) (store.Result, error) {
	var r resultRow
	if err := rows.Scan(r.columns()...); err != nil {
		return store.Result{}, err
	}
	if r.crc != r.sum() {
		return store.Result{}, s.damage(run, "the result of line %d", r.line)
	}
	return r.result(), nil
}

// Verified gives the last reading of each row's number after it was sent.
func (s *Store) Verified(ctx context.Context, run store.RunID) iter.Seq2[store.Verified, error] {
	return each(ctx, s, run, -1, func(name string, after int) ([]store.Verified, int, bool, error) {
		page, err := read(ctx, s, func(rows *sql.Rows) (v store.Verified, err error) {
			var doc sql.NullString
			var crc int64
			if err := rows.Scan(&v.Sequence, &v.Line, &v.Number, &v.Status, &doc, &crc); err != nil {
				return v, err
			}
			if crc != verifiedSum(int64(v.Sequence), int64(run), int64(v.Line), v.Number, v.Status, doc.String) {
				return v, s.damage(name, "the verification of line %d", v.Line)
			}
			v.Doc = document(doc)
			return v, nil
		}, `SELECT v.sequence, v.line, v.number, v.status, v.doc, v.crc FROM verifications v WHERE v.run = ? AND v.line > ?
			AND v.sequence = (SELECT max(n.sequence) FROM verifications n WHERE n.run = v.run AND n.line = v.line) ORDER BY v.line LIMIT ?`,
			int64(run), after, recordPage)
		if err == nil && len(page) > 0 {
			after = page[len(page)-1].Line
		}
		return page, after, len(page) == recordPage, err
	})
}

// Skipped are the rows of another run that a rollback leaves as they are.
func (s *Store) Skipped(ctx context.Context, run store.RunID) ([]store.Skipped, error) {
	name, err := s.live(ctx, run)
	if err != nil {
		return nil, err
	}
	return read(ctx, s, func(rows *sql.Rows) (k store.Skipped, err error) {
		var n, crc int64
		var doc sql.NullString
		if err := rows.Scan(&n, &k.Line, &k.Number, &doc, &crc); err != nil {
			return k, err
		}
		if crc != skippedSum(int64(run), n, int64(k.Line), k.Number, doc.String) {
			return k, s.damage(name, "the skipped row of line %d", k.Line)
		}
		k.Doc = document(doc)
		return k, nil
	}, "SELECT n, line, number, doc, crc FROM skipped WHERE run = ? ORDER BY n", int64(run))
}
