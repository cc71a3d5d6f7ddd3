package page

import (
	"cmp"
	"iter"
	"slices"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/report/mask"
	"github.com/bulknum/bulknum/report/page/html"
)

// pageRows gives the rows of a page that have one of the statuses, or all of them
// if no status is given: in the input's order, or of very many those that are shown
// first before the others, up to the limit.
func pageRows(r *Report, results iter.Seq2[runs.PlannedResult, error], s *runs.Summary, statuses []result.Status) iter.Seq2[html.Row, error] {
	all := detailed(r, results)
	if len(statuses) > 0 {
		all = only(all, func(r html.Row) bool { return slices.Contains(statuses, r.Status) })
	}
	if s.Rows <= html.RowLimit {
		return all
	}
	troubled := func(r html.Row) bool { return slices.Contains(urgent(), r.Status) }
	rare := rareRows(r.run.Plan, s)
	return first(html.RowLimit, only(all, rare), only(all, func(r html.Row) bool { return troubled(r) && !rare(r) }),
		only(all, func(r html.Row) bool { return !troubled(r) && !rare(r) }))
}

// rareRows are those that a plan would change whose kinds are the rarest, as many kinds
// as a page has room for.
func rareRows(made *plan.Plan, s *runs.Summary) func(html.Row) bool {
	rare := map[settings.Shape]bool{}
	if s.Run.DryRun && made != nil {
		room := html.RowLimit
		for _, shape := range made.Shapes {
			if room -= shape.Rows; room < 0 {
				break
			}
			rare[shape.Shape] = true
		}
	}
	return func(r html.Row) bool { return r.Status == result.Planned && rare[r.Shape] }
}

// detailed gives results in detail.
func detailed(r *Report, results iter.Seq2[runs.PlannedResult, error]) iter.Seq2[html.Row, error] {
	return func(yield func(html.Row, error) bool) {
		var last settings.Shapes
		for row, err := range results {
			if !yield(r.detail(row, &last), err) || err != nil {
				return
			}
		}
	}
}

// detail is a result with the changes of its plan, if there is one, its attempts, and what was found later. last are the
// shapes of the rows before.
func (r *Report) detail(of runs.PlannedResult, last *settings.Shapes) html.Row {
	row := html.Row{Result: of.Result}
	if row.Status != result.Unchanged { // which has none, or none any more
		row.Changes, row.Shape = of.Row.Changes, last.Of(of.Row.Changes)
	}
	row.Tries = r.of.tries[cmp.Or(of.Row.SameAs, row.Line)]
	if v, read := r.found.last[row.Line]; read {
		row.Verified = &v
	}
	return mask.Hide(r.mask, row)
}

// only gives on the rows that are wanted, and every error.
func only(rows iter.Seq2[html.Row, error], wanted func(html.Row) bool) iter.Seq2[html.Row, error] {
	return func(yield func(html.Row, error) bool) {
		for r, err := range rows {
			if (err != nil || wanted(r)) && !yield(r, err) {
				return
			}
		}
	}
}

// first gives so many of the rows of several sequences, one after the other, and
// ends with the first error.
func first(most int, sequences ...iter.Seq2[html.Row, error]) iter.Seq2[html.Row, error] {
	return func(yield func(html.Row, error) bool) {
		for _, rows := range sequences {
			for r, err := range rows {
				if most--; most < 0 || !yield(r, err) || err != nil {
					return
				}
			}
		}
	}
}
