// Package plan is the plan of a run: what each row of an input would do. It is pure: a
// [Decider] is given what was read and what earlier runs tell, [Totals] adds its rows
// up to a [Plan], [Waves] slice it, and a [Forecast] tells how long it takes, and until
// when it could be rolled back.
package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
)

// planVersion is the version of the plan document.
const planVersion = 1

// Plan is what a whole run would do, in figures.
type Plan struct {
	// Version is the version of this document.
	Version int       `json:"version"`
	MadeAt  time.Time `json:"madeAt"`
	// Hash is a short hash of all numbers, changes and preconditions, whatever
	// their order: it names what was agreed to.
	Hash string `json:"hash"`
	// Rows is how many there are, Counts how many would end in each status. Repeats is
	// how many rows only repeat another.
	Rows    int                   `json:"rows"`
	Counts  map[result.Status]int `json:"counts"`
	Repeats int                   `json:"repeats,omitempty"`
	// Added is how many rows are an earlier run's, and not the file's.
	Added int `json:"added,omitempty"`
	// Fields is how many rows change each field; Columns are the fields that
	// some row of the file sets.
	Fields  map[string]int `json:"fields"`
	Columns []string       `json:"columns"`
	// Shapes are what the changes have in common, the rarest first.
	Shapes []ShapeCount `json:"shapes"`
	// Accompanied is how many rows are sent with a companion; see [Companions].
	Accompanied int     `json:"accompanied,omitempty"`
	Reading     Reading `json:"reading"`
	Budget      Budget  `json:"budget"`
	// Waves are in which the rows are sent, if in waves; RollbackWindow is where the
	// run would stand if it began at once: with waves or a deadline only.
	Waves          []Wave          `json:"waves,omitempty"`
	RollbackWindow *RollbackWindow `json:"rollbackWindow,omitempty"`
	// SecondPass is what may come on top; nil: nothing.
	SecondPass *SecondPass `json:"secondPass,omitempty"`
	// Nights is how the run would go within its hours; nil: it may begin rows at any.
	Nights *Nights `json:"nights,omitempty"`
	// MissingShapes is of how many shapes the first wave has no row: it would be too large.
	MissingShapes int `json:"missingShapes,omitempty"`
	// Notes are what earlier runs tell of its rows.
	Notes []Note `json:"notes,omitempty"`
	// Named are the routes that the input names, with the ids that were found for them.
	Named RouteNames `json:"named,omitempty"`
	// Routes are what stands beside ids: the names of the routes that were read, and the accounts of subscribers.
	Routes map[string]string `json:"routes,omitempty"`
}

// AddRoutes adds the names of routes, by id.
func (p *Plan) AddRoutes(routes map[string]string) {
	if p.Routes == nil && len(routes) > 0 {
		p.Routes = map[string]string{}
	}
	maps.Copy(p.Routes, routes)
}

// ShapeCount is how many rows have a shape of changes.
type ShapeCount struct {
	Shape settings.Shape `json:"shape"`
	Rows  int            `json:"rows"`
}

// Updates is how many updates the plan needs.
func (p *Plan) Updates() int {
	n := 0
	for _, shape := range p.Shapes {
		n += shape.Rows
	}
	return n
}

// Numbers is how many rows there are that do not repeat another: shares are of these.
func (p *Plan) Numbers() int { return p.Rows - p.Repeats }

// Own is how many of them are the file's own.
func (p *Plan) Own() int { return p.Numbers() - p.Added }

