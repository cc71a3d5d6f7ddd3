package query

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"iter"
	"slices"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/record"
)

// numbersAtATime is how many numbers one query asks for.
const numbersAtATime = 5_000

// errNobody is a filter that names neither an account nor a run.
var errNobody = errors.New("writes: of no account and no run")

// writeRow is an intent with the newest result of its row.
type writeRow struct {
	run        store.RunID
	line       int
	number     string
	intent, at int64
	changes    string
	crc        int64
	result     record.ResultRow
}

// The intents of a number, each with the newest result of its row.
const writeColumns = `SELECT i.run, i.line, i.number, i.sequence, coalesce(i.at, 0), i.changes, i.crc, ` + record.ResultColumns

const newestResult = ` LEFT JOIN results r ON r.sequence = (SELECT max(n.sequence) FROM results n WHERE n.run = i.run AND n.line = i.line)`

func scanWrite(rows *sql.Rows) (w writeRow, err error) {
	into := []any{&w.run, &w.line, &w.number, &w.intent, &w.at, &w.changes, &w.crc}
	err = rows.Scan(append(into, w.result.Columns()...)...)
	return w, err
}

// Writes gives what runs did to numbers, or may have done.
func (s *Reader) Writes(ctx context.Context, f store.WriteFilter) iter.Seq2[store.Write, error] {
	return func(yield func(store.Write, error) bool) {
		q, err := s.newWriteQuery(ctx, f)
		if err != nil {
			yield(store.Write{}, err)
			return
		}
		if f.Numbers != nil {
			q.numbers(ctx, f.Numbers, yield)
		} else {
			q.all(ctx, yield)
		}
	}
}

// writeQuery is a filter on its way through the table.
type writeQuery struct {
	pool    *Pool
	f       store.WriteFilter
	account store.AccountID
	runs    map[store.RunID]store.Run
}

func (s *Reader) newWriteQuery(ctx context.Context, f store.WriteFilter) (*writeQuery, error) {
	q := &writeQuery{pool: s.pool, f: f, account: f.Account, runs: map[store.RunID]store.Run{}}
	if f.Account == 0 && f.Run == 0 {
		return nil, errNobody
	}
	if f.Run != 0 {
		if _, err := s.pool.Live(ctx, f.Run); err != nil {
			return nil, err
		}
	}
	if f.Account == 0 {
		err := s.pool.Row(ctx, "SELECT account FROM runs WHERE id = ?", int64(f.Run)).Scan(&q.account)
		return q, s.pool.Unread(err)
	}
	var err error
	q.account, err = s.pool.now(ctx, f.Account)
	return q, err
}

// condition is what an intent i must be. Of a row's intents only the newest
// counts: it may as well be the only one that is read.
func (q *writeQuery) condition() (text string, args []any) {
	text, args = " AND i.account = ?", []any{int64(q.account)}
	add := func(condition string, arg int64) {
		if arg != 0 {
			text, args = text+condition, append(args, arg)
		}
	}
	add(" AND i.run = ?", int64(q.f.Run))
	add(" AND i.run <> ?", int64(q.f.Except))
	add(" AND i.sequence > ?", int64(q.f.After))
	return text, args
}

// numbers asks for some numbers, in their order.
func (q *writeQuery) numbers(ctx context.Context, numbers []string, yield func(store.Write, error) bool) {
	numbers = slices.Clone(numbers)
	for i := range numbers {
		numbers[i] = record.Clean(numbers[i])
	}
	slices.Sort(numbers)
	condition, args := q.condition()
	for some := range slices.Chunk(slices.Compact(numbers), numbersAtATime) {
		list, err := json.Marshal(some)
		if err != nil {
			yield(store.Write{}, err)
			return
		}
		d := q.pool.Dialect
		rows, err := Read(ctx, q.pool, scanWrite, writeColumns+" FROM "+d.Texts+" j "+d.Then+" intents i"+d.By("intents_number")+" ON i.number = j.value"+newestResult+
			" WHERE true"+condition+" ORDER BY i.number, i.sequence", append([]any{string(list)}, args...)...)
		if err != nil {
			yield(store.Write{}, err)
			return
		}
		if !q.give(ctx, rows, yield) {
			return
		}
	}
}

// all asks for all numbers.
func (q *writeQuery) all(ctx context.Context, yield func(store.Write, error) bool) {
	if q.f.After == 0 || q.f.Run != 0 {
		q.pages(ctx, yield)
		return
	}
	// Few were written since: they are found by when that was.
	numbers, err := Read(ctx, q.pool, One[string],
		"SELECT DISTINCT i.number FROM intents i"+q.pool.Dialect.By("")+" WHERE i.account = ? AND i.sequence > ?", int64(q.account), int64(q.f.After))
	if err != nil {
		yield(store.Write{}, err)
		return
	}
	q.numbers(ctx, numbers, yield)
}

