package sqlite

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
	result     resultRow
}

// The intents of a number, each with the newest result of its row.
const writeColumns = `SELECT i.run, i.line, i.number, i.sequence, coalesce(i.at, 0), i.changes, i.crc, ` + resultColumns

const newestResult = ` LEFT JOIN results r ON r.sequence = (SELECT max(n.sequence) FROM results n WHERE n.run = i.run AND n.line = i.line)`

func scanWrite(rows *sql.Rows) (w writeRow, err error) {
	into := []any{&w.run, &w.line, &w.number, &w.intent, &w.at, &w.changes, &w.crc}
	return w, rows.Scan(append(into, w.result.columns()...)...)
}

// Writes gives what runs did to numbers, or may have done.
func (s *Store) Writes(ctx context.Context, f store.WriteFilter) iter.Seq2[store.Write, error] {
	return func(yield func(store.Write, error) bool) {
		q, err := s.newWriteQuery(ctx, f)
		if err != nil {
			yield(store.Write{}, err)
			return
		}
		if f.Numbers != nil {
			q.numbers(ctx, f.Numbers, yield)
			return
		}
		q.all(ctx, yield)
	}
}

// writeQuery is a filter on its way through the table.
type writeQuery struct {
	s         *Store
	condition string
	args      []any
	after     store.Sequence
	runs      map[store.RunID]store.Run
}

func (s *Store) newWriteQuery(ctx context.Context, f store.WriteFilter) (*writeQuery, error) {
	q := &writeQuery{s: s, after: f.After, runs: map[store.RunID]store.Run{}}
	if f.Account == 0 && f.Run == 0 {
		return nil, errNobody
	}
	account := f.Account
	if account != 0 {
		var err error
		if account, err = s.now(ctx, account); err != nil {
			return nil, err
		}
	}
	if f.Run != 0 {
		// The index of accounts finds a number quicker than the run's.
		if _, err := s.live(ctx, f.Run); err != nil {
			return nil, err
		}
		var of store.AccountID
		if err := s.reading.QueryRowContext(ctx, "SELECT account FROM runs WHERE id = ?", int64(f.Run)).Scan(&of); err != nil {
			return nil, s.unread(err)
		}
		if account == 0 {
			account = of
		}
		q.condition, q.args = " AND i.run = ?", []any{int64(f.Run)}
	}
	q.args = append([]any{int64(account)}, q.args...)
	if f.Except != 0 {
		q.condition, q.args = q.condition+" AND i.run <> ?", append(q.args, int64(f.Except))
	}
	runs, err := s.Runs(ctx, store.RunFilter{Account: account, Except: f.Except})
	for _, run := range runs {
		q.runs[run.ID] = run
	}
	return q, err
}

// numbers asks for some numbers, in their order.
func (q *writeQuery) numbers(ctx context.Context, numbers []string, yield func(store.Write, error) bool) {
	numbers = slices.Clone(numbers)
	for i := range numbers {
		numbers[i] = clean(numbers[i])
	}
	slices.Sort(numbers)
	for some := range slices.Chunk(slices.Compact(numbers), numbersAtATime) {
		list, err := json.Marshal(some)
		if err != nil {
			yield(store.Write{}, err)
			return
		}
		rows, err := read(ctx, q.s, scanWrite, writeColumns+" FROM json_each(?) j CROSS JOIN intents i ON i.account = ? AND i.number = j.value"+newestResult+
			" WHERE true"+q.condition+" ORDER BY i.number, i.sequence", append([]any{string(list)}, q.args...)...)
		if err != nil {
			yield(store.Write{}, err)
			return
		}
		if !q.give(rows, yield) {
			return
		}
	}
}

// all asks for all numbers, page by page, each number whole.
func (q *writeQuery) all(ctx context.Context, yield func(store.Write, error) bool) {
	number, after := "", int64(0)
	var rest []writeRow
	for {
		page, err := read(ctx, q.s, scanWrite, writeColumns+" FROM intents i INDEXED BY intents_number"+newestResult+
			" WHERE i.account = ?"+q.condition+" AND (i.number, i.sequence) > (?, ?) ORDER BY i.number, i.sequence LIMIT ?",
			append(slices.Clone(q.args), number, after, recordPage)...)
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
		if !q.give(rest[:whole], yield) {
			return
		}
		rest = slices.Clone(rest[whole:])
		if len(page) < recordPage {
			return
		}
	}
}

// give yields the writes of rows that are in the order of the numbers.
func (q *writeQuery) give(rows []writeRow, yield func(store.Write, error) bool) bool {
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
		if !ok || store.Sequence(w.intent) <= q.after {
			continue // deleted, or entered since
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
	if w.crc != intentSum(w.intent, int64(w.run), int64(w.line), w.at, w.number, w.changes) {
		return store.Write{}, q.s.damage(run.Name, "the intent of line %d", w.line)
	}
	made := store.Write{Run: run, Line: w.line, Number: w.number, Intent: store.Sequence(w.intent)}
	if err := json.Unmarshal([]byte(w.changes), &made.Changes); err != nil {
		return store.Write{}, q.s.damage(run.Name, "the intent of line %d", w.line)
	}
	if w.result.sequence != 0 && w.result.crc != w.result.sum() {
		return store.Write{}, q.s.damage(run.Name, "the result of line %d", w.line)
	}
	if w.result.sequence > w.intent {
		made.Status, made.Done, made.At = result.Status(w.result.status), store.Sequence(w.result.sequence), moment(w.result.at)
		return made, nil
	}
	made.Status, made.Done, made.At = result.Unknown, made.Intent, moment(w.at)
	return made, nil
}
