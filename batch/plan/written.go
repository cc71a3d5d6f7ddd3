package plan

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
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
	d := written(doc)
	status := ""
	if !d.number(`{"row":`, &p.Row) || !d.number(`,"line":`, &p.Line) || !d.text(`,"number":`, &p.Number) || !d.text(`,"status":`, &status) {
		return Row{}, false
	}
	p.Status = result.Status(status)
	d.number(`,"sameAs":`, &p.SameAs)
	for before := `,"changes":[`; d.skip(before); before = "," {
		var c settings.Change
		if !d.text(`{"field":`, &c.Field) || !d.text(`,"old":`, &c.Old) || !d.text(`,"new":`, &c.New) {
			return Row{}, false
		}
		c.WriteOnly = d.skip(`,"writeOnly":true`)
		if !d.skip("}") {
			return Row{}, false
		}
		p.Changes = append(p.Changes, c)
	}
	if len(p.Changes) > 0 && !d.skip("]") {
		return Row{}, false
	}
	if read := ""; d.text(`,"readAt":`, &read) {
		var err error
		if p.ReadAt, err = time.Parse(time.RFC3339Nano, read); err != nil {
			return Row{}, false
		}
	}
	return p, string(d) == "}"
}

// written is what is left of a line that encoding/json has written.
type written []byte

// skip takes a text off its beginning; false: it begins otherwise.
func (d *written) skip(text string) bool {
	if len(*d) < len(text) || string((*d)[:len(text)]) != text {
		return false
	}
	*d = (*d)[len(text):]
	return true
}

// number takes off a member that is a whole number, and its name; false: there is none, or it cannot be read so.
func (d *written) number(name string, n *int) bool {
	rest := *d
	if !rest.skip(name) {
		return false
	}
	end := bytes.IndexAny(rest, ",}")
	if end < 0 {
		return false
	}
	value, err := strconv.Atoi(string(rest[:end]))
	if err != nil {
		return false
	}
	*n, *d = value, rest[end:]
	return true
}

// text takes off a member that is a text which needs no unescaping, and its name; false as with number.
func (d *written) text(name string, s *string) bool {
	rest := *d
	if !rest.skip(name) || !rest.skip(`"`) {
		return false
	}
	end := bytes.IndexByte(rest, '"')
	if end < 0 || bytes.IndexByte(rest[:end], '\\') >= 0 {
		return false
	}
	*s, *d = string(rest[:end]), rest[end+1:]
	return true
}
