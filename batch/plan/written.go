package plan

import (
	"encoding/json"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// A run of a million rows has a plan of a million lines, which are read several times. Nearly all have the same few
// members in the same order, and texts without anything that is escaped: these are read as they were written, which is
// some ten times as fast, and all others as JSON.

// rowOf reads a row of the plan.
func rowOf(doc []byte) (Row, error) {
	if p, ok := plainRow(doc); ok {
		return p, nil
	}
	var p Row
	err := json.Unmarshal(doc, &p)
	return p, err
}

// plainRow reads a row that is as nearly all are; false: it is not.
func plainRow(doc []byte) (p Row, ok bool) {
	d := store.Written(doc)
	status := ""
	if !d.Number(`{"row":`, &p.Row) || !d.Number(`,"line":`, &p.Line) || !d.Text(`,"number":`, &p.Number) || !d.Text(`,"status":`, &status) {
		return Row{}, false
	}
	p.Status = result.Status(status)
	d.Number(`,"sameAs":`, &p.SameAs)
	d.Number(`,"wave":`, &p.Wave)
	for before := `,"changes":[`; d.Skip(before); before = "," {
		var c settings.Change
		if !d.Text(`{"field":`, &c.Field) || !d.Text(`,"old":`, &c.Old) || !d.Text(`,"new":`, &c.New) {
			return Row{}, false
		}
		c.WriteOnly = d.Skip(`,"writeOnly":true`)
		if !d.Skip("}") {
			return Row{}, false
		}
		p.Changes = append(p.Changes, c)
	}
	if len(p.Changes) > 0 && !d.Skip("]") {
		return Row{}, false
	}
	if read := ""; d.Text(`,"readAt":`, &read) {
		var err error
		if p.ReadAt, err = time.Parse(time.RFC3339Nano, read); err != nil {
			return Row{}, false
		}
	}
	return p, string(d) == "}"
}
