package text

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/words"
)

// Plan writes a plan for people, readable without colour: the kinds of change, the
// rarest first, each with its rows, ~ with the numbers or with a line for each
// change, and ! for those that cannot be sent, with the reason; then the totals,
// what the guards say, what it costs, where it is, and what comes next. Of a kind the first 50 rows are listed;
// if full is set all kinds and then all rows, as they are in the input. Rows without changes are listed never. Times
// are shown in the zone that they are in.
func Plan(w io.Writer, s *runs.Summary, made *plan.Plan, rows iter.Seq2[plan.Row, error], full bool) error {
	list := planByKind
	if full {
		list = planInFull
	}
	if err := list(w, made, rows); err != nil {
		return err
	}
	var b bytes.Buffer
	planTotals(&b, s, made)
	_, err := b.WriteTo(w)
	return err
}

// planInFull lists the kinds of a plan, and then every row that is not as it should
// be, in the order of the input.
func planInFull(w io.Writer, made *plan.Plan, rows iter.Seq2[plan.Row, error]) error {
	var b bytes.Buffer
	writeShapes(&b, made, true, nil)
	b.WriteString("\n")
	listed := false
	err := plan.InChunks(rows, ChunkSize, func(part []plan.Row) error {
		part = slices.DeleteFunc(part, func(r plan.Row) bool { return r.Status == result.Unchanged })
		listed = listed || len(part) > 0
		planLines(&b, part, made.Routes)
		_, err := b.WriteTo(w)
		return err
	})
	if listed {
		b.WriteString("\n")
	}
	if err == nil {
		_, err = b.WriteTo(w)
	}
	return err
}

// planLines writes rows under each other.
func planLines(b *bytes.Buffer, part []plan.Row, routes map[string]string) {
	c := planColumns{routes: routes}
	for _, r := range part {
		c.fit(r)
	}
	for _, r := range part {
		switch {
		case r.Status != result.Planned:
			c.trouble(b, r)
		case r.SameAs > 0:
			fmt.Fprintf(b, "~ %s  as line %s, sent once\n", c.padded(r), strconv.Itoa(r.SameAs))
		default:
			c.changes(b, r)
		}
	}
}

// planColumns are the widths of a list's columns.
type planColumns struct {
	number, status, field int
	routes                map[string]string // their names
}

// fit makes room for a row.
func (c *planColumns) fit(r plan.Row) {
	c.number = max(c.number, words.Width(words.Number(r.Number)))
	if r.Status != result.Planned {
		c.status = max(c.status, len(r.Status))
		return
	}
	for _, change := range r.Changes {
		c.field = max(c.field, len(change.Field))
	}
}

// padded is a row's number, as wide as its column.
func (c *planColumns) padded(r plan.Row) string {
	return text.Pad(words.Number(r.Number), c.number, ' ')
}

// changes writes a row that is to be sent, a line a change.
func (c *planColumns) changes(b *bytes.Buffer, r plan.Row) {
	begin := "~ " + c.padded(r)
	for _, change := range r.Changes {
		fmt.Fprintf(b, "%s  %-*s  %s\n", begin, c.field, words.Printable(change.Field), words.Printable(words.WithRouteNames(change.Move(), c.routes)))
		begin = strings.Repeat(" ", len("~ ")+c.number)
	}
}

// trouble writes a row that cannot be sent, with its reason and the line where
// it can be corrected.
func (c *planColumns) trouble(b *bytes.Buffer, r plan.Row) {
	begin := fmt.Sprintf("! %s  %-*s  ", c.padded(r), c.status, r.Status)
	indent := len("! ") + c.number + len("  ") + c.status + len("  ")
	reason := fmt.Sprintf("%s: %s", result.Place(r.Line, r.Row), words.Printable(words.WithRouteNames(r.Error, c.routes)))
	for _, line := range wrapped(reason, textWidth-indent) {
		b.WriteString(begin + line + "\n")
		begin = strings.Repeat(" ", indent)
	}
}
