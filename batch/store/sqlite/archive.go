package sqlite

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite/query"
	"github.com/bulknum/bulknum/batch/store/sqlite/record"
)

// exported is the first line of a run that was taken out of its store. A line for
// each record follows, and one that says how many there were.
type exported struct {
	// Format is [exportFormat]; a later one is not known.
	Format int    `json:"format"`
	Store  string `json:"store"`
	movedRun
}

const exportFormat = 1

// exportedRecord is a line.
type exportedRecord struct {
	Table string        `json:"table,omitempty"`
	Row   record.Record `json:"row,omitempty"`
	// Records is, in the last line, how many came before it.
	Records int `json:"records,omitempty"`
}

// Export writes all records of a run, with their sequences.
func (s *Store) Export(ctx context.Context, run store.RunID, w io.Writer) error {
	name, err := s.pool.Live(ctx, run)
	if err != nil {
		return err
	}
	err = s.export(ctx, run, w)
	if lost, ok := errors.AsType[*lostError](err); ok {
		return s.pool.Damage(name, "%s", lost.what)
	}
	return s.pool.Unread(err)
}

func (s *Store) export(ctx context.Context, run store.RunID, w io.Writer) error {
	m, err := readMoved(ctx, s.pool.DB, int64(run))
	if err != nil {
		return err
	}
	if !m.whole() {
		return &lostError{what: record.Runs.What}
	}
	runs, err := s.pool.Runs(ctx, " AND u.id = ?", int64(run))
	if err != nil || len(runs) != 1 {
		return errors.Join(err, s.pool.Unread(context.Cause(ctx)))
	}
	m.Account = runs[0].Account
	out, records := json.NewEncoder(w), 0
	if err := out.Encode(exported{Format: exportFormat, Store: s.id, movedRun: *m}); err != nil {
		return err
	}
	from := recordReader{checked: s.pool.DB}
	for _, t := range append([]*record.Table{&record.InputChunks}, record.Tables...) {
		of := int64(run)
		if t == &record.InputChunks {
			of = m.Input
		}
		for some, err := range from.records(ctx, t, of) {
			if err != nil {
				return err
			}
			for _, r := range some {
				if err := out.Encode(exportedRecord{Table: t.Name, Row: r}); err != nil {
					return err
				}
				records++
			}
		}
	}
	return out.Encode(exportedRecord{Records: records})
}

// Import takes a run back that was exported by this store.
func (s *Store) Import(ctx context.Context, r io.Reader) (store.Run, error) {
	if _, err := s.writable(); err != nil {
		return store.Run{}, err
	}
	in := &importer{lines: json.NewDecoder(bufio.NewReader(r))}
	var head exported
	if err := in.lines.Decode(&head); err != nil || head.Format != exportFormat || len(head.Run) != len(record.Runs.Columns) || !head.whole() {
		return store.Run{}, fmt.Errorf("the archived run is not as it was written, or of a newer bulknum: %w", errors.Join(record.ErrEncoding, err))
	}
	var origin int
	err := s.pool.DB.QueryRowContext(ctx, "SELECT count(*) FROM origins WHERE store = ?", head.Store).Scan(&origin)
	if err != nil {
		return store.Run{}, s.pool.Unread(err)
	}
	if head.Store != s.id && origin == 0 {
		return store.Run{}, s.refused("is not the one in which run "+head.name()+" was: its order is another", "give the --runs-dir of that store", nil)
	}
	if err := s.withRollback(ctx, &head.movedRun); err != nil {
		return store.Run{}, err
	}
	if err := s.take(ctx, &head.movedRun, in.records); err != nil {
		return store.Run{}, err
	}
	return s.Run(ctx, head.name())
}

// withRollback refuses a run that was taken back by one which was removed: it would
// be gone on with as if nothing had been taken back.
func (s *Store) withRollback(ctx context.Context, m *movedRun) error {
	rollbacks, err := query.Read(ctx, s.pool, query.One[string], "SELECT name FROM removed WHERE rollback_of = ? ORDER BY run DESC", m.id())
	if err == nil && len(rollbacks) > 0 {
		err = &store.TakenBackError{Run: m.name(), Rollback: rollbacks[0]}
	}
	return err
}

// importer reads the lines of an exported run, which come table by table.
type importer struct {
	lines *json.Decoder
	next  *exportedRecord
	read  int
	ended bool
}

// records gives the records of the next table.
func (in *importer) records(t *record.Table) iter.Seq2[[]record.Record, error] {
	return func(yield func([]record.Record, error) bool) {
		for more := true; more; {
			some, err := in.some(t)
			if err == nil && len(some) == 0 {
				err, more = in.finish(t), false
			}
			if (more || err != nil) && !yield(some, err) || err != nil {
				return
			}
		}
	}
}

// some reads the next few records of a table; none: there are no more.
func (in *importer) some(t *record.Table) (some []record.Record, err error) {
	for len(some) < t.Page() {
		if err := in.peek(); err != nil {
			return nil, err
		}
		if in.ended || in.next.Table != t.Name {
			break
		}
		if len(in.next.Row) != len(t.Columns) || !t.Whole(in.next.Row) {
			return nil, &lostError{what: t.What}
		}
		some, in.next = append(some, in.next.Row), nil
	}
	return some, nil
}

// peek reads the next line, if it was not.
func (in *importer) peek() error {
	if in.next != nil || in.ended {
		return nil
	}
	in.next = &exportedRecord{}
	if err := in.lines.Decode(in.next); err != nil {
		return fmt.Errorf("the archived run is not whole: %w", err)
	}
	if in.next.Table == "" {
		in.ended = true
		if in.next.Records != in.read {
			return fmt.Errorf("the archived run is not whole: it has %d of %d records", in.read, in.next.Records)
		}
		return nil
	}
	in.read++
	return nil
}

// finish makes sure, with the last table, that nothing is left.
func (in *importer) finish(t *record.Table) error {
	if t == record.Tables[len(record.Tables)-1] && !in.ended {
		return fmt.Errorf("the archived run has what is not known: %w", record.ErrEncoding)
	}
	return nil
}

var _ store.Archiver = (*Store)(nil)
