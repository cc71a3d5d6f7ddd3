package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/folder"
	"github.com/bulknum/bulknum/client"
)

// textWidth is how wide the summary is, where words can be wrapped.
const textWidth = 100

// clock is how a time is shown to people, always with its zone.
const clock = "2006-01-02 15:04:05 MST"

// Text writes the summary of a run for people: what happened, the figures, the
// first failures with their reasons, where the reports are, and the commands
// that come next, if any. Times are shown in the zone that they are in.
func Text(w io.Writer, s *batch.Summary, next []string) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Run %s %s\n\n", s.Run.Name, headline(s))
	counts(&b, s.Rows, s.Counts)
	waves(&b, s.Waves)
	requests(&b, s)
	waits(&b, s)
	timing(&b, s)
	standing(&b, s.WayBack)
	controls(&b, s)
	failures(&b, s)
	b.WriteString("\n")
	origin(&b, s.Run)
	rolledBack(&b, s.RolledBack)
	routeNames(&b, s.Routes)
	behalf(&b, s.Run)
	field(&b, "Folder", s.Folder)
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

// origin writes which run a rollback takes back, and how many of its rows are
// left alone.
func origin(b *bytes.Buffer, run batch.Identity) {
	if run.RollbackOf == "" {
		return
	}
	text := "of " + printable(run.RollbackOf)
	if n := run.LeftAlone; n > 0 {
		text += fmt.Sprintf("; %s left alone, or in part, see %s", countOf(n, "row"), folder.SummaryFile)
	}
	field(b, "Rollback", text)
}

// rolledBack writes what was taken back of a run since.
func rolledBack(b *bytes.Buffer, back *batch.RolledBack) {
	if back != nil {
		field(b, "Rollback", "by "+printable(strings.Join(back.By, " and "))+": "+rolledBackRows(back))
	}
}

// rolledBackRows is how many rows were taken back.
func rolledBackRows(back *batch.RolledBack) string {
	return fmt.Sprintf("%s of the %s that it had updated", Count(back.Rows), countOf(back.Of, "row"))
}

// behalf writes for whom and why the run was, as far as that was given.
func behalf(b *bytes.Buffer, run batch.Identity) {
	for _, f := range []struct{ label, text string }{
		{"Ticket", run.Ticket}, {"Reason", run.Reason}, {"Operator", run.Operator},
	} {
		if f.text != "" {
			field(b, f.label, printable(f.text))
		}
	}
}

// headline says what happened, after the run's name.
func headline(s *batch.Summary) string {
	text := happened(s)
	if s.RolledBack != nil {
		text += "; since then it was " + printable(s.RolledBack.String())
	}
	if s.Run.Sandbox {
		return "(sandbox) " + text
	}
	return text
}

// happened says what happened.
func happened(s *batch.Summary) string {
	switch {
	case s.State == batch.Unfinished:
		return "has no end: it still goes on, or it was cut off"
	case s.Stop == nil:
		return finished(s)
	case s.Stop.Reason == batch.RefusedInput, s.Stop.Reason == batch.Declined:
		return "did not start: " + reason(s.Stop)
	default:
		return "stopped early: " + reason(s.Stop)
	}
}

// finished tells a run that came to its end by how many rows are as asked.
func finished(s *batch.Summary) string {
	good := s.Counts[batch.Updated] + s.Counts[batch.Unchanged] + s.Counts[batch.Planned]
	switch rest := s.Rows - good; {
	case s.Rows == 0:
		return "finished: there are no rows"
	case s.Counts[batch.Planned] > 0 && rest == 0:
		return "finished: every row can be sent as planned"
	case rest == 0 && s.RolledBack != nil:
		return "finished: every row was as asked"
	case rest == 0:
		return "finished: every row is as asked"
	default:
		return fmt.Sprintf("finished: %s of %s rows are not as asked", Count(rest), Count(s.Rows))
	}
}

// reason is why a run stopped, in words.
func reason(stop *batch.Stop) string {
	return printable(cmp.Or(stop.Detail, string(stop.Reason)))
}

// counts writes how many rows ended in each status.
func counts(b *bytes.Buffer, rows int, of map[batch.Status]int) {
	const indent = "  not_attempted" // the longest
	number := len(Count(rows))
	fmt.Fprintf(b, "%-*s  %*s\n", len(indent), "Rows", number, Count(rows))
	for _, status := range batch.Statuses() {
		if n := of[status]; n > 0 {
			fmt.Fprintf(b, "%-*s  %*s\n", len(indent), "  "+string(status), number, Count(n))
		}
	}
	b.WriteString("\n")
}

