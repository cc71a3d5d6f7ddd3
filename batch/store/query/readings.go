package query

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"iter"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/record"
)

// blockPage is how many blocks of readings or requests are read at a time.
const blockPage = 16

// block is a block of readings or of requests.
type block struct {
	n, phase, crc int64
	content       []byte
}

func scanBlock(rows *sql.Rows) (b block, err error) {
	err = rows.Scan(&b.n, &b.phase, &b.content, &b.crc)
	return b, err
}

// blocks gives what the blocks of a table have, in order.
func blocks[T any](ctx context.Context, p *Pool, run store.RunID, what, query string, decode func(raw []byte) ([]T, error)) iter.Seq2[T, error] {
	return each(ctx, p, run, int64(0), func(name string, after int64) (items []T, next int64, more bool, err error) {
		page, err := Read(ctx, p, scanBlock, query+" WHERE run = ? AND n > ? ORDER BY n LIMIT ?", int64(run), after, blockPage)
		if err != nil {
			return nil, after, false, err
		}
		for _, b := range page {
			if b.crc != record.BlockSum(int64(run), b.n, b.phase, b.content) {
				return nil, after, false, p.Damage(name, what, b.n)
			}
			raw, err := record.Expand(b.content)
			if err != nil {
				return nil, after, false, p.Damage(name, what, b.n)
			}
			some, err := decode(raw)
			if err != nil {
				return nil, after, false, p.Damage(name, what, b.n)
			}
			items, after = append(items, some...), b.n
		}
		return items, after, len(page) == blockPage, nil
	})
}

// Readings gives what was read of numbers for a run. Those that are not wanted are
// not decoded.
func (s *Reader) Readings(ctx context.Context, run store.RunID, wanted func(number string) bool) iter.Seq2[store.Reading, error] {
	return blocks(ctx, s.pool, run, "block %d of its readings", "SELECT n, phase, content, crc FROM reading_blocks", func(raw []byte) (all []store.Reading, err error) {
		for line := range bytes.Lines(raw) {
			if wanted != nil && !wanted(numberIn(line)) {
				continue
			}
			var r store.Reading
			if err := json.Unmarshal(line, &r); err != nil {
				return nil, err
			}
			all = append(all, r)
		}
		return all, nil
	})
}

// numberIn is the number of a reading, which encoding/json has written; "": it has
// none.
func numberIn(line []byte) string {
	_, rest, found := bytes.Cut(line, []byte(`"number":"`))
	end := bytes.IndexByte(rest, '"')
	if !found || end < 0 {
		return ""
	}
	return string(rest[:end])
}

// Requests gives every attempt and wait.
func (s *Reader) Requests(ctx context.Context, run store.RunID) iter.Seq2[store.Request, error] {
	return blocks(ctx, s.pool, run, "block %d of its requests", "SELECT n, 0, content, crc FROM request_blocks", func(raw []byte) (all []store.Request, err error) {
		for f := (record.Frames{Content: raw}); !f.Empty(); {
			at, err1 := f.NextInt()
			doc, err2 := f.Next()
			if err := errors.Join(err1, err2); err != nil {
				return nil, err
			}
			r := store.Request{At: record.Moment(at)}
			if len(doc) > 0 {
				r.Doc = doc
			}
			all = append(all, r)
		}
		return all, nil
	})
}
