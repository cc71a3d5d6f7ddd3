package markdown

import (
	"io"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/words"
)

// firstOfKind is how many rows of each kind are shown.
const firstOfKind = 3

// Plan writes a plan: what it comes to, its kinds of change, the rarest first, what the guards say, and the first rows,
// those that cannot be sent before all others.
func Plan(w io.Writer, s *runs.Summary, made *plan.Plan, rows iter.Seq2[plan.Row, error]) error {
	kinds, err := words.KindsOf(made, rows)
	if err != nil {
		return err
	}
	var r report
	r.add("## Plan %s: %s\n", code(s.Run.Name), plain(words.PlanHeadline(made, s.Guards)))
	facts := [][2]string{
		{"Requests", plain(words.PlanRequests(made.Budget))},
		{"Reading", plain(strings.TrimPrefix(words.Reading(made.Reading), "reading "))},
		{"Time", planTime(made)},
	}
	r.summary(s, made.Rows, made.Counts, append(facts, [2]string{"Hash", code(made.Hash) + " names exactly these changes"})...)
	r.kinds(made)
	r.guards(s.Guards)
	r.notes(made.Notes)
	r.waves(made.Waves)
	r.planRows(made, kinds)
	r.foot(s)
	return r.flush(w)
}

// planTime is how long the updates take; "": there are none.
func planTime(made *plan.Plan) string {
	switch {
	case made.Budget.Updates == 0:
		return ""
	case made.Nights != nil:
		return plain(words.Milliseconds(made.Budget.TakesMs) + " at " + made.Budget.Rate + "; " + words.Nights(made.Nights))
	default:
		return plain(words.Milliseconds(made.Budget.TakesMs) + " at " + made.Budget.Rate)
	}
}

// summary adds how many rows have which status, and facts.
func (r *report) summary(s *runs.Summary, rows int, counts map[result.Status]int, facts ...[2]string) {
	r.table("", "", ">Rows")
	for _, status := range result.Statuses() {
		if n := counts[status]; n > 0 {
			r.row(code(string(status)), words.Count(n))
		}
	}
	r.row("**all**", "**"+words.Count(rows)+"**")
	r.table("", "", "")
	whose := s.Run.Account
	if s.Run.Sandbox {
		whose = "sandbox"
	}
	facts = append([][2]string{
		{"Account", code(whose)}, {"API", code(s.Run.API)}, {"Input", code(s.Run.Source)}, {"Rolls back", code(s.Run.RollbackOf)},
		{"Ticket", code(s.Run.Ticket)}, {"Reason", code(s.Run.Reason)}, {"Operator", code(s.Run.Operator)},
	}, facts...)
	for _, fact := range facts {
		if fact[1] != "" {
			r.row(fact[0], fact[1])
		}
	}
}

// kinds adds the kinds of change: all of them, or if they are too many, as many of the rarest and the commonest as there
// is room for, and then how many rows change each field.
func (r *report) kinds(made *plan.Plan) {
	if len(made.Shapes) == 0 {
		return
	}
	r.table("Changes", ">Rows", "Kind of change, the rarest first")
	lines := make([]string, len(made.Shapes))
	for i, shape := range made.Shapes {
		lines[i] = rowOf(words.Count(shape.Rows), code(words.WithRouteNames(string(shape.Shape), made.Routes)))
	}
	from, to := between(lines, mostKinds)
	r.rows(MostCharacters, lines[:from])
	if from < to {
		r.row("…", words.MiddleShapes(made.Shapes[from:to]))
	}
	r.rows(MostCharacters, lines[to:])
	if from == to {
		return
	}
	r.table("Fields", ">Rows", "Field that they change")
	for _, field := range fieldsOf(made) {
		r.row(words.Count(made.Fields[field]), code(field))
	}
}

// between is which lines are left out from the middle, so that the others have so many characters at most: of the last
// ones a fifth of the room.
func between(lines []string, most int) (from, to int) {
	size := 0
	for _, line := range lines {
		size += utf8.RuneCountInString(line)
	}
	if size <= most {
		return len(lines), len(lines)
	}
	fits := func(of []string, most int) (n int) {
		for _, line := range of {
			if most -= utf8.RuneCountInString(line); most < 0 {
				break
			}
			n++
		}
		return n
	}
	last := slices.Clone(lines)
	slices.Reverse(last)
	return fits(lines, most*4/5), len(lines) - fits(last, most/5)
}

// fieldsOf are the fields that a plan changes, those of the most rows first.
func fieldsOf(made *plan.Plan) []string {
	fields := make([]string, 0, len(made.Fields))
	for field := range made.Fields {
		fields = append(fields, field)
	}
	slices.SortFunc(fields, func(a, b string) int {
		if n := made.Fields[b] - made.Fields[a]; n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	return fields
}

// guards adds what guards have measured.
func (r *report) guards(checks []guard.Check) {
	if len(checks) == 0 {
		return
	}
	r.table("Guards", "Measured", "Limit", "")
	for _, check := range checks {
		r.row(plain(check.Measured), plain(check.Limit()), plain(words.Passes(check)))
	}
}

// notes adds what is to be known of a plan.
func (r *report) notes(notes []plan.Note) {
	if len(notes) == 0 {
		return
	}
	r.add("\n### Notes\n\n")
	lines := make([]string, len(notes))
	for i, note := range notes {
		lines[i] = "- " + plain(note.String()) + "\n"
	}
	if n := r.rows(r.size+mostNotes, lines); n < len(lines) {
		r.add("- and %s\n", words.CountOf(len(lines)-n, "more note"))
	}
}

// waves adds the waves of a plan.
func (r *report) waves(waves []plan.Wave) {
	if len(waves) == 0 {
		return
	}
	r.table("Waves", "Wave", ">Rows")
	const most = 100
	for _, wave := range waves[:min(len(waves), most)] {
		r.row(words.Count(wave.N)+" of "+words.Count(wave.Of), words.Count(wave.Rows))
	}
	if more := len(waves) - most; more > 0 {
		r.row("…", words.CountOf(more, "more wave"))
	}
}

// planRows adds the first rows of a plan: those that cannot be sent, then the first of each kind.
func (r *report) planRows(made *plan.Plan, kinds *words.Kinds) {
	var lines []string
	add := func(row plan.Row, what string) {
		lines = append(lines, rowOf(words.PlaceCell(row.Line, row.Row), code(words.Number(row.Number)), code(string(row.Status)), what))
	}
	for _, row := range kinds.Trouble.First {
		add(row, plain(words.WithRouteNames(row.Error, made.Routes)))
	}
	rarest, _, commonest := words.ShownShapes(made.Shapes)
	for _, shape := range slices.Concat(rarest, commonest) {
		for _, row := range kinds.Of(shape.Shape).First[:min(firstOfKind, len(kinds.Of(shape.Shape).First))] {
			add(row, code(words.WithRouteNames(row.ChangesText(), made.Routes)))
		}
	}
	r.list("First rows", lines, "Line (row)", "Number", "Status", "Change, or what is wrong")
}

// list adds a table of rows as far as there is room, if there are any.
func (r *report) list(title string, lines []string, columns ...string) {
	if len(lines) == 0 {
		return
	}
	r.table(title, columns...)
	r.rows(MostCharacters-mostFoot, lines)
}

// foot says where all of it is.
func (r *report) foot(s *runs.Summary) {
	if s.Folder != "" {
		r.add("\nAll rows are in the folder %s.\n", code(s.Folder))
	}
}
