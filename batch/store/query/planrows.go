package query

import (
	"context"
	"database/sql"
	"iter"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/record"
)

const (
	// planPage is how many blocks of a plan are read at a time.
	planPage = 16
	// numbersPage is how many blocks' numbers are looked through at a time.
	numbersPage = 500
)

// planBlock is a block of a plan as it is kept.
type planBlock struct {
	n, from, to, rows, crc int64
	content                []byte
}

const (
	planColumns = "b.n, b.first_line, b.last_line, b.row_count, b.content, b.crc"
	planQuery   = "SELECT " + planColumns + " FROM plan_blocks b WHERE b.run = ?"
)

// columns are where planColumns are scanned to.
func (b *planBlock) columns() []any {
	return []any{&b.n, &b.from, &b.to, &b.rows, &b.content, &b.crc}
}

func scanPlan(rows *sql.Rows) (b planBlock, err error) {
	err = rows.Scan(b.columns()...)
	return b, err
}

// openPlan returns the rows of a block.
func openPlan(p *Pool, run store.RunID, name string, b planBlock) ([][]byte, error) {
	if b.crc != record.PlanSum(int64(run), b.n, b.from, b.to, b.rows, b.content) {
		return nil, p.Damage(name, "block %d of its plan", b.n)
	}
	raw, err := record.Expand(b.content)
	if err != nil {
		return nil, p.Damage(name, "block %d of its plan", b.n)
	}
	f, docs := record.Frames{Content: raw}, make([][]byte, 0, b.rows)
	for !f.Empty() {
		doc, err := f.Next()
		if err != nil {
			return nil, p.Damage(name, "block %d of its plan", b.n)
		}
		docs = append(docs, doc)
	}
	return docs, nil
}

// PlanRows gives what each row of a run would do.
func (s *Reader) PlanRows(ctx context.Context, run store.RunID) iter.Seq2[[]byte, error] {
	return each(ctx, s.pool, run, int64(0), func(name string, after int64) ([][]byte, int64, bool, error) {
		blocks, err := Read(ctx, s.pool, scanPlan, planQuery+" AND n > ? ORDER BY n LIMIT ?", int64(run), after, planPage)
		if err != nil {
			return nil, after, false, err
		}
		var docs [][]byte
		for _, b := range blocks {
			if b.n != after+1 {
				return nil, after, false, s.pool.Damage(name, "block %d of its plan (it is missing)", after+1)
			}
			more, err := openPlan(s.pool, run, name, b)
			if err != nil {
				return nil, after, false, err
			}
			docs, after = append(docs, more...), b.n
		}
		if len(blocks) < planPage {
			return docs, after, false, wholePlan(ctx, s.pool, run, name, after)
		}
		return docs, after, true, nil
	})
}

// wholePlan makes sure that a finished plan has all its blocks.
func wholePlan(ctx context.Context, p *Pool, run store.RunID, name string, last int64) error {
	ends, err := Read(ctx, p, func(rows *sql.Rows) (blocks int64, err error) {
		var crc int64
		if err := rows.Scan(&blocks, &crc); err != nil {
			return 0, err
		}
		if crc != record.PlanEndSum(int64(run), blocks) {
			return 0, p.Damage(name, "the end of its plan")
		}
		return blocks, nil
	}, "SELECT blocks, crc FROM plan_ends WHERE run = ?", int64(run))
	if err == nil && len(ends) == 1 && ends[0] > last {
		err = p.Damage(name, "its plan (%d blocks are missing)", ends[0]-last)
	}
	return err
}
