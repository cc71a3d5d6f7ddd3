package runs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/bulknum/bulknum/batch/folder"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
)

// InputRefused reports whether results are missing because the run's input never could be read, rather than because
// it cannot be read any more.
func (r *Run) InputRefused(err error) bool {
	_, unreadable := errors.AsType[*input.FileError](err)
	return r.Stop.Reason == result.RefusedInput && unreadable
}

// RowResult is a row of the input with what became of it.
type RowResult struct {
	Row    input.Row
	Result result.Result
}

// Results gives what became of every row of the input, in the input's order. It is derived from the plan and the
// results in the store, or where no plan was made from the input, so that it can be had at any time, also while the
// run goes on or after a crash. An error, such as the end of ctx, ends it. [PlannedResults] has the changes by their fields.
func (r *Run) Results(ctx context.Context) iter.Seq2[result.Result, error] {
	return ResultsOf(PlannedResults(ctx, r))
}

// PlannedResult is what a row would do, with each of its changes, and what became of it.
type PlannedResult struct {
	Row    plan.Row      `json:"plan"`
	Result result.Result `json:"result"`
}

// ResultsOf gives the results alone.
func ResultsOf(rows iter.Seq2[PlannedResult, error]) iter.Seq2[result.Result, error] {
	return func(yield func(result.Result, error) bool) {
		for r, err := range rows {
			if !yield(r.Result, err) {
				return
			}
		}
	}
}

// PlannedResults is [Run.Results] with what each row would do; where no plan was made, no row has changes.
func PlannedResults(ctx context.Context, r *Run) iter.Seq2[PlannedResult, error] {
	return func(yield func(PlannedResult, error) bool) {
		var some []plan.Row
		for p, err := range decided(ctx, r) {
			if err != nil {
				yield(PlannedResult{}, err)
				return
			}
			if some = append(some, p); len(some) == resultsAtOnce {
				if !yieldResults(ctx, r, some, yield) {
					return
				}
				some = some[:0]
			}
		}
		yieldResults(ctx, r, some, yield)
	}
}

// resultsAtOnce is how many rows are looked up together.
const resultsAtOnce = 1024

// yieldResults gives what became of some rows, and reports whether more are wanted.
func yieldResults(ctx context.Context, r *Run, some []plan.Row, yield func(PlannedResult, error) bool) bool {
	if len(some) == 0 {
		return true
	}
	found, err := lookUp(ctx, r, some)
	if err != nil {
		yield(PlannedResult{}, err)
		return false
	}
	for _, p := range some {
		outcome, err := ResultOf(r, p, found.of(p))
		if !yield(PlannedResult{p, outcome}, err) || err != nil {
			return false
		}
	}
	return true
}

// lookedUp are the results of rows that stand one after the other, by line, and of those before them that they repeat.
type lookedUp struct {
	between []store.Result
	earlier map[int][]store.Result
}

// of is the result of a row, or of the row that it repeats.
func (l lookedUp) of(p plan.Row) []store.Result {
	line := p.CountingLine()
	i, is := slices.BinarySearchFunc(l.between, line, func(r store.Result, line int) int { return cmp.Compare(r.Line, line) })
	if is {
		return l.between[i : i+1]
	}
	return l.earlier[line]
}

// lookUp finds the results of some rows that stand one after the other.
func lookUp(ctx context.Context, r *Run, some []plan.Row) (lookedUp, error) {
	if len(r.States) == 0 {
		return lookedUp{}, nil // nothing was sent
	}
	from, to := some[0].Line, some[len(some)-1].Line
	between, err := r.In.Store.Results(ctx, r.Stored.ID, from, to)
	if err != nil {
		return lookedUp{}, err
	}
	found := lookedUp{between: between, earlier: map[int][]store.Result{}}
	for _, p := range some {
		line := p.CountingLine()
		if _, sent := r.States[line]; !sent || line >= from {
			continue
		}
		earlier, err := r.In.Store.Results(ctx, r.Stored.ID, line, line)
		if err != nil {
			return lookedUp{}, err
		}
		found.earlier[line] = earlier
	}
	return found, nil
}

// decided gives what each row would do. Where no plan was made, no row was decided but those that are invalid.
func decided(ctx context.Context, r *Run) iter.Seq2[plan.Row, error] {
	if r.Plan != nil {
		return r.Planned().All()
	}
	return func(yield func(plan.Row, error) bool) {
		for row, err := range r.InputRows(ctx) {
			p := plan.Row{Row: row.Row, Line: row.Line, Number: row.Number, Status: result.NotAttempted, SameAs: row.SameAs}
			if row.Status == input.Invalid {
				p.Status, p.Error = result.Invalid, row.Error
			}
			if !yield(p, err) || err != nil {
				return
			}
		}
	}
}

// InputRows gives the rows of the input's copy.
func (r *Run) InputRows(ctx context.Context) iter.Seq2[input.Row, error] {
	file, err := r.Input(ctx)
	if err != nil {
		return func(yield func(input.Row, error) bool) { yield(input.Row{}, err) }
	}
	return file.Rows(ctx)
}

// Rows is [Run.Results] with the rows as the input has them, and ids in the place of the names of routes.
func (r *Run) Rows(ctx context.Context) iter.Seq2[RowResult, error] {
	return withResults(r.InputRows(ctx), r.Results(ctx))
}

