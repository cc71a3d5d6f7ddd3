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

// WriteOnlyMode says what is done about a field that the API does not show.
type WriteOnlyMode string

const (
	// WriteOnlyKnown sends it unless an earlier run has the API's answer for the
	// same value.
	WriteOnlyKnown WriteOnlyMode = "known"
	// WriteOnlySend sends it every time.
	WriteOnlySend WriteOnlyMode = "send"
	// WriteOnlySkip never sends it.
	WriteOnlySkip WriteOnlyMode = "skip"
)

// ParseWriteOnlyMode reads the name of a mode.
func ParseWriteOnlyMode(name string) (WriteOnlyMode, error) {
	switch m := WriteOnlyMode(name); m {
	case WriteOnlyKnown, WriteOnlySend, WriteOnlySkip:
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
	// Known are values of earlier runs for write-only fields, by
	// number.
	Known     map[string]map[string]string
	Fields    []string // of the job; none: all
	WriteOnly WriteOnlyMode
	// InDoubt tells, for a rollback, the numbers of which it is not known which fields the
	// origin wrote: each field then goes back by itself. Optional.
	InDoubt func(number string) bool
	// Forbids says why changes of a number may not be made, or nothing.
	Forbids func(number string, changes []settings.Change) string
}

// Decide returns what one row would do.
func (d *Decider) Decide(row input.Row) Row {
	p := Row{Row: row.Row, Line: row.Line, Number: row.Number, Status: result.Unchanged, SameAs: row.SameAs, Wave: row.Wave}
	if row.Status == input.Invalid {
		p.Status, p.Error = result.Invalid, row.Error
		return p
	}
	want := row.Settings
	if len(d.Fields) > 0 {
		want = want.Only(d.Fields)
	}
	var now settings.State
	var numberStatus string
	if d.Current != nil {
		line, read := d.Current(row.Number)
		switch {
		case !read:
			p.Status = result.Failed
			p.Error = "its current settings are not known: the file of exported settings does not have it"
			return p
		case line.State == nil:
			p.Status, p.ReadAt, p.Error, p.Permanent = result.Failed, line.At, line.Error, line.Permanent
			return p
		}
		now, p.ReadAt, numberStatus = *line.State, line.At, line.Status
	}
	p.Changes = d.changes(row.Number, want, now)
	if len(p.Changes) == 0 {
		return p
	}
	p.If = row.If
	var left string
	if d.InDoubt != nil && d.InDoubt(row.Number) {
		p, left = p.splitUp(now, d.Known[row.Number])
	}
	p.Changes, p.Warnings = d.companions(p.Changes, want, now)
	if p.Error = unmet(p.If, now, d.Known[row.Number]); p.Error == "" {
		p.Error = d.Forbids(p.Number, p.Changes)
	}
	if p.Error != "" {
		p.Status = result.Conflict
		return p
	}
	if flaw := settings.Apply(now, p.Changes).Flaw(); flaw != nil {
		p.Status, p.Error, p.Permanent = result.Failed, flaw.Message, true
		return p
	}
	if numberStatus != "" && !strings.EqualFold(numberStatus, active) {
		p.Warnings = append(p.Warnings, fmt.Sprintf("the number's status is %q, and not %s", numberStatus, active))
	}
	for _, flaw := range now.Odd(p.Changes) {
		p.Warnings = append(p.Warnings, fmt.Sprintf("%s: %s (%s)", flaw.Field, flaw.Message, flaw.Hint))
	}
	p.Status, p.Error = result.Planned, left
	return p
}

// active is the status of a number that is in use.
const active = "Active"

// companions adds what goes along with the changes, and warns of what does not.
func (d *Decider) companions(changes []settings.Change, want settings.Settings, now settings.State) (all []settings.Change, warnings []string) {
	all, lacks := settings.Companions(changes, want, now, func(c settings.Change) bool {
		return (len(d.Fields) == 0 || slices.Contains(d.Fields, c.Field)) && !(c.WriteOnly && d.WriteOnly == WriteOnlySkip)
	})
	for _, route := range lacks {
		warnings = append(warnings, fmt.Sprintf("%s is turned on and no %s goes along, which the API may ask for "+
			"(%s)", settings.Capability(route), route, SetCompanion(d.Fields, route)))
	}
	return all, warnings
}

// SetCompanion says what makes a route go along with a capability in a job that writes these fields; none: all.
func SetCompanion(fields []string, route string) string {
	if len(fields) > 0 && !slices.Contains(fields, route) {
		return "name " + route + " among the fields that the job sets"
	}
	return "set it in the same row"
}

// splitUp keeps of a row's changes those whose field is as its precondition says, with
// that, and says why the others are left; when there are no such changes, all stay.
func (p Row) splitUp(now settings.State, known map[string]string) (_ Row, left string) {
	var kept []settings.Change
	var expected settings.Settings
	var why []string
	for _, c := range p.Changes {
		own := p.If.Only(settings.Inseparable(c.Field))
		if unmet := unmet(own, now, known); unmet != "" {
			why = append(why, unmet)
			continue
		}
		kept = append(kept, c)
		for _, field := range own.Names() {
			value, _ := own.Get(field)
			expected.Set(field, value)
		}
	}
	if len(kept) == 0 {
		return p, ""
	}
	p.Changes, p.If = kept, expected
	if len(why) > 0 {
		left = "left as it is: " + strings.Join(why, "; ")
	}
	return p, left
}

// unmet says which preconditions a number does not meet, or nothing. Of what the
// API does not show, known is what earlier runs tell.
func unmet(expected settings.Settings, now settings.State, known map[string]string) string {
	for field, value := range known {
		now.Know(field, value)
	}
	return strings.Join(settings.Unmet(expected, now), "; ")
}

// Untold returns the write-only fields of a row's number: those
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
		if c.WriteOnly && !slices.Contains(fields, c.Field) {
			fields = append(fields, c.Field)
		}
	}
	return fields
}

