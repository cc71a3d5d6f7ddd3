package transfer

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/query"
	"github.com/bulknum/bulknum/batch/store/record"
	"github.com/bulknum/bulknum/batch/store/write"
)

// exported is the first line of a run that was taken out of its store. A line for
// each record follows, and one that says how many there were.
type exported struct {
	// Format is [exportFormat]; a later one is not known.
	Format int    `json:"format"`
	Store  string `json:"store"`
	MovedRun
}

const exportFormat = 1

// exportedRecord is a line.
type exportedRecord struct {
	Table string        `json:"table,omitempty"`
	Row   record.Record `json:"row,omitempty"`
	// Records is, in the last line, how many came before it.
	Records int `json:"records,omitempty"`
}

// Export writes all records of a run of a store, with their sequences.
func Export(ctx context.Context, p *query.Pool, storeID string, run store.RunID, w io.Writer) error {
	name, err := p.Live(ctx, run)
	if err != nil {
		return err
	}
	err = export(ctx, p, storeID, run, w)
	if lost, ok := errors.AsType[*LostError](err); ok {
		return p.Damage(name, "%s", lost.What)
	}
	return p.Unread(err)
}

func export(ctx context.Context, p *query.Pool, storeID string, run store.RunID, w io.Writer) error {
	from := Reader{Checked: p.DB, Dialect: p.Dialect}
	m, err := from.ReadRun(ctx, p.DB, int64(run))
	if err != nil {
		return err
	}
	if !m.Whole() {
		return &LostError{What: record.Runs.What}
	}
	runs, err := p.Runs(ctx, " AND u.id = ?", int64(run))
	if err != nil || len(runs) != 1 {
		return errors.Join(err, p.Unread(context.Cause(ctx)))
	}
	m.Account = runs[0].Account
	out, records := json.NewEncoder(w), 0
	if err := out.Encode(exported{Format: exportFormat, Store: storeID, MovedRun: *m}); err != nil {
		return err
	}
	for _, t := range append([]*record.Table{&record.InputChunks}, record.Tables...) {
		of := int64(run)
		if t == &record.InputChunks {
			of = m.Input
		}
		for some, err := range from.Records(ctx, t, of) {
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

// Import takes a run back that was exported by a store, and tells its name.
func Import(ctx context.Context, p *query.Pool, w *write.Writer, storeID string, r io.Reader) (name string, err error) {
	in := &importer{lines: json.NewDecoder(bufio.NewReader(r))}
	var head exported
	if err := in.lines.Decode(&head); err != nil || head.Format != exportFormat || len(head.Run) != len(record.Runs.Columns) || !head.Whole() {
		return "", fmt.Errorf("the archived run is not as it was written, or of a newer bulknum: %w", errors.Join(record.ErrEncoding, err))
	}
	var origin int
	err = p.Row(ctx, "SELECT count(*) FROM origins WHERE store = ?", head.Store).Scan(&origin)
	if err != nil {
		return "", p.Unread(err)
	}
	if head.Store != storeID && origin == 0 {
		return "", &store.RefusedError{Place: p.Place, Why: "is not the one in which run " + head.Name() + " was: its order is another", Cure: "bring it back into that store",
			Options: []option.Name{option.RunsDir}}
	}
	if err := withRollback(ctx, p, &head.MovedRun); err != nil {
		return "", err
	}
	return head.Name(), Take(ctx, w, &head.MovedRun, in.records)
}

// withRollback refuses a run that was rolled back by one which was removed: it would
// be gone on with as if nothing had been rolled back.
func withRollback(ctx context.Context, p *query.Pool, m *MovedRun) error {
	rollbacks, err := query.Read(ctx, p, query.One[string], "SELECT name FROM removed WHERE rollback_of = ? ORDER BY run DESC", m.ID())
	if err == nil && len(rollbacks) > 0 {
		err = &store.RolledBackError{Run: m.Name(), Rollback: rollbacks[0]}
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
			return nil, &LostError{What: t.What}
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
