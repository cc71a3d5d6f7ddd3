package acceptance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite"
)

// recorded is what the store of a runs folder has of a run, as lines of JSON.
type recorded struct {
	bytes.Buffer
	kinds []string // of each line
}

// add adds a line.
func (r *recorded) add(kind string, what any) {
	text, err := json.Marshal(map[string]any{"kind": kind, "is": what})
	if err != nil {
		panic(err)
	}
	r.Write(append(text, '\n'))
	r.kinds = append(r.kinds, kind)
}

// without are the lines of other kinds.
func (r *recorded) without(kinds ...string) string {
	var b strings.Builder
	i := 0
	for line := range strings.Lines(r.String()) {
		if !slices.Contains(kinds, r.kinds[i]) {
			b.WriteString(line)
		}
		i++
	}
	return b.String()
}

// openStore opens the store of a runs folder for reading, or that of the sandbox.
func openStore(ctx context.Context, dir string, sandbox bool) (*sqlite.Store, error) {
	return sqlite.Open(ctx, sqlite.Options{Dir: dir, ReadOnly: true, Sandbox: sandbox, Program: "bulknum test"})
}

// readRun reads all that the store has of a run. The error of a run that it does
// not have matches [store.ErrNotFound] or [fs.ErrNotExist].
func readRun(ctx context.Context, dir, name string) (r *recorded, err error) {
	var s *sqlite.Store
	for _, sandbox := range []bool{false, true} {
		if s, err = openStore(ctx, dir, sandbox); err != nil {
			continue
		}
		r, err = dump(ctx, s, name)
		if err = errors.Join(err, s.Close()); err == nil {
			return r, nil
		}
	}
	return nil, err
}

// dump reads all that a store has of a run.
func dump(ctx context.Context, s store.Store, name string) (*recorded, error) {
	run, err := s.Run(ctx, name)
	if err != nil {
		return nil, err
	}
	r := &recorded{}
	r.add("run", run)
	milestones, err := s.Milestones(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	for _, m := range milestones {
		r.add(string(m.Kind), m)
	}
	results, err := s.Results(ctx, run.ID, 0, 1<<31)
	if err != nil {
		return nil, err
	}
	for _, result := range results {
		r.add("result", result)
	}
	skipped, err := s.Skipped(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	for _, row := range skipped {
		r.add("skipped", row)
	}
	return r, errors.Join(
		addAll(r, "row", texts(s.PlanRows(ctx, run.ID))),
		addAll(r, "reading", s.Readings(ctx, run.ID, nil)),
		addAll(r, "write", s.Writes(ctx, store.WriteFilter{Run: run.ID})),
		addAll(r, "outcome", s.Outcomes(ctx, run.ID)),
		addAll(r, "request", s.Requests(ctx, run.ID)),
		addAll(r, "verified", s.Verified(ctx, run.ID)),
	)
}

// addAll adds a line for each of a sequence.
func addAll[T any](r *recorded, kind string, all iter.Seq2[T, error]) error {
	for one, err := range all {
		if err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
		r.add(kind, one)
	}
	return nil
}

// texts are documents that stay as they are.
func texts(docs iter.Seq2[[]byte, error]) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		for doc, err := range docs {
			if !yield(slices.Clone(doc), err) {
				return
			}
		}
	}
}

// records is what the store has of an operator's run.
func (o *operator) records(run string) *recorded {
	o.t.Helper()
	r, err := readRun(o.t.Context(), filepath.Join(o.dir, "runs"), run)
	if err != nil {
		o.t.Fatal(err)
	}
	return r
}

// journal is what the tests want to know of what a run recorded.
type journal struct {
	begun  bool
	doubt  map[int]bool   // by line: whether its last word is no trustworthy answer
	orders map[string]int // the line of each order id
}

// journal reads what a run has recorded, as it is on the disk. Nobody is to work
// with the store meanwhile.
func (o *operator) journal(run string) journal {
	o.t.Helper()
	j := journal{doubt: map[int]bool{}, orders: map[string]int{}}
	s, err := openStore(o.t.Context(), filepath.Join(o.dir, "runs"), false)
	if errors.Is(err, fs.ErrNotExist) {
		return j
	}
	if err != nil {
		o.t.Fatal(err)
	}
	defer s.Close()
	is, err := s.Run(o.t.Context(), run)
	if errors.Is(err, store.ErrNotFound) {
		return j
	}
	if err != nil {
		o.t.Fatal(err)
	}
	j.begun = true
	for outcome, err := range s.Outcomes(o.t.Context(), is.ID) {
		if err != nil {
			o.t.Fatal(err)
		}
		j.doubt[outcome.Line] = outcome.Open || outcome.Status == "unknown"
	}
	results, err := s.Results(o.t.Context(), is.ID, 0, 1<<31)
	if err != nil {
		o.t.Fatal(err)
	}
	for _, r := range results {
		if r.UpdateOrderId != "" {
			j.orders[r.UpdateOrderId] = r.Line
		}
	}
	return j
}

// records is `records [-count=N] PATTERN RUN`: what the store has of a run, each
// record a line of JSON, is searched as by grep. RUN is a run's folder.
func records(ts *testscript.TestScript, neg bool, args []string) {
	count := -1
	if text, ok := strings.CutPrefix(args[0], "-count="); ok {
		var err error
		count, err = strconv.Atoi(text)
		ts.Check(err)
		args = args[1:]
	}
	path := ts.MkAbs(args[1])
	r, err := readRun(context.Background(), filepath.Dir(path), filepath.Base(path))
	ts.Check(err)
	found := len(regexp.MustCompile("(?m)"+args[0]).FindAllString(r.String(), -1))
	if neg && found > 0 || !neg && found == 0 || count >= 0 && found != count {
		ts.Fatalf("%d matches for %s in\n%s", found, args[0], r)
	}
}
