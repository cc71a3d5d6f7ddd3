package text

import (
	"bytes"
	"fmt"
	"io"
	"maps"

	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/words"
)

// Diff writes for people how the plan of one run differs from that of another: each number that differs, + where only
// the later plan does something, - where only the earlier one does, ~ with a line of either where both do; then the
// kinds of change, and the figures. Of each kind the first 50 numbers are listed, or all of them if full is set.
func Diff(w io.Writer, before, after *runs.Run, d *plan.Diff, full bool) error {
	routes := maps.Clone(before.Plan.Routes)
	if routes == nil {
		routes = map[string]string{}
	}
	maps.Copy(routes, after.Plan.Routes)
	var b bytes.Buffer
	listed := map[plan.DifferenceKind]int{}
	for _, one := range d.Differences {
		if listed[one.Kind]++; full || listed[one.Kind] <= words.FirstRows {
			difference(&b, one, routes)
		}
	}
	for _, kind := range []plan.DifferenceKind{plan.DifferenceAdded, plan.DifferenceDropped, plan.DifferenceChanged} {
		if more := listed[kind] - words.FirstRows; more > 0 && !full {
			fmt.Fprintf(&b, "… %s %s: --"+option.Full+" shows them\n", words.CountOf(more, "more number"), kind)
		}
	}
	if b.Len() > 0 {
		b.WriteString("\n")
	}
	shapeDifferences(&b, plan.DiffShapes(before.Plan, after.Plan), routes)
	diffTotals(&b, before, after, d)
	_, err := b.WriteTo(w)
	return err
}

// difference writes a number to which two plans would not do the same.
func difference(b *bytes.Buffer, d plan.Difference, routes map[string]string) {
	sign := map[plan.DifferenceKind]string{plan.DifferenceAdded: "+", plan.DifferenceDropped: "-", plan.DifferenceChanged: "~"}[d.Kind]
	line := func(sign, number string, r *plan.Row) {
		what := r.ChangesText()
		if r.Status != result.Planned {
			what = string(r.Status) + ": " + r.Error
		}
		fmt.Fprintf(b, "%s %s  %s: %s\n", sign, number, result.Place(r.Line, r.Row), words.Printable(words.WithRouteNames(what, routes)))
	}
	number := words.Number(d.Number)
	switch d.Kind {
	case plan.DifferenceAdded:
		line(sign, number, d.After)
	case plan.DifferenceDropped:
		line(sign, number, d.Before)
	case plan.DifferenceChanged:
		line(sign, number, d.Before)
		line(" ", fmt.Sprintf("%*s", words.Width(number), "->"), d.After)
	}
}

// shapeDifferences writes the kinds of change that two plans do not have equally often, as far as they are shown.
func shapeDifferences(b *bytes.Buffer, shapes []plan.ShapeDifference, routes map[string]string) {
	for i, s := range shapes {
		if i == words.FirstRows {
			fmt.Fprintf(b, "… %s\n", words.CountOf(len(shapes)-i, "more kind of change"))
			break
		}
		fmt.Fprintf(b, "%s -> %s x %s\n", words.Count(s.Before), words.Count(s.After), words.Printable(words.WithRouteNames(string(s.Shape), routes)))
	}
	if len(shapes) > 0 {
		b.WriteString("\n")
	}
}

// diffTotals writes what two plans are, and how many numbers differ.
func diffTotals(b *bytes.Buffer, before, after *runs.Run, d *plan.Diff) {
	told := "both do the same to every number"
	if len(d.Differences) > 0 {
		told = fmt.Sprintf("%s, %s dropped, %s changed", words.CountOf(d.Counts[plan.DifferenceAdded], "number")+" added",
			words.Count(d.Counts[plan.DifferenceDropped]), words.Count(d.Counts[plan.DifferenceChanged]))
	}
	fmt.Fprintf(b, "Plan %s against plan %s: %s\n\n", after.Identity.Name, before.Identity.Name, told)
	for i, run := range []*runs.Run{before, after} {
		p := run.Plan
		field(b, []string{"Before", "After"}[i], fmt.Sprintf("%s for %s, made %s, hash %s",
			words.CountOf(p.Updates(), "update"), words.CountOf(p.Rows, "row"), p.MadeAt.Local().Format(words.Clock), p.Hash))
	}
	field(b, "Same", words.CountOf(d.Same, "number"))
}
