package markdown

import (
	"io"
	"iter"
	"strings"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/words"
)

// Of the rows of a run so many are shown at most: of those with trouble, and of the others.
const (
	mostTrouble = 200
	mostOthers  = 50
)

// Report writes what became of a run: its figures, the kinds of change that it planned (made is nil if it came to no
// plan), what guards and waves came to, and the first of the results, those with trouble before all others.
func Report(w io.Writer, s *runs.Summary, made *plan.Plan, results iter.Seq2[result.Result, error]) error {
	var trouble, others []string
	for row, err := range results {
		if err != nil {
			return err
		}
		into, most := &others, mostOthers
		if row.Status.WantsAttention() {
			into, most = &trouble, mostTrouble
		}
		if len(*into) < most {
			*into = append(*into, resultRow(row, s.Routes))
		}
	}
	var r report
	r.add("## Run %s: %s\n", code(s.Run.Name), plain(words.Happened(s)))
	r.summary(s, s.Rows, s.Counts, [2]string{"Requests", plain(words.Requests(s))}, [2]string{"Waits", plain(words.Waits(s))},
		[2]string{"Limit", plain(words.Limit(s))}, [2]string{"Late answers", plain(strings.Join(words.LateAnswers(s.LateAnswers), "; "))},
		[2]string{"Time", plain(words.Took(s))}, [2]string{"Begun", s.StartedAt.Format(words.Clock)})
	if made != nil {
		r.kinds(made)
	}
	r.guards(s.Guards)
	r.notes(s.Notes)
	r.wavesOf(s)
	r.list("First rows", append(trouble, others...), "Line (row)", "Number", "Status", "Change", "Order, or what is wrong")
	r.next(s)
	r.foot(s)
	return r.flush(w)
}

// resultRow is the line of a result.
func resultRow(row result.Result, routes map[string]string) string {
	what := code(row.UpdateOrderId)
	if row.Error != "" {
		what = plain(words.WithRouteNames(row.Error, routes))
	}
	return rowOf(words.PlaceCell(row.Line, row.Row), code(words.Number(row.Number)), code(string(row.Status)),
		code(words.WithRouteNames(row.Changes, routes)), what)
}

// wavesOf adds the waves of a run, as they stand.
func (r *report) wavesOf(s *runs.Summary) {
	waves := words.Waves(s)
	if len(waves) == 0 {
		return
	}
	r.table("Waves", "Wave", ">Rows", "State", "Ended", "Read back", "Took")
	const most = 100
	for _, wave := range waves[:min(len(waves), most)] {
		r.row(wave.Wave, wave.Rows, wave.State, plain(wave.Ended), plain(wave.ReadBack), wave.Took)
	}
	if more := len(waves) - most; more > 0 {
		r.row("…", words.CountOf(more, "more wave"), "", "", "", "")
	}
}

// next adds the commands that come next.
func (r *report) next(s *runs.Summary) {
	for _, step := range words.NextSteps(s) {
		r.add("\n%s: %s\n", plain(step.What), inCode(words.Printable(step.Command)))
	}
}
