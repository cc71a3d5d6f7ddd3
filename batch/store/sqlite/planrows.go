package sqlite

import (
	"context"
	"database/sql"
	"iter"

	"github.com/bulknum/bulknum/batch/store"
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

const planQuery = "SELECT n, first_line, last_line, row_count, content, crc FROM plan_blocks WHERE run = ?"

func scanPlan(rows *sql.Rows) (b planBlock, err error) {
	err = rows.Scan(&b.n, &b.from, &b.to, &b.rows, &b.content, &b.crc)
	return b, err
}

// open returns the rows of a block.
func (s *Store) openPlan(run store.RunID, name string, b planBlock) ([][]byte, error) {
	if b.crc != planSum(int64(run), b.n, b.from, b.to, b.rows, b.content) {
		return nil, s.damage(name, "block %d of its plan", b.n)
	}
	raw, err := expand(b.content)
	if err != nil {
		return nil, s.damage(name, "block %d of its plan", b.n)
	}
	f, docs := frames{raw}, make([][]byte, 0, b.rows)
	for !f.empty() {
		doc, err := f.next()
		if err != nil {
			return nil, s.damage(name, "block %d of its plan", b.n)
		}
		docs = append(docs, doc)
	}
	return docs, nil
}

// PlanRows gives what each row of a run would do.
func (s *Store) PlanRows(ctx context.Context, run store.RunID) iter.Seq2[[]byte, error] {
	return each(ctx, s, run, int64(0), func(name string, after int64) ([][]byte, int64, bool, error) {
		blocks, err := read(ctx, s, scanPlan, planQuery+" AND n > ? ORDER BY n LIMIT ?", int64(run), after, planPage)
		if err != nil {
			return nil, after, false, err
		}
		var docs [][]byte
		for _, b := range blocks {
			if b.n != after+1 {
				return nil, after, false, s.damage(name, "block %d of its plan (it is missing)", after+1)
			}
			more, err := s.openPlan(run, name, b)
			if err != nil {
				return nil, after, false, err
			}
			docs, after = append(docs, more...), b.n
		}
		if len(blocks) < planPage {
			return docs, after, false, s.wholePlan(ctx, run, name, after)
		}
		return docs, after, true, nil
	})
}

// wholePlan makes sure that a finished plan has all its blocks.
func (s *Store) wholePlan(ctx context.Context, run store.RunID, name string, last int64) error {
	ends, err := read(ctx, s, func(rows *sql.Rows) (blocks int64, err error) {
		var crc int64
		if err := rows.Scan(&blocks, &crc); err != nil {
			return 0, err
		}
		if crc != new(checksum).int(int64(run), blocks).sum() {
			return 0, s.damage(name, "the end of its plan")
		}
		return blocks, nil
	}, "SELECT blocks, crc FROM plan_ends WHERE run = ?", int64(run))
	if err == nil && len(ends) == 1 && ends[0] > last {
		err = s.damage(name, "its plan (%d blocks are missing)", ends[0]-last)
	}
	return err
}

// place is a block that has a number, on some of its rows.
type place struct {
	run  store.RunID
	n    int64
	rows []int
}

// PlanRowsOf gives the rows of one number, by run.
func (s *Store) PlanRowsOf(ctx context.Context, f store.RunFilter, number string) iter.Seq2[store.RunRow, error] {
	return func(yield func(store.RunRow, error) bool) {
		runs, err := s.Runs(ctx, f)
		if err != nil {
			yield(store.RunRow{}, err)
			return
		}
		code, byID := numberCode(clean(number)), map[store.RunID]store.Run{}
		for _, run := range runs {
			byID[run.ID] = run
		}
		for after, more := (place{}), true; more; {
			var places []place
			places, after, more, err = s.places(ctx, f, code, byID, after)
			if err != nil {
				yield(store.RunRow{}, err)
				return
			}
			for _, p := range places {
				if !s.yieldRows(ctx, byID[p.run], p, yield) {
					return
				}
			}
		}
	}
}

// yieldRows gives the rows at a place.
func (s *Store) yieldRows(ctx context.Context, run store.Run, p place, yield func(store.RunRow, error) bool) bool {
	blocks, err := read(ctx, s, scanPlan, planQuery+" AND n = ?", int64(p.run), p.n)
	if err == nil && len(blocks) == 0 {
		err = s.damage(run.Name, "block %d of its plan (it is missing)", p.n)
	}
	var docs [][]byte
	if err == nil {
		docs, err = s.openPlan(p.run, run.Name, blocks[0])
	}
	if err != nil {
		yield(store.RunRow{}, err)
		return false
	}
	for _, row := range p.rows {
		if row >= len(docs) {
			yield(store.RunRow{}, s.damage(run.Name, "block %d of its plan", p.n))
			return false
		}
		if !yield(store.RunRow{Run: run, Row: docs[row]}, nil) {
			return false
		}
	}
	return true
}

// numbersOf are the numbers of a block.
type numbersOf struct {
	run, n, crc int64
	numbers     []byte
}

// places looks through a page of the blocks that the chosen runs have.
func (s *Store) places(ctx context.Context, f store.RunFilter, code int64, runs map[store.RunID]store.Run, after place) (places []place, next place, more bool, err error) {
	condition, args, err := s.chosen(ctx, f)
	if err != nil {
		return nil, after, false, err
	}
	query := "SELECT b.run, b.n, b.numbers, b.crc FROM plan_numbers b"
	if condition != "" {
		query += " CROSS JOIN runs u ON u.id = b.run"
	}
	blocks, err := read(ctx, s, func(rows *sql.Rows) (b numbersOf, err error) {
		err = rows.Scan(&b.run, &b.n, &b.numbers, &b.crc)
		return b, err
	},
		query+" WHERE (b.run, b.n) > (?, ?)"+condition+" ORDER BY b.run, b.n LIMIT ?", append(append([]any{int64(after.run), after.n}, args...), numbersPage)...)
	if err != nil {
		return nil, after, false, err
	}
	for _, b := range blocks {
		after = place{run: store.RunID(b.run), n: b.n}
		run, ok := runs[after.run]
		if !ok {
			continue // deleted, or entered since
		}
		if b.crc != blockSum(b.run, b.n, 0, b.numbers) {
			return nil, after, false, s.damage(run.Name, "the numbers of block %d of its plan", b.n)
		}
		rows, err := placesOf(b.numbers, code)
		if err != nil {
			return nil, after, false, s.damage(run.Name, "the numbers of block %d of its plan", b.n)
		}
		if len(rows) > 0 {
			places = append(places, place{after.run, b.n, rows})
		}
	}
	return places, after, len(blocks) == numbersPage, nil
}
