// Package html is the form of report.html: template, style, script and rows in one page that needs no network, no
// server and no other file.
//
// Every value is escaped, and a content security policy in the page forbids
// everything but its own style and script, which it names by their hashes. The
// rows are in the page as data; the script shows a part of them at a time, so
// that a page of many rows opens as fast as one of few.
package html

import (
	"bufio"
	_ "embed" // the page's parts
	"io"
	"iter"
	"time"

	"github.com/bulknum/bulknum/report/page/chart"
)

// Page is a report without its rows. Text may have anything in it.
type Page struct {
	// Kind says what it is about: "Run", "Plan"; Name is its name.
	Kind, Name string
	// Sandbox marks what changed no real number.
	Sandbox bool
	// Headline says what happened; Tone is how good that is.
	Headline string
	Tone     Tone
	// Lead says in sentences for whom, by whom and why.
	Lead []string
	// Figures are the few numbers that matter most.
	Figures []Figure
	// Next are the commands that come next, if any.
	Next []Command
	// Tables and Charts follow, and Facts end what is said above the rows.
	Tables []Table
	Charts []Chart
	Facts  []Fact
	// Rows is how many there are; the page has no more than a limit of them.
	Rows int
	// Routes are the names of routes, by id.
	Routes map[string]string
	// Only says which rows the page has, when it was asked for some only.
	Only string
	// Statuses are those that rows have, in the order of reports, and Urgent
	// those that come first.
	Statuses, Urgent []string
	// CSV is where all rows are, as a file.
	CSV string
	// At is when what it says was looked up; MadeAt is that for people.
	At     time.Time
	MadeAt string
	// Live adds what shows how far the run is: the page then follows the server
	// that it came from.
	Live bool
}

// Tone is how good something is.
type Tone string

// The tones.
const (
	Good    Tone = "good"
	Neutral Tone = "neutral"
	Warning Tone = "warning"
	Bad     Tone = "bad"
)

// Figure is a number with what it counts, and a note.
type Figure struct {
	Label, Value, Note string
	Tone               Tone
}

// Command is what someone can do next: what it is for, and how it is typed.
type Command struct{ Label, Line string }

// Fact is a label with lines of text.
type Fact struct {
	Label string
	Lines []string
}

// Table is a list with a title and columns, and a name within the page.
type Table struct {
	ID, Title, Note string
	Columns         []Column
	Lines           [][]string
}

// Column is the head of a column. Cells of one that is Numeric stand to the
// right; those of one that is Whole are not broken into lines.
type Column struct {
	Name           string
	Numeric, Whole bool
}

// Chart is a drawing in two widths, with what it says in words and its numbers.
type Chart struct {
	Title, Caption string
	Wide, Narrow   chart.Drawing
	Legend         []Key
	Numbers        Table
}

// Key explains a class of a drawing.
type Key struct{ Class, Name string }

// The page's parts.
var (
	//go:embed page.tmpl
	page string
	//go:embed style.css
	style string
	//go:embed script.js
	script string
)

// Write writes the page with its rows. It streams.
func Write(w io.Writer, p Page, rows iter.Seq2[Row, error]) error { return write(w, p, eachOf(rows)) }

// write writes the page with the rows that rows writes, as of writeData.
func write(w io.Writer, p Page, rows func(io.Writer) ([]string, error)) error {
	out := bufio.NewWriter(w)
	view, err := newView(p)
	if err != nil {
		return err
	}
	for _, part := range []func(io.Writer) error{
		func(w io.Writer) error { return view.execute(w, "head") },
		text(`<script type="application/json" id="data">`),
		func(w io.Writer) error { return writeData(w, p, rows) },
		text("</script>\n"),
		func(w io.Writer) error { return view.execute(w, "tail") },
	} {
		if err := part(out); err != nil {
			return err
		}
	}
	return out.Flush()
}

// text is a part that is always the same.
func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}
