// Package overview is what is told of the work for many accounts: a document, and a page that links their reports.
package overview

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/fleet"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/report/words"
)

// version is that of the document.
const version = 1

// Document is what became of the work for many accounts.
type Document struct {
	Version int `json:"version"`
	// Command is what was done for each, such as apply.
	Command string `json:"command"`
	// At is when it began, TookMs how long it took.
	At     time.Time `json:"at"`
	TookMs int64     `json:"tookMs"`
	// ExitCode is the worst of the accounts'.
	ExitCode int `json:"exitCode"`
	// Rows is how many all have, and Counts what became of them.
	Rows     int                   `json:"rows"`
	Counts   map[result.Status]int `json:"counts,omitempty"`
	Accounts []fleet.Outcome       `json:"accounts"`
}

// New makes the document of outcomes.
func New(command string, began time.Time, exitCode int, outcomes []fleet.Outcome) *Document {
	d := &Document{
		Version: version, Command: command, At: began.UTC().Truncate(time.Millisecond), TookMs: time.Since(began).Milliseconds(), ExitCode: exitCode,
		Counts: map[result.Status]int{}, Accounts: outcomes,
	}
	for _, o := range outcomes {
		d.Rows += o.Rows
		for status, n := range o.Counts {
			d.Counts[status] += n
		}
	}
	return d
}

// Failed are the accounts whose work failed, or did not begin.
func (d *Document) Failed() []fleet.Outcome {
	return slices.DeleteFunc(slices.Clone(d.Accounts), func(o fleet.Outcome) bool { return o.Begun && !o.Failed() })
}

// Said is what came of all of it, in a line.
func (d *Document) Said() string {
	failed := d.Failed()
	said := fmt.Sprintf("%s: %s", d.Command, words.CountOf(len(d.Accounts), "account"))
	if len(failed) == 0 {
		return said + ", and none failed"
	}
	var names []string
	for _, o := range failed {
		name := o.Account
		if o.Begun {
			name += fmt.Sprintf(" (exit code %d)", o.ExitCode)
		} else {
			name += " (not begun)"
		}
		names = append(names, name)
	}
	const most = 10
	if more := len(names) - most; more > 0 {
		names = append(names[:most], fmt.Sprintf("and %d more", more))
	}
	return fmt.Sprintf("%s, of which %s did not come to a good end: %s", said, words.Count(len(failed)), strings.Join(names, ", "))
}

// JSON writes the document.
func (d *Document) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(d)
}

// Exit is an account's exit code, if it has one.
func Exit(o fleet.Outcome) string {
	if !o.Begun {
		return "-"
	}
	return fmt.Sprint(o.ExitCode)
}

// Took is how long something took, if it took any time.
func Took(ms int64) string {
	if ms == 0 {
		return ""
	}
	return words.Duration(time.Duration(ms) * time.Millisecond)
}

// Became is what came of the work for an account: its counts, and what went wrong.
func Became(o fleet.Outcome) string {
	state := o.State
	if strings.HasPrefix(o.Why, state+":") { // it says so itself
		state = ""
	}
	parts := []string{state, Counted(o.Counts), o.Why}
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), "; ")
}

// Counted is how many rows stand in each status, the statuses in their usual order.
func Counted(counts map[result.Status]int) string {
	var parts []string
	for _, status := range result.Statuses() {
		if n := counts[status]; n > 0 {
			parts = append(parts, words.Count(n)+" "+string(status))
		}
	}
	return strings.Join(parts, ", ")
}

//go:embed page.tmpl
var form string

var page = sync.OnceValue(func() *template.Template { return template.Must(template.New("page").Parse(form)) })

// line is that of an account on the page.
type line struct {
	fleet.Outcome
	Exit, Took, Became, Link string
	Good                     bool
}

// Page writes the page. It stands in a folder, from which reports are linked by their relative paths, so that all of them
// can be copied together.
func (d *Document) Page(w io.Writer, dir string) error {
	view := struct {
		*Document
		When, Said, All string
		Lines           []line
	}{Document: d, When: d.At.Local().Format("2006-01-02 15:04 MST"), Said: words.Capital(d.Said()) + ".", All: Counted(d.Counts)}
	for _, o := range d.Accounts {
		l := line{Outcome: o, Exit: Exit(o), Took: Took(o.TookMs), Became: Became(o), Good: o.Begun && !o.Failed()}
		if path, err := filepath.Rel(dir, filepath.Join(o.Folder, "report.html")); err == nil && o.Folder != "" {
			l.Link = (&url.URL{Path: filepath.ToSlash(path)}).String()
		}
		view.Lines = append(view.Lines, l)
	}
	return page().Execute(w, view)
}