// withResults joins rows of an input with their results.
func withResults(rows iter.Seq2[input.Row, error], results iter.Seq2[result.Result, error]) iter.Seq2[RowResult, error] {
	return func(yield func(RowResult, error) bool) {
		next, stop := iter.Pull2(results)
		defer stop()
		for row, err := range rows {
			outcome, outcomeErr, ok := next()
			if !ok || err == nil && outcomeErr == nil && outcome.Line != row.Line {
				err = errors.Join(err, fmt.Errorf("results: line %d of the input is not in the plan", row.Line))
			}
			err = errors.Join(err, outcomeErr)
			if !yield(RowResult{Row: row, Result: outcome}, err) || err != nil {
				return
			}
		}
	}
}

// RowsAsWritten is [Run.Rows] for another run, with what this one was to write: names of routes stay where the input has
// them, and mean what they mean then.
func RowsAsWritten(ctx context.Context, r *Run) iter.Seq2[RowResult, error] {
	return func(yield func(RowResult, error) bool) {
		rows := r.Rows(ctx)
		if r.Plan != nil && len(r.Plan.Named) > 0 {
			file, err := checkAs(ctx, r, input.NamedLater{})
			if err != nil {
				yield(RowResult{}, err)
				return
			}
			rows = withNames(rows, file.Rows(ctx))
		}
		for row, err := range rows {
			row.Row.Settings = r.Identity.Allowed(row.Row.Settings)
			if !yield(row, err) {
				return
			}
		}
	}
}

// withNames puts the names of routes back into rows of an input, where the same rows have them as they are written.
func withNames(rows iter.Seq2[RowResult, error], written iter.Seq2[input.Row, error]) iter.Seq2[RowResult, error] {
	return func(yield func(RowResult, error) bool) {
		next, stop := iter.Pull2(written)
		defer stop()
		for row, err := range rows {
			named, namedErr, _ := next()
			if namedErr == nil && named.Line == row.Row.Line && named.Status == input.Valid {
				row.Row.Settings, row.Row.If = named.Settings, named.If
			}
			if !yield(row, errors.Join(err, namedErr)) || err != nil || namedErr != nil {
				return
			}
		}
	}
}

// Input returns the checked input.
func (r *Run) Input(ctx context.Context) (*input.File, error) {
	if r.File != nil {
		return r.File, nil
	}
	var routes input.RouteNames = input.NamedLater{}
	if r.Plan != nil {
		routes = r.Plan.Named
	}
	file, err := checkAs(ctx, r, routes)
	r.File = file
	return file, err
}

// checkAs checks the copy of a run's input, where these routes are meant by names.
func checkAs(ctx context.Context, r *Run, routes input.RouteNames) (*input.File, error) {
	path, err := r.InputPath(ctx)
	if err != nil {
		return nil, fmt.Errorf("results: %w", err)
	}
	options := r.Identity.Options
	options.Routes = routes
	file, err := input.Check(ctx, path, options, func(input.Problem) {})
	if err != nil {
		return nil, fmt.Errorf("results: %w", err)
	}
	return file, nil
}

// Result is what became of one row.
func (r *Run) Result(ctx context.Context, p plan.Row) (result.Result, error) {
	found, err := lookUp(ctx, r, []plan.Row{p})
	if err != nil {
		return result.Result{}, err
	}
	return ResultOf(r, p, found.of(p))
}

// ResultOf is what became of one row, given its newest result, if there is one.
func ResultOf(r *Run, p plan.Row, newest []store.Result) (result.Result, error) {
	state, known := r.States[p.CountingLine()]
	if known && !state.Open {
		return recorded(p, newest)
	}
	outcome := result.Result{Row: p.Row, Line: p.Line, Number: p.Number, Status: p.Status, Changes: p.ChangesText(), Error: p.Error, Permanent: p.Permanent}
	moved := r.Moved[p.Line]
	switch {
	case known:
		outcome.Status = result.Unknown
		outcome.Error = "the update was about to be sent when this was last recorded; its answer is not known"
	case moved.Status != "":
		outcome.Status, outcome.Error = moved.Status, moved.Why
	case p.Status == result.Planned && (!r.Identity.DryRun || r.Applied):
		outcome.Status = result.NotAttempted
	}
	return outcome, nil
}

// recorded is the result that the store has for a row. An identical row that stands for it has the row's own place.
func recorded(p plan.Row, newest []store.Result) (result.Result, error) {
	if len(newest) == 0 || newest[0].Number != p.Number || newest[0].Settings != settings.FromChanges(p.Changes).Hash() {
		return result.Result{}, fmt.Errorf("line %d: the result is of other settings than the plan", p.Line)
	}
	outcome := newest[0].Result
	outcome.Row, outcome.Line, outcome.Changes = p.Row, p.Line, p.ChangesText()
	if outcome.Status == result.Unchanged { // by now
		outcome.Changes = ""
	}
	outcome.Permanent = outcome.Status == result.Failed && client.Refuses(outcome.HTTPStatus)
	return outcome, nil
}

// InputPath is where the run's input is: the folder's copy of it, which is made again when somebody has changed or
// removed it.
func (r *Run) InputPath(ctx context.Context) (string, error) {
	dir := r.Dir()
	path := dir.File(r.Identity.Input.File)
	if sum, err := folder.HashFile(path); err == nil && sum == r.Identity.Input.SHA256 {
		return path, nil
	}
	if err := dir.Ensure(); err != nil {
		return "", err
	}
	return path, dir.WriteAtomic(r.Identity.Input.File, func(w io.Writer) error {
		return r.In.Store.Input(ctx, r.Stored.ID, w)
	})
}
