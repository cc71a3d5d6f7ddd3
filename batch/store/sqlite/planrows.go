package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"iter"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite/record"
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
func (s *Store) openPlan(run store.RunID, name string, b planBlock) ([][]byte, error) {
	if b.crc != record.PlanSum(int64(run), b.n, b.from, b.to, b.rows, b.content) {
		return nil, s.damage(name, "block %d of its plan", b.n)
	}
	raw, err := record.Expand(b.content)
	if err != nil {
		return nil, s.damage(name, "block %d of its plan", b.n)
	}
	f, docs := record.Frames{Content: raw}, make([][]byte, 0, b.rows)
	for !f.Empty() {
		doc, err := f.Next()
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
		if crc != record.PlanEndSum(int64(run), blocks) {
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
		_, damaged := errors.AsType[*store.DamagedError](err)
		if err != nil && (!yield(store.RunRow{}, err) || !damaged) {
			return
		}
		code, byID := record.NumberCode(record.Clean(number)), map[store.RunID]store.Run{}
		for _, run := range runs {
			byID[run.ID] = run
		}
		for after, more := (place{}), true; more; {
			var places []place
			var broken []error
			places, broken, after, more, err = s.places(ctx, f, code, byID, after)
			if err != nil {
				yield(store.RunRow{}, err)
				return
			}
			if !yieldErrors(broken, yield) || !s.yieldPages(ctx, byID, places, yield) {
				return
			}
		}
	}
}

// yieldErrors gives what could not be read.
func yieldErrors(broken []error, yield func(store.RunRow, error) bool) bool {
	for _, err := range broken {
		if !yield(store.RunRow{}, err) {
			return false
		}
	}
	return true
}

// yieldPages gives the rows at all places.
func (s *Store) yieldPages(ctx context.Context, runs map[store.RunID]store.Run, places []place, yield func(store.RunRow, error) bool) bool {
	for some := range slices.Chunk(places, placePage) {
		if !s.yieldPlaces(ctx, runs, some, yield) {
			return false
		}
	}
	return true
}

// placePage is how many blocks are read at a time to find one row in each.
const placePage = 128

// yieldPlaces gives the rows at some places. Unpacking takes longer than all else,
// so that every processor does its part.
func (s *Store) yieldPlaces(ctx context.Context, runs map[store.RunID]store.Run, places []place, yield func(store.RunRow, error) bool) bool {
	blocks, err := s.blocksAt(ctx, places)
	if err != nil {
		return yield(store.RunRow{}, err) && false
	}
	docs, failed := make([][][]byte, len(places)), make([]error, len(places))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, p := range places {
		group.Go(func() error {
			docs[i], failed[i] = s.rowsAt(runs[p.run].Name, p, blocks)
			return nil
		})
	}
	_ = group.Wait() // each has its own error
	for i, p := range places {
		if failed[i] != nil && !yield(store.RunRow{Run: runs[p.run]}, failed[i]) {
			return false
		}
		for _, doc := range docs[i] {
			if !yield(store.RunRow{Run: runs[p.run], Row: doc}, nil) {
				return false
			}
		}
	}
	return true
}

// blockAt is where a block of a plan is.
type blockAt struct {
	run store.RunID
	n   int64
}

// blocksAt reads the blocks at some places.
func (s *Store) blocksAt(ctx context.Context, places []place) (map[blockAt]planBlock, error) {
	pairs := make([][2]int64, len(places))
	for i, p := range places {
		pairs[i] = [2]int64{int64(p.run), p.n}
	}
	wanted, err := json.Marshal(pairs)
	if err != nil {
		return nil, err
	}
	found := make(map[blockAt]planBlock, len(places))
	_, err = read(ctx, s, func(rows *sql.Rows) (none struct{}, err error) {
		var run store.RunID
		var b planBlock
		err = rows.Scan(append([]any{&run}, b.columns()...)...)
		found[blockAt{run, b.n}] = b
		return none, err
	}, "SELECT b.run, "+planColumns+" FROM json_each(?) j JOIN plan_blocks b ON b.run = j.value ->> 0 AND b.n = j.value ->> 1", string(wanted))
	return found, err
}

// rowsAt are the rows at a place.
func (s *Store) rowsAt(run string, p place, blocks map[blockAt]planBlock) ([][]byte, error) {
	block, ok := blocks[blockAt{p.run, p.n}]
	if !ok {
		return nil, s.damage(run, "block %d of its plan (it is missing)", p.n)
	}
	docs, err := s.openPlan(p.run, run, block)
	if err != nil {
		return nil, err
	}
	rows := make([][]byte, len(p.rows))
	for i, row := range p.rows {
		if row >= len(docs) {
			return nil, s.damage(run, "block %d of its plan", p.n)
		}
		rows[i] = docs[row]
	}
	return rows, nil
}

// numbersOf are the numbers of a block.
type numbersOf struct {
	run, n, crc int64
	numbers     []byte
}

// places looks through a page of the blocks that the chosen runs have. Those that
// are damaged hide no others.
func (s *Store) places(ctx context.Context, f store.RunFilter, code int64, runs map[store.RunID]store.Run, after place) (places []place, damaged []error, next place, more bool, err error) {
	condition, args, err := s.chosen(ctx, f)
	if err != nil {
		return nil, nil, after, false, err
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
		return nil, nil, after, false, err
	}
	for _, b := range blocks {
		after = place{run: store.RunID(b.run), n: b.n}
		run, ok := runs[after.run]
		if !ok {
			continue // deleted, or entered since
		}
		rows, err := record.PlacesOf(b.numbers, code)
		if err != nil || b.crc != record.BlockSum(b.run, b.n, 0, b.numbers) {
			damaged = append(damaged, s.damage(run.Name, "the numbers of block %d of its plan", b.n))
			continue
		}
		if len(rows) > 0 {
			places = append(places, place{after.run, b.n, rows})
		}
	}
	return places, damaged, after, len(blocks) == numbersPage, nil
}