// changes compares, taking write-only fields for what the mode says.
func (d *Decider) changes(number string, want settings.Settings, now settings.State) []settings.Change {
	if d.Current == nil {
		return settings.Everything(want)
	}
	if d.WriteOnly == WriteOnlyKnown {
		for field, value := range d.Known[number] {
			now.Know(field, value)
		}
	}
	all := settings.Diff(want, now)
	if d.WriteOnly != WriteOnlySkip {
		return all
	}
	var shown []settings.Change
	for _, c := range all {
		if !c.WriteOnly {
			shown = append(shown, c)
		}
	}
	return shown
}

// Settle is [Row.Recheck] for a row that is in doubt: something of it may have been applied,
// so that it is [result.Unknown] in place of [result.Conflict], with what each field is.
func (p Row) Settle(was, is settings.State, known map[string]string) (result.Status, string) {
	status, why := p.Recheck(was, is, known)
	if status != result.Conflict {
		return status, why
	}
	fields := make([]string, len(p.Changes))
	for i, c := range p.Changes {
		field, _ := settings.Lookup(c.Field)
		before, shownBefore := was.Get(c.Field)
		now, shown := is.Get(c.Field)
		switch {
		case c.Companion != "" && shown && field.Same(now, c.New):
			fields[i] = fmt.Sprintf("%s is %q, as it was", c.Field, now)
		case !shown:
			fields[i] = c.Field + " is not shown by the API"
		case field.Same(now, c.New):
			fields[i] = fmt.Sprintf("%s is %q, as asked", c.Field, now)
		case shown == shownBefore && field.Same(now, before):
			fields[i] = fmt.Sprintf("%s is %q, as it was", c.Field, now)
		default:
			fields[i] = fmt.Sprintf("%s is %q, neither as it was nor as asked", c.Field, now)
		}
	}
	return result.Unknown, "it may have been applied: " + strings.Join(fields, ", ")
}

// AsBefore reports whether all that a row changes is shown, and is as it was.
func (p Row) AsBefore(was, is settings.State) bool {
	for _, c := range settings.Own(p.Changes) {
		field, _ := settings.Lookup(c.Field)
		before, shownBefore := was.Get(c.Field)
		now, shown := is.Get(c.Field)
		if !shown || !shownBefore || !field.Same(now, before) {
			return false
		}
	}
	return true
}

// Recheck judges a planned row by its number's settings as they were when the
// plan was made, and as they are: [result.Conflict] when a field is neither as it was
// nor in sync, [result.Unchanged] when all are in sync by now, [result.Conflict] when a
// precondition does not hold any more, or what goes along is not as it was, else [result.Planned]. Of
// what the API does not show, known is what earlier runs tell.
func (p Row) Recheck(was, is settings.State, known map[string]string) (result.Status, string) {
	same, own := true, settings.Own(p.Changes)
	for _, c := range own {
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
	if !same && len(settings.Diff(settings.FromChanges(own), is)) == 0 {
		return result.Unchanged, ""
	}
	if why := unmet(p.If, is, known); why != "" {
		return result.Conflict, why
	}
	if why := p.strayed(is); why != "" {
		return result.Conflict, why
	}
	return result.Planned, ""
}

// Accompanied reports whether something goes along with the row's changes that the row itself does not ask for: only a
// reading from just before tells that.
func (p Row) Accompanied() bool {
	return slices.ContainsFunc(p.Changes, func(c settings.Change) bool { return c.Companion == settings.AsRead })
}

// strayed says what goes along with a row's changes and is not as it was, or nothing.
func (p Row) strayed(is settings.State) string {
	for _, c := range p.Changes {
		if c.Companion == "" || c.WriteOnly {
			continue
		}
		field, _ := settings.Lookup(c.Field)
		switch now, shown := is.Get(c.Field); {
		case !shown:
			return fmt.Sprintf("%s is not shown any more, and was %q when the plan was made: it would be sent along", c.Field, c.Old)
		case !field.Same(now, c.New):
			return fmt.Sprintf("%s is %q now, and was %q when the plan was made: it would be sent along", c.Field, now, c.Old)
		}
	}
	return ""
}
