package plan

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// A run of a million rows has a plan of a million lines, which are read several times. Nearly all have the same few
// members in the same order, and texts without anything that is escaped: these are read as they were written, which is
// some ten times as fast, and all others as JSON.

// reader reads the rows of a plan, one after the other.
type reader struct {
	last   Row // what a row has in common with the one before it is kept once
	readAt struct {
		text string
		time time.Time
	}
}

// row reads a row of the plan.
func (r *reader) row(doc []byte) (Row, error) {
	if p, ok := r.plain(doc); ok {
		r.last = p
		return p, nil
	}
	var p Row
	err := json.Unmarshal(doc, &p)
	return p, err
}

// plain reads a row that is as nearly all are; false: it is not.
func (r *reader) plain(doc []byte) (p Row, ok bool) {
	d := store.Written(doc)
	status := string(r.last.Status)
	if !d.Number(`{"row":`, &p.Row) || !d.Number(`,"line":`, &p.Line) || !d.Text(`,"number":`, &p.Number) || !d.Text(`,"status":`, &status) {
		return Row{}, false
	}
	p.Status = result.Status(status)
	d.Number(`,"sameAs":`, &p.SameAs)
	for before := `,"changes":[`; d.Skip(before); before = "," {
		var c settings.Change
		if n := len(p.Changes); n < len(r.last.Changes) {
			c = r.last.Changes[n]
		}
		if !d.Text(`{"field":`, &c.Field) || !d.Text(`,"old":`, &c.Old) || !d.Text(`,"new":`, &c.New) {
			return Row{}, false
		}
		c.WriteOnly, c.Companion = d.Skip(`,"writeOnly":true`), ""
		if !d.Skip("}") {
			return Row{}, false
		}
		p.Changes = append(p.Changes, c)
	}
	if len(p.Changes) > 0 && !d.Skip("]") {
		return Row{}, false
	}
	if at := r.readAt.text; d.Text(`,"readAt":`, &at) {
		if at != r.readAt.text {
			read, err := time.Parse(time.RFC3339Nano, at)
			if err != nil {
				return Row{}, false
			}
			r.readAt.text, r.readAt.time = at, read
		}
		p.ReadAt = r.readAt.time
	}
	return p, string(d) == "}"
}

// appendRow appends a row that is as nearly all are, as encoding/json writes it and plain reads it; false: it is not.
func appendRow(doc []byte, p Row) (_ []byte, ok bool) {
	if !p.If.IsZero() || len(p.Warnings) > 0 || p.Error != "" || p.Permanent {
		return doc, false
	}
	doc = strconv.AppendInt(append(doc, `{"row":`...), int64(p.Row), 10)
	doc = strconv.AppendInt(append(doc, `,"line":`...), int64(p.Line), 10)
	plain := store.AppendText(&doc, `,"number":`, p.Number) && store.AppendText(&doc, `,"status":`, string(p.Status))
	if p.SameAs != 0 {
		doc = strconv.AppendInt(append(doc, `,"sameAs":`...), int64(p.SameAs), 10)
	}
	before := `,"changes":[{"field":`
	for _, c := range p.Changes {
		plain = plain && c.Companion == "" && store.AppendText(&doc, before, c.Field) &&
			store.AppendText(&doc, `,"old":`, c.Old) && store.AppendText(&doc, `,"new":`, c.New)
		if c.WriteOnly {
			doc = append(doc, `,"writeOnly":true`...)
		}
		doc, before = append(doc, '}'), `,{"field":`
	}
	if len(p.Changes) > 0 {
		doc = append(doc, ']')
	}
	if !p.ReadAt.IsZero() {
		doc = append(p.ReadAt.AppendFormat(append(doc, `,"readAt":"`...), time.RFC3339Nano), '"')
	}
	return append(doc, '}'), plain
}
