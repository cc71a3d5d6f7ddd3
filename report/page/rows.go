package page

import (
	"cmp"
	"iter"
	"slices"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/report/page/html"
)

// known is what is known of rows besides their results: how the run went, and
// what was found later, by line.
type known struct {
	of    *timeline
	found map[int]runs.Verified
}

// pageRows gives the rows of a page that have one of the statuses, or all of them
// if no status is given: in the input's order, or of very many those with trouble
// before the others, up to the limit.
func pageRows(run *runs.Run, k known, results iter.Seq2[result.Result, error], rows int, statuses []result.Status) iter.Seq2[html.Row, error] {
	all := detailed(run, k, results)
	if len(statuses) > 0 {
		all = only(all, func(s result.Status) bool { return slices.Contains(statuses, s) })
	}
	if rows <= html.RowLimit {
		return all
	}
	troubled := func(s result.Status) bool { return slices.Contains(urgent(), s) }
	return first(html.RowLimit, only(all, troubled), only(all, func(s result.Status) bool { return !troubled(s) }))
}

// detailed gives results with the changes of their plan, if there is one, their
// attempts, and what was found later.
func detailed(run *runs.Run, k known, results iter.Seq2[result.Result, error]) iter.Seq2[html.Row, error] {
	return func(yield func(html.Row, error) bool) {
		next, stop := iter.Pull2(run.PlanRows())
		defer stop()
		for r, err := range results {
			row := html.Row{Result: r}
			p, planErr, planned := next()
			if planned && err == nil {
				row.Changes, row.Shape, err = p.Changes, settings.ShapeOf(p.Changes), planErr
			}
			row.Tries = k.of.tries[cmp.Or(p.SameAs, row.Line)]
			if v, read := k.found[row.Line]; read {
				row.Verified = &v
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// only gives on the rows whose status is wanted, and every error.
func only(rows iter.Seq2[html.Row, error], wanted func(result.Status) bool) iter.Seq2[html.Row, error] {
	return func(yield func(html.Row, error) bool) {
		for r, err := range rows {
			if (err != nil || wanted(r.Status)) && !yield(r, err) {
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
