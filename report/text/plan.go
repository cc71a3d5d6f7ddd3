package text

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/words"
)

// Plan writes a plan for people, readable without colour: what the changes
// have in common, the rarest first; then the rows, ~ with a line for each
// change and ! for those that cannot be sent, with the reason; then the totals,
// what the guards say, what it costs, where it is, and what comes next. Of the rows, the first 50 of either kind are
// listed, or all of them if full is set, and those without changes never. Times
// are shown in the zone that they are in.
func Plan(w io.Writer, s *runs.Summary, made *plan.Plan, rows iter.Seq2[plan.Row, error], full bool) error {
	var b bytes.Buffer
	shapes(&b, made, full)
	b.WriteString("\n")
	list := planList{full: full}
	err := InChunks(list.shown(rows), func(part []plan.Row) error {
		planLines(&b, part, made.Routes)
		_, err := b.WriteTo(w)
		return err
	})
	if err != nil {
		return err
	}
	list.rest(&b)
	planTotals(&b, s, made)
	_, err = b.WriteTo(w)
	return err
}

// planList chooses the rows that a plan lists.
type planList struct {
	full            bool
	changed, failed int // rows so far
}

// shown gives the rows that are listed, and every error.
func (l *planList) shown(rows iter.Seq2[plan.Row, error]) iter.Seq2[plan.Row, error] {
	return func(yield func(plan.Row, error) bool) {
		for r, err := range rows {
			if err == nil && !l.lists(r.Status) {
				continue
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// lists counts a row and reports whether it is listed.
func (l *planList) lists(s result.Status) bool {
	kind := &l.failed
	switch s {
	case result.Unchanged:
		return false
	case result.Planned:
		kind = &l.changed
	}
	*kind++
	return l.full || *kind <= words.FirstRows
}

// rest ends the list, with how many rows it leaves out.
func (l *planList) rest(b *bytes.Buffer) {
	var parts []string
	if n := l.changed - words.FirstRows; n > 0 {
		parts = append(parts, words.CountOf(n, "more row")+" with changes")
	}
	if n := l.failed - words.FirstRows; n > 0 {
		parts = append(parts, words.CountOf(n, "more row")+" that cannot be sent")
	}
	if len(parts) > 0 && !l.full {
		fmt.Fprintf(b, "… %s: --"+option.Full+" shows them\n", strings.Join(parts, ", "))
	}
	if l.changed+l.failed > 0 {
		b.WriteString("\n")
	}
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
			fmt.Fprintf(b, "~ %s  as line %s, sent once\n", c.padded(r), words.Count(r.SameAs))
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
	reason := fmt.Sprintf("line %s: %s", words.Count(r.Line), words.Printable(words.WithRouteNames(r.Error, c.routes)))
	for _, line := range wrapped(reason, textWidth-indent) {
		b.WriteString(begin + line + "\n")
		begin = strings.Repeat(" ", indent)
	}
}
