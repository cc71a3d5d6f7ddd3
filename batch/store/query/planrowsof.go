package query

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
	"github.com/bulknum/bulknum/batch/store/record"
)

// place is a block that has a number, on some of its rows.
type place struct {
	run  store.RunID
	n    int64
	rows []int
}

// PlanRowsOf gives the rows of one number, by run.
func (s *Reader) PlanRowsOf(ctx context.Context, f store.RunFilter, number string) iter.Seq2[store.RunRow, error] {
	return func(yield func(store.RunRow, error) bool) {
		runs, err := s.Runs(ctx, f)
		_, damaged := errors.AsType[*store.DamagedError](err)
		if err != nil && (!yield(store.RunRow{}, err) || !damaged) {
			return
		}
		search := planSearch{pool: s.pool, filter: f, code: record.NumberCode(record.Clean(number)), runs: map[store.RunID]store.Run{}}
		for _, run := range runs {
			search.runs[run.ID] = run
		}
		for more := true; more; {
			var places []place
			var broken []error
			places, broken, more, err = search.next(ctx)
			if err != nil {
				yield(store.RunRow{}, err)
				return
			}
			if !yieldErrors(broken, yield) || !search.yieldAll(ctx, places, yield) {
				return
			}
		}
	}
}

// planSearch looks for a number in the plans of some runs.
type planSearch struct {
	pool   *Pool
	filter store.RunFilter
	code   int64
	runs   map[store.RunID]store.Run
	// after is the block that was looked through last.
	after place
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

// yieldAll gives the rows at all places.
func (s *planSearch) yieldAll(ctx context.Context, places []place, yield func(store.RunRow, error) bool) bool {
	for some := range slices.Chunk(places, placePage) {
		if !s.yieldSome(ctx, some, yield) {
			return false
		}
	}
	return true
}

// placePage is how many blocks are read at a time to find one row in each.
const placePage = 128

// yieldSome gives the rows at some places. Unpacking takes longer than all else,
// so that every processor does its part.
func (s *planSearch) yieldSome(ctx context.Context, places []place, yield func(store.RunRow, error) bool) bool {
	blocks, err := s.blocksAt(ctx, places)
	if err != nil {
		return yield(store.RunRow{}, err) && false
	}
	docs, failed := make([][][]byte, len(places)), make([]error, len(places))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, p := range places {
		group.Go(func() error {
			docs[i], failed[i] = s.rowsAt(p, blocks)
			return nil
		})
	}
	_ = group.Wait() // each has its own error
	for i, p := range places {
		if failed[i] != nil && !yield(store.RunRow{Run: s.runs[p.run]}, failed[i]) {
			return false
		}
		for _, doc := range docs[i] {
			if !yield(store.RunRow{Run: s.runs[p.run], Row: doc}, nil) {
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
func (s *planSearch) blocksAt(ctx context.Context, places []place) (map[blockAt]planBlock, error) {
	pairs := make([][2]int64, len(places))
	for i, p := range places {
		pairs[i] = [2]int64{int64(p.run), p.n}
	}
	wanted, err := json.Marshal(pairs)
	if err != nil {
		return nil, err
	}
	found := make(map[blockAt]planBlock, len(places))
	_, err = Read(ctx, s.pool, func(rows *sql.Rows) (none struct{}, err error) {
		var run store.RunID
		var b planBlock
		err = rows.Scan(append([]any{&run}, b.columns()...)...)
		found[blockAt{run, b.n}] = b
		return none, err
	}, "SELECT b.run, "+planColumns+" FROM "+s.pool.Dialect.Pairs+" j JOIN plan_blocks b ON b.run = j.a AND b.n = j.b", string(wanted))
	return found, err
}

// rowsAt are the rows at a place.
func (s *planSearch) rowsAt(p place, blocks map[blockAt]planBlock) ([][]byte, error) {
	run := s.runs[p.run].Name
	block, ok := blocks[blockAt{p.run, p.n}]
	if !ok {
		return nil, s.pool.Damage(run, "block %d of its plan (it is missing)", p.n)
	}
	docs, err := openPlan(s.pool, p.run, run, block)
	if err != nil {
		return nil, err
	}
	rows := make([][]byte, len(p.rows))
	for i, row := range p.rows {
		if row >= len(docs) {
			return nil, s.pool.Damage(run, "block %d of its plan", p.n)
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

// next looks through a page of the blocks that the chosen runs have. Those that
// are damaged hide no others.
func (s *planSearch) next(ctx context.Context) (places []place, damaged []error, more bool, err error) {
	condition, args, err := s.pool.chosen(ctx, s.filter)
	if err != nil {
		return nil, nil, false, err
	}
	query := "SELECT b.run, b.n, b.numbers, b.crc FROM plan_numbers b"
	if condition != "" {
		query += " " + s.pool.Dialect.Then + " runs u ON u.id = b.run"
	}
	blocks, err := Read(ctx, s.pool, func(rows *sql.Rows) (b numbersOf, err error) {
		err = rows.Scan(&b.run, &b.n, &b.numbers, &b.crc)
		return b, err
	},
		query+" WHERE (b.run, b.n) > (?, ?)"+condition+" ORDER BY b.run, b.n LIMIT ?", append(append([]any{int64(s.after.run), s.after.n}, args...), numbersPage)...)
	if err != nil {
		return nil, nil, false, err
	}
	for _, b := range blocks {
		s.after = place{run: store.RunID(b.run), n: b.n}
		run, ok := s.runs[s.after.run]
		if !ok {
			continue // deleted, or entered since
		}
		rows, err := record.PlacesOf(b.numbers, s.code)
		if err != nil || b.crc != record.BlockSum(b.run, b.n, 0, b.numbers) {
			damaged = append(damaged, s.pool.Damage(run.Name, "the numbers of block %d of its plan", b.n))
			continue
		}
		if len(rows) > 0 {
			places = append(places, place{s.after.run, b.n, rows})
		}
	}
	return places, damaged, len(blocks) == numbersPage, nil
}
