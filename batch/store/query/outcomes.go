package query

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"iter"
	"math"
	"strconv"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/record"
)

const (
	// outcomePage is how many rows are read at a time where each is small, and
	// recordPage where it is not.
	outcomePage, recordPage = 20_000, 2_000
)

// Outcomes gives how every row stands that was sent or concluded. A row whose
// newest intent has no result is [result.Unknown].
func (s *Reader) Outcomes(ctx context.Context, run store.RunID) iter.Seq2[store.Outcome, error] {
	return each(ctx, s.pool, run, -1, func(name string, after int) (outcomes []store.Outcome, last int, more bool, err error) {
		var open []int
		var done []store.Outcome
		err = s.pool.snapshot(ctx, func(tx *sql.Tx) (err error) {
			if open, err = s.openLines(ctx, tx, run, after); err == nil {
				done, err = s.concluded(ctx, tx, run, after)
			}
			return err
		})
		if errors.Is(err, record.ErrEncoding) {
			err = s.pool.Damage(name, "a result after line %d", after)
		}
		if err != nil {
			return nil, after, false, s.pool.Unread(err)
		}
		outcomes, more = mergeOutcomes(open, done)
		if more {
			after = outcomes[len(outcomes)-1].Line
		}
		return outcomes, after, more, nil
	})
}

// openLines are the rows whose newest intent has no result.
func (s *Reader) openLines(ctx context.Context, tx *sql.Tx, run store.RunID, after int) ([]int, error) {
	return RowsOf(ctx, tx, One[int],
		s.pool.Dialect.Bind("SELECT line FROM in_flight WHERE run = ? AND line > ? ORDER BY line LIMIT ?"), int64(run), after, outcomePage)
}

// concluded are the newest results of a page of rows. The database puts them together,
// because handing over each takes longer than finding it.
func (s *Reader) concluded(ctx context.Context, tx *sql.Tx, run store.RunID, after int) ([]store.Outcome, error) {
	var packed []byte
	d := s.pool.Dialect
	err := tx.QueryRowContext(ctx, d.Bind(`SELECT string_agg(line || ' ' || status, ' ') FROM
		(`+d.NewestOfLine+` FROM results WHERE run = ? AND line > ? `+d.LineByLine+` LIMIT ?) newest`),
		int64(run), after, outcomePage).Scan(&packed)
	if err != nil || len(packed) == 0 {
		return nil, err
	}
	return unpackOutcomes(packed)
}

// unpackOutcomes reads "2 updated 3 failed".
func unpackOutcomes(packed []byte) ([]store.Outcome, error) {
	outcomes := make([]store.Outcome, 0, bytes.Count(packed, []byte{' '})/2+1)
	for more := true; more; {
		var line, status []byte
		line, packed, _ = bytes.Cut(packed, []byte{' '})
		status, packed, more = bytes.Cut(packed, []byte{' '})
		n, err := strconv.Atoi(string(line))
		if err != nil {
			return nil, record.ErrEncoding
		}
		known := statusOf(status)
		if known == "" || len(outcomes) > 0 && outcomes[len(outcomes)-1].Line >= n {
			return nil, record.ErrEncoding
		}
		outcomes = append(outcomes, store.Outcome{Line: n, Status: known})
	}
	return outcomes, nil
}

// statusOf is a status by its word; "": there is none.
func statusOf(word []byte) result.Status {
	for _, status := range statuses {
		if string(word) == string(status) {
			return status
		}
	}
	return ""
}

var statuses = result.Statuses()

// mergeOutcomes puts together a page of both, up to the line to which both are
// known.
func mergeOutcomes(open []int, done []store.Outcome) (outcomes []store.Outcome, more bool) {
	last := math.MaxInt
	if len(open) == outcomePage {
		last, more = open[len(open)-1], true
	}
	if len(done) == outcomePage {
		last, more = min(last, done[len(done)-1].Line), true
	}
	outcomes = make([]store.Outcome, 0, len(done)+len(open))
	for len(open) > 0 || len(done) > 0 {
		var o store.Outcome
		if len(done) == 0 || len(open) > 0 && open[0] <= done[0].Line {
			o = store.Outcome{Line: open[0], Status: result.Unknown, Open: true}
			if open = open[1:]; len(done) > 0 && done[0].Line == o.Line {
				done = done[1:]
			}
		} else {
			o, done = done[0], done[1:]
		}
		if o.Line > last {
			break
		}
		outcomes = append(outcomes, o)
	}
	return outcomes, more
}

