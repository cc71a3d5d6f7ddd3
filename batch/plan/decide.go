package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// HiddenMode says what is done about a field that the API does not show.
type HiddenMode string

const (
	// HiddenKnown sends it unless an earlier run has the API's answer for the
	// same value.
	HiddenKnown HiddenMode = "known"
	// HiddenSend sends it every time.
	HiddenSend HiddenMode = "send"
	// HiddenSkip never sends it.
	HiddenSkip HiddenMode = "skip"
)

// ParseHiddenMode reads the name of a mode.
func ParseHiddenMode(name string) (HiddenMode, error) {
	switch m := HiddenMode(name); m {
	case HiddenKnown, HiddenSend, HiddenSkip:
		return m, nil
	default:
		return "", fmt.Errorf("%q is not known: use known, send or skip", name)
	}
}

// Decider decides what a row would do. Given what was read and what is known of
// earlier runs, it is a pure function.
type Decider struct {
	// Current are the settings of a number as they were read; nil: nothing was
	// read, and every row is sent.
	Current func(number string) (read store.Reading, known bool)
	// Known are values of earlier runs for fields that the API does not show, by
	// number.
	Known  map[string]map[string]string
	Fields []string // of the job; none: all
	Hidden HiddenMode
	// Forbids says why changes of a number may not be made, or nothing.
	Forbids func(number string, changes []settings.Change) string
}

// Decide returns what one row would do.
func (d *Decider) Decide(row input.Row) Row {
	p := Row{Row: row.Row, Line: row.Line, Number: row.Number, Status: result.Unchanged, SameAs: row.SameAs}
	if row.Status == input.Invalid {
		p.Status, p.Error = result.Invalid, row.Error
		return p
	}
	want := row.Settings
	if len(d.Fields) > 0 {
		want = want.Only(d.Fields)
	}
	var now settings.State
	if d.Current != nil {
		line, read := d.Current(row.Number)
		switch {
		case !read:
			p.Status = result.Failed
			p.Error = "its current settings are not known: the file of exported settings does not have it"
			return p
		case line.State == nil:
			p.Status, p.ReadAt, p.Error = result.Failed, line.At, line.Error
			return p
		}
		now, p.ReadAt = *line.State, line.At
	}
	p.Changes = d.changes(row.Number, want, now)
	if len(p.Changes) == 0 {
		return p
	}
	p.If = row.If
	if p.Error = unmet(row.If, now, d.Known[row.Number]); p.Error == "" {
		p.Error = d.Forbids(p.Number, p.Changes)
	}
	if p.Error != "" {
		p.Status = result.Conflict
		return p
	}
	if flaw := settings.Apply(now, p.Changes).Flaw(); flaw != nil {
		p.Status, p.Error = result.Failed, flaw.Message
		return p
	}
	p.Status = result.Planned
	return p
}

// unmet says which preconditions a number does not meet, or nothing. Of what the
// API does not show, known is what earlier runs tell.
func unmet(expected settings.Settings, now settings.State, known map[string]string) string {
	for field, value := range known {
		now.Know(field, value)
	}
	return strings.Join(settings.Unmet(expected, now), "; ")
}

// Untold returns the fields that the API does not show of a row's number: those
// that the row would change, and those of its preconditions.
func (d *Decider) Untold(row input.Row) []string {
	p := d.Decide(row)
	if len(p.Changes) == 0 {
		return nil
	}
	var fields []string
	if !row.If.IsZero() {
		line, _ := d.Current(row.Number)
		fields = line.State.Untold(row.If) // it has one, as there are changes
	}
	for _, c := range p.Changes {
		if c.Hidden && !slices.Contains(fields, c.Field) {
			fields = append(fields, c.Field)
		}
	}
	return fields
}

// changes compares, taking hidden fields for what the mode says.
func (d *Decider) changes(number string, want settings.Settings, now settings.State) []settings.Change {
	if d.Current == nil {
		return settings.Everything(want)
	}
	if d.Hidden == HiddenKnown {
		for field, value := range d.Known[number] {
			now.Know(field, value)
		}
	}
	all := settings.Diff(want, now)
	if d.Hidden != HiddenSkip {
		return all
	}
	var shown []settings.Change
	for _, c := range all {
		if !c.Hidden {
			shown = append(shown, c)
		}
	}
	return shown
}

// Recheck judges a planned row by its number's settings as they were when the
// plan was made, and as they are: [result.Conflict] when a field is neither as it was
// nor as asked, [result.Unchanged] when all are as asked by now, [result.Conflict] when a
// precondition does not hold any more, else [result.Planned]. Of what the API does not
// show, known is what earlier runs tell.
func (p Row) Recheck(was, is settings.State, known map[string]string) (result.Status, string) {
	same := true
	for _, c := range p.Changes {
		field, _ := settings.Lookup(c.Field)
		before, shownBefore := was.Get(c.Field)
		now, shown := is.Get(c.Field)
		if shown == shownBefore && field.Same(now, before) {
			continue
		}
		same = false
		if shown && shownBefore && !field.Same(now, c.New) {
			return result.Conflict, fmt.Sprintf("%s is %q now, and was %q when the plan was made", c.Field, now, before)
		}
	}
	if !same && len(settings.Diff(settings.FromChanges(p.Changes), is)) == 0 {
		return result.Unchanged, ""
	}
	if why := unmet(p.If, is, known); why != "" {
		return result.Conflict, why
	}
	return result.Planned, ""
}
