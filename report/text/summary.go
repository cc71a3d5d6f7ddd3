// Package text has the printed reports: a plan, a run's summary, a table of its rows, the lists of runs, and a number's
// history.
//
// Nothing in it moves the cursor, and colour is not needed to read it.
package text

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/folder"
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/runs/request"
	"github.com/bulknum/bulknum/report/words"
)

// textWidth is how wide the summary is, where words can be wrapped.
const textWidth = 100

// Summary writes the summary of a run for people: what happened, the figures, the
// first failures with their reasons, where the reports are, and the commands
// that come next, if any. Times are shown in the zone that they are in.
func Summary(w io.Writer, s *runs.Summary, next []string) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Run %s %s\n\n", s.Run.Name, headline(s))
	counts(&b, s.Rows, s.Counts)
	waves(&b, words.Waves(s))
	field(&b, "Requests", words.Requests(s))
	if text := words.Waits(s); text != "" {
		field(&b, "Waits", text)
	}
	timing(&b, s)
	if s.Counts[result.Unchanged] > 0 && !s.UnchangedAsOf.IsZero() {
		field(&b, "Unchanged", "as of "+s.UnchangedAsOf.Local().Format(words.Clock)+", when the oldest of them was read")
	}
	rollbackWindow(&b, s.RollbackWindow)
	for i, line := range words.Service(s.Service, time.Local) {
		field(&b, label(i, "Service"), strings.Join(wrapped(line, textWidth-labelWidth), "\n"))
	}
	notes(&b, s.Notes)
	controls(&b, s)
	lateAnswers(&b, s)
	failures(&b, s)
	b.WriteString("\n")
	origin(&b, s.Run)
	rolledBack(&b, s.RolledBack)
	routeNames(&b, s.Routes)
	behalf(&b, s.Run)
	inFolder(&b, s.Folder)
	for i, command := range next {
		field(&b, label(i, "Next"), command)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// Trouble writes of a run what somebody must know who does not read the rest: the headline, the
// first rows with trouble, and the commands that come next.
func Trouble(w io.Writer, s *runs.Summary, next []string) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Run %s %s\n", s.Run.Name, headline(s))
	failures(&b, s)
	for i, command := range next {
		field(&b, label(i, "Next"), command)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// labelWidth is how far labels indent what stands beside them.
const labelWidth = 10

// field writes a labelled line; the text keeps its own line breaks, indented.
func field(b *bytes.Buffer, label, text string) {
	text = strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", labelWidth))
	fmt.Fprintf(b, "%-*s%s\n", labelWidth, label, text)
}

// label is for the first of several lines only.
func label(i int, text string) string {
	if i > 0 {
		return ""
	}
	return text
}

// origin writes which run a rollback rolls back, and how many of its rows are
// skipped.
func origin(b *bytes.Buffer, run runs.Identity) {
	if run.RollbackOf == "" {
		return
	}
	text := "of " + words.Printable(run.RollbackOf)
	if n := run.Skipped; n > 0 {
		text += fmt.Sprintf("; %s skipped, wholly or in part, see %s", words.CountOf(n, "row"), folder.SummaryFile)
	}
	field(b, "Rollback", text)
}

// rolledBack writes what was rolled back of a run since.
func rolledBack(b *bytes.Buffer, back *runs.RolledBack) {
	if back != nil {
		field(b, "Rollback", "by "+words.Printable(strings.Join(back.By, " and "))+": "+words.RolledBackRows(back))
	}
}

// behalf writes for whom and why the run was, as far as that was given.
func behalf(b *bytes.Buffer, run runs.Identity) {
	for _, f := range []struct{ label, text string }{
		{"Ticket", run.Ticket}, {"Reason", run.Reason}, {"Operator", run.Operator},
	} {
		if f.text != "" {
			field(b, f.label, words.Printable(f.text))
		}
	}
}

// headline says what happened, after the run's name.
func headline(s *runs.Summary) string {
	if s.Run.Sandbox {
		return "(sandbox) " + words.Happened(s)
	}
	return words.Happened(s)
}

// counts writes how many rows ended in each status.
func counts(b *bytes.Buffer, rows int, of map[result.Status]int) {
	const indent = "  not_attempted" // the longest
	number := len(words.Count(rows))
	fmt.Fprintf(b, "%-*s  %*s\n", len(indent), "Rows", number, words.Count(rows))
	for _, status := range result.Statuses() {
		if n := of[status]; n > 0 {
			fmt.Fprintf(b, "%-*s  %*s\n", len(indent), "  "+string(status), number, words.Count(n))
		}
	}
	b.WriteString("\n")
}

// timing writes how long the run took, when, and how fast it was on average.
func timing(b *bytes.Buffer, s *runs.Summary) {
	took := words.Took(s)
	if s.State == runs.Crashed {
		field(b, "Time", "from "+s.StartedAt.Format(words.Clock)+" until it was cut off")
		return
	}
	if s.EndedAt.IsZero() {
		field(b, "Time", fmt.Sprintf("%s so far, since %s", took, s.StartedAt.Format(words.Clock)))
	} else {
		field(b, "Time", fmt.Sprintf("%s, from %s to %s", took, s.StartedAt.Format(words.Clock), s.EndedAt.Format(words.Clock)))
	}
	// The first request takes no time, those after it come at the rate.
	if took := time.Duration(s.DurationMs) * time.Millisecond; took > 0 && s.Requests.Total > 1 {
		field(b, "Rate", fmt.Sprintf("%s on average, %s allowed", words.Rate(s.Requests.Total-1, took, s.Run.Rate), allowed(s)))
	}
	if limit := words.Limit(s); limit != "" {
		field(b, "Limit", limit)
	} else if r := s.Requests; tooFast(r) {
		field(b, "", fmt.Sprintf("the API takes less than that: %s requests of %s were answered 429; a lower --"+option.Rate+" is faster", words.Count(r.Throttled()), words.Count(r.Total)))
	}
}

// tooFast reports whether so many requests met a 429 that the waits cost more
// than a lower rate would.
func tooFast(r request.Counts) bool {
	const few, share = 20, 10 // below so many nothing is known; one in so many is too often
	return r.Total >= few && r.Throttled()*share > r.Total
}

// allowed is the rate that was asked for at first, and those after it.
func allowed(s *runs.Summary) string {
	rates := []string{s.Run.Rate}
	for _, c := range s.Controls {
		if c.What == event.CommandRate {
			rates = append(rates, c.Detail)
		}
	}
	return strings.Join(rates, ", then ")
}

// controls writes what was asked of the run while it went, the latest.
func controls(b *bytes.Buffer, s *runs.Summary) {
	for i, c := range s.Controls[max(0, len(s.Controls)-shownControls):] {
		field(b, label(i, "Asked"), asked(c, c.At.Format(words.Clock)))
	}
}

// lateAnswers writes what came to those who did not have the run any more.
func lateAnswers(b *bytes.Buffer, s *runs.Summary) {
	for i, line := range words.LateAnswers(s.LateAnswers) {
		field(b, label(i, "Late"), words.Printable(line))
	}
}

// asked is what was asked of a run, by whom, and when.
func asked(c event.Commanded, at string) string {
	text := fmt.Sprintf("%s %s by %s", at, c.What, words.Printable(c.By))
	if c.Detail != "" {
		text += ": " + words.Printable(c.Detail)
	}
	return text
}

// shownControls is how many of them are written.
const shownControls = 10

// failures writes the first rows that want attention.
func failures(b *bytes.Buffer, s *runs.Summary) {
	if len(s.Failures) == 0 {
		return
	}
	all := s.Counts[result.Failed] + s.Counts[result.Unknown] + s.Counts[result.Conflict] + s.Counts[result.Invalid]
	if all > len(s.Failures) {
		fmt.Fprintf(b, "\nThe first %d of %s rows with trouble\n", len(s.Failures), words.Count(all))
	} else {
		b.WriteString("\nRows with trouble\n")
	}
	for _, r := range s.Failures {
		fmt.Fprintf(b, "  %s, %s, %s\n", result.Place(r.Line, r.Row), words.Number(r.Number), r.Status)
		for _, line := range wrapped(words.Printable(words.WithRouteNames(r.Error, s.Routes)), textWidth-len("      ")) {
			fmt.Fprintf(b, "      %s\n", line)
		}
	}
}

// inFolder says where a run's files are, and which of them is the page to open.
func inFolder(b *bytes.Buffer, path string) {
	field(b, "Folder", words.Printable(path))
	field(b, "Report", words.Printable(filepath.Join(path, folder.HTMLFile)))
}