// requests writes what was sent, the most frequent first.
func requests(b *bytes.Buffer, s *batch.Summary) {
	r := s.Requests
	if r.Total == 0 {
		field(b, "Requests", "none")
		return
	}
	endpoints := slices.SortedFunc(maps.Keys(r.ByEndpoint), func(x, y client.Endpoint) int {
		return cmp.Or(cmp.Compare(r.ByEndpoint[y], r.ByEndpoint[x]), cmp.Compare(x, y))
	})
	parts := make([]string, len(endpoints))
	for i, endpoint := range endpoints {
		parts[i] = fmt.Sprintf("%s %s", endpoint, Count(r.ByEndpoint[endpoint]))
	}
	field(b, "Requests", fmt.Sprintf("%s (%s)", Count(r.Total), strings.Join(parts, ", ")))
}

// waits writes how often the API refused for the pace, and what was waited for.
func waits(b *bytes.Buffer, s *batch.Summary) {
	r := s.Requests
	var parts []string
	if n := r.ByStatus[429]; n > 0 || r.WaitedMs[client.WaitThrottled] > 0 {
		parts = append(parts, fmt.Sprintf("%s answers of 429 cost %s", Count(n), milliseconds(r.WaitedMs[client.WaitThrottled])))
	}
	for _, reason := range slices.Sorted(maps.Keys(r.WaitedMs)) {
		if ms := r.WaitedMs[reason]; ms > 0 && reason != client.WaitThrottled {
			parts = append(parts, fmt.Sprintf("%s %s", WaitName(reason), milliseconds(ms)))
		}
	}
	if len(parts) > 0 {
		field(b, "Waits", strings.Join(parts, ", "))
	}
}

// WaitName is what a wait is for, in words: "429", "outage", "retries".
func WaitName(reason client.WaitReason) string {
	switch reason {
	case client.WaitBackoff:
		return "retries of single rows"
	default:
		return string(reason)
	}
}

func milliseconds(ms int64) string { return Duration(time.Duration(ms) * time.Millisecond) }

// timing writes how long the run took, when, and how fast it was on average.
func timing(b *bytes.Buffer, s *batch.Summary) {
	took := milliseconds(s.DurationMs)
	if s.EndedAt.IsZero() {
		field(b, "Time", fmt.Sprintf("%s so far, since %s", took, s.StartedAt.Format(clock)))
	} else {
		field(b, "Time", fmt.Sprintf("%s, from %s to %s", took, s.StartedAt.Format(clock), s.EndedAt.Format(clock)))
	}
	// The first request takes no time, those after it come at the pace.
	if minutes := float64(s.DurationMs) / 60_000; minutes > 0 && s.Requests.Total > 1 {
		pace := float64(s.Requests.Total-1) / minutes
		field(b, "Pace", fmt.Sprintf("%.1f requests a minute on average, %s allowed", pace, allowed(s)))
	}
	if r := s.Requests; tooFast(r) {
		field(b, "", fmt.Sprintf("the API takes less than that: %s requests of %s were answered 429; a lower --rate is faster", Count(r.ByStatus[429]), Count(r.Total)))
	}
}

// tooFast reports whether so many requests met a 429 that the waits cost more
// than a lower pace would.
func tooFast(r batch.Requests) bool {
	const few, share = 20, 10 // below so many nothing is known; one in so many is too often
	return r.Total >= few && r.ByStatus[429]*share > r.Total
}

// allowed is the pace that was asked for at first, and those after it.
func allowed(s *batch.Summary) string {
	rates := []string{s.Run.Rate}
	for _, c := range s.Controls {
		if c.What == batch.CommandRate {
			rates = append(rates, c.Detail)
		}
	}
	return strings.Join(rates, ", then ")
}

// controls writes what was asked of the run while it went, the latest.
func controls(b *bytes.Buffer, s *batch.Summary) {
	for i, c := range s.Controls[max(0, len(s.Controls)-shownControls):] {
		text := fmt.Sprintf("%s %s by %s", c.At.Format(clock), c.What, printable(c.By))
		if c.Detail != "" {
			text += ": " + printable(c.Detail)
		}
		field(b, label(i, "Asked"), text)
	}
}

// shownControls is how many of them are written.
const shownControls = 10

// failures writes the first rows that want attention.
func failures(b *bytes.Buffer, s *batch.Summary) {
	if len(s.Failures) == 0 {
		return
	}
	all := s.Counts[batch.Failed] + s.Counts[batch.Unknown] + s.Counts[batch.Conflict] + s.Counts[batch.Invalid]
	if all > len(s.Failures) {
		fmt.Fprintf(b, "\nThe first %d of %s rows with trouble\n", len(s.Failures), Count(all))
	} else {
		b.WriteString("\nRows with trouble\n")
	}
	for _, r := range s.Failures {
		fmt.Fprintf(b, "  line %s, %s, %s\n", Count(r.Line), shownNumber(r.Number), r.Status)
		for _, line := range wrapped(printable(named(r.Error, s.Routes)), textWidth-len("      ")) {
			fmt.Fprintf(b, "      %s\n", line)
		}
	}
}