// Note is something that earlier runs, or the check of the input, tell of a plan's rows, which
// stops nothing.
type Note struct {
	// Job is the other job that sets the numbers of these rows, time after time;
	// "": the same update was sent before, and nothing is known to have changed
	// the number since.
	Job string `json:"job,omitempty"`
	// Rows is how many rows it is about, Lines the lines of the first of them.
	Rows  int   `json:"rows"`
	Lines []int `json:"lines,omitempty"`
	// Warning is what the check of the input, or its plan, warns of in these rows, with its cure. Optional.
	Warning string `json:"warning,omitempty"`
	// Included says from which line on the rows were not in the file, and where they are from. Optional.
	Included string `json:"included,omitempty"`
	// Aside is told with the plan, and not besides.
	Aside bool `json:"aside,omitempty"`
	// Detail is what is to be known of the plan, or its waves, as a whole, and then there are no
	// rows.
	Detail string `json:"detail,omitempty"`
}

// notedLines is of how many rows a note has the lines.
const notedLines = 1000

// String says it, with the first lines.
func (n *Note) String() string {
	if n.Detail != "" {
		return n.Detail
	}
	lines := ListLines(n.Lines, n.Rows)
	if n.Included != "" {
		lines += " (" + n.Included + ")"
	}
	switch {
	case n.Warning != "" && slices.Contains(n.Lines, 0): // of the whole file
		return "warning: " + n.Warning
	case n.Warning != "":
		return fmt.Sprintf("warning: %s: %s", n.Warning, lines)
	}
	if n.Job != "" {
		return fmt.Sprintf("%s also set by job %s, and set back here: %s", areNumbers(n.Rows), n.Job, lines)
	}
	return fmt.Sprintf("%s sent before, and the API shows another spelling or value: %s", areUpdates(n.Rows), lines)
}

// areNumbers and areUpdates are so many of them with their verb.
func areNumbers(n int) string {
	if n == 1 {
		return "1 number is"
	}
	return fmt.Sprintf("%d numbers are", n)
}

func areUpdates(n int) string {
	if n == 1 {
		return "1 update was"
	}
	return fmt.Sprintf("%d updates were", n)
}

// Add counts a row, by its line.
func (n *Note) Add(line int) {
	if n.Rows++; len(n.Lines) < notedLines {
		n.Lines = append(n.Lines, line)
	}
}

// mostWarnings is how many kinds of warnings are told apart.
const mostWarnings = 50

// Warnings collects what the check of an input warns of, or its plan: one note of each kind.
type Warnings struct {
	Notes []Note
	more  int
}

// Add takes in a problem that is a warning, in the order of the input.
func (w *Warnings) Add(p input.Problem) {
	text := p.Message
	if p.Column != "" {
		text = p.Column + ": " + text
	}
	if p.Hint != "" {
		text += " (" + p.Hint + ")"
	}
	w.add(text, p.Line)
}

// AddRow takes in what is odd about a row that is sent.
func (w *Warnings) AddRow(p Row) {
	if !p.Sent() {
		return
	}
	for _, text := range p.Warnings {
		w.add(text, p.Line)
	}
}

func (w *Warnings) add(text string, line int) {
	i := slices.IndexFunc(w.Notes, func(n Note) bool { return n.Warning == text })
	switch {
	case i >= 0:
		w.Notes[i].Add(line)
	case len(w.Notes) < mostWarnings:
		w.Notes = append(w.Notes, Note{Warning: text, Rows: 1, Lines: []int{line}})
	default:
		w.more++
	}
}

// All are the notes, with how many warnings there are besides.
func (w *Warnings) All() []Note {
	if w.more == 0 {
		return w.Notes
	}
	return append(slices.Clip(w.Notes), Note{Detail: fmt.Sprintf("and %d more warnings, of other kinds", w.more)})
}

// ShownLines is of how many rows the lines are named.
const ShownLines = 5

// ListLines names the first lines of so many rows.
func ListLines(lines []int, rows int) string {
	lines = lines[:min(len(lines), ShownLines)]
	texts := make([]string, len(lines))
	for i, line := range lines {
		texts[i] = fmt.Sprint(line)
	}
	list := strings.Join(texts, ", ")
	switch more := rows - len(lines); {
	case rows == 1:
		return "line " + list
	case more == 0:
		return "lines " + list
	default:
		return fmt.Sprintf("lines %s and %d more", list, more)
	}
}