// pages asks page by page, and gives each number whole.
func (q *writeQuery) pages(ctx context.Context, yield func(store.Write, error) bool) {
	index := "intents_number"
	if q.f.Run != 0 {
		index = "intents_run"
	}
	condition, args := q.condition()
	number, after := "", int64(0)
	var rest []writeRow
	for {
		page, err := Read(ctx, q.pool, scanWrite, writeColumns+" FROM intents i"+q.pool.Dialect.By(index)+newestResult+
			" WHERE true"+condition+" AND (i.number, i.sequence) > (?, ?) ORDER BY i.number, i.sequence LIMIT ?",
			append(slices.Clone(args), number, after, recordPage)...)
		if err != nil {
			yield(store.Write{}, err)
			return
		}
		rest = append(rest, page...)
		whole := len(rest)
		if len(page) == recordPage {
			last := page[len(page)-1]
			number, after = last.number, last.intent
			for whole > 0 && rest[whole-1].number == last.number {
				whole--
			}
		}
		if !q.give(ctx, rest[:whole], yield) || len(page) < recordPage {
			return
		}
		rest = slices.Clone(rest[whole:])
	}
}

// know reads the runs of rows that are not known yet. One that is not there was
// deleted.
func (q *writeQuery) know(ctx context.Context, rows []writeRow) error {
	var missing []int64
	for _, w := range rows {
		if _, ok := q.runs[w.run]; !ok && !slices.Contains(missing, int64(w.run)) {
			missing = append(missing, int64(w.run))
		}
	}
	if len(missing) == 0 {
		return nil
	}
	list, err := json.Marshal(missing)
	if err != nil {
		return err
	}
	runs, err := q.pool.Runs(ctx, " AND u.id IN (SELECT value FROM "+q.pool.Dialect.Integers+" j)", string(list))
	for _, run := range runs {
		q.runs[run.ID] = run
	}
	return err
}

// give yields the writes of rows that are in the order of the numbers.
func (q *writeQuery) give(ctx context.Context, rows []writeRow, yield func(store.Write, error) bool) bool {
	if err := q.know(ctx, rows); err != nil {
		yield(store.Write{}, err)
		return false
	}
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n].number == rows[0].number {
			n++
		}
		writes, err := q.ofNumber(rows[:n])
		if err != nil {
			yield(store.Write{}, err)
			return false
		}
		for _, w := range writes {
			if !yield(w, nil) {
				return false
			}
		}
		rows = rows[n:]
	}
	return true
}

// ofNumber makes writes of a number's intents: one for each row of a run.
func (q *writeQuery) ofNumber(rows []writeRow) ([]store.Write, error) {
	type row struct {
		run  store.RunID
		line int
	}
	newest := map[row]writeRow{}
	for _, w := range rows { // by sequence
		newest[row{w.run, w.line}] = w
	}
	var writes []store.Write
	for _, w := range newest {
		run, ok := q.runs[w.run]
		if !ok {
			continue
		}
		made, err := q.write(run, w)
		if err != nil {
			return nil, err
		}
		writes = append(writes, made)
	}
	slices.SortFunc(writes, func(a, b store.Write) int { return cmp.Compare(a.Done, b.Done) })
	return writes, nil
}

// write is a row's newest intent, with what became of it.
func (q *writeQuery) write(run store.Run, w writeRow) (store.Write, error) {
	if w.crc != record.IntentSum(w.intent, int64(w.run), int64(w.line), w.at, w.number, w.changes) {
		return store.Write{}, q.pool.Damage(run.Name, "the intent of line %d", w.line)
	}
	made := store.Write{Run: run, Line: w.line, Number: w.number, Intent: store.Sequence(w.intent)}
	if err := json.Unmarshal([]byte(w.changes), &made.Changes); err != nil {
		return store.Write{}, q.pool.Damage(run.Name, "the intent of line %d", w.line)
	}
	if w.result.Sequence != 0 && !w.result.Whole() {
		return store.Write{}, q.pool.Damage(run.Name, "the result of line %d", w.line)
	}
	if w.result.Sequence > w.intent {
		made.Status, made.Done, made.At = result.Status(w.result.Status), store.Sequence(w.result.Sequence), record.Moment(w.result.At)
		return made, nil
	}
	made.Status, made.Done, made.At = result.Unknown, made.Intent, record.Moment(w.at)
	return made, nil
}