// Results gives the newest results of the rows on some lines.
func (s *Reader) Results(ctx context.Context, run store.RunID, from, to int) ([]store.Result, error) {
	name, err := s.pool.Live(ctx, run)
	if err != nil {
		return nil, err
	}
	var all []store.Result
	for after := from - 1; ; {
		page, err := Read(ctx, s.pool, func(rows *sql.Rows) (store.Result, error) { return s.scanResult(rows, name) },
			"SELECT "+record.ResultColumns+` FROM results r WHERE r.run = ? AND r.line > ? AND r.line <= ?
			AND r.sequence = (SELECT max(n.sequence) FROM results n WHERE n.run = r.run AND n.line = r.line) ORDER BY r.line LIMIT ?`,
			int64(run), after, to, recordPage)
		if err != nil {
			return nil, err
		}
		if len(all) == 0 {
			all = page // as nearly always
		} else {
			all = append(all, page...)
		}
		if len(page) < recordPage {
			return all, nil
		}
		after = page[len(page)-1].Line
	}
}

func (s *Reader) scanResult(rows *sql.Rows, run string) (store.Result, error) {
	var r record.ResultRow
	if err := rows.Scan(r.Columns()...); err != nil {
		return store.Result{}, err
	}
	if !r.Whole() {
		return store.Result{}, s.pool.Damage(run, "the result of line %d", r.Line)
	}
	return r.Result(), nil
}

// Verified gives the last reading of each row's number after it was sent.
func (s *Reader) Verified(ctx context.Context, run store.RunID) iter.Seq2[store.Verified, error] {
	return each(ctx, s.pool, run, -1, func(name string, after int) ([]store.Verified, int, bool, error) {
		page, err := Read(ctx, s.pool, func(rows *sql.Rows) (v store.Verified, err error) {
			v, _, whole, err := scanVerified(rows)
			if err == nil && !whole {
				err = s.pool.Damage(name, "the verification of line %d", v.Line)
			}
			return v, err
		}, "SELECT "+verifiedColumns+` FROM verifications v WHERE v.run = ? AND v.line > ?
			AND v.sequence = (SELECT max(n.sequence) FROM verifications n WHERE n.run = v.run AND n.line = v.line) ORDER BY v.line LIMIT ?`,
			int64(run), after, recordPage)
		if err == nil && len(page) > 0 {
			after = page[len(page)-1].Line
		}
		return page, after, len(page) == recordPage, err
	})
}

const verifiedColumns = "v.run, v.sequence, v.line, v.number, v.status, v.doc, v.crc"

// scanVerified reads a verification; whole tells that it is as it was written.
func scanVerified(rows *sql.Rows) (v store.Verified, run store.RunID, whole bool, err error) {
	var doc sql.NullString
	var crc int64
	if err := rows.Scan(&run, &v.Sequence, &v.Line, &v.Number, &v.Status, &doc, &crc); err != nil {
		return v, run, false, err
	}
	v.Doc = record.Document(doc)
	return v, run, crc == record.VerifiedSum(int64(v.Sequence), int64(run), int64(v.Line), v.Number, v.Status, doc.String), nil
}

// Skipped are the rows of another run that a rollback leaves as they are.
func (s *Reader) Skipped(ctx context.Context, run store.RunID) ([]store.Skipped, error) {
	name, err := s.pool.Live(ctx, run)
	if err != nil {
		return nil, err
	}
	return Read(ctx, s.pool, func(rows *sql.Rows) (k store.Skipped, err error) {
		var n, crc int64
		var doc sql.NullString
		if err := rows.Scan(&n, &k.Line, &k.Number, &doc, &crc); err != nil {
			return k, err
		}
		if crc != record.SkippedSum(int64(run), n, int64(k.Line), k.Number, doc.String) {
			return k, s.pool.Damage(name, "the skipped row of line %d", k.Line)
		}
		k.Doc = record.Document(doc)
		return k, nil
	}, "SELECT n, line, number, doc, crc FROM skipped WHERE run = ? ORDER BY n", int64(run))
}
