package text

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/report/words"
)

// Status writes where a live run stands, for people.
func Status(w io.Writer, s control.Document) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Run %s: %s\n", s.Run, phase(s))
	if s.Rows > 0 || len(s.Counts) > 0 {
		field(&b, "Rows", rowsDone(s))
	}
	field(&b, "In flight", words.CountOf(s.InFlight, "request"))
	field(&b, "Rate", s.Rate)
	if v := s.Wave; v != nil {
		field(&b, "Wave", fmt.Sprintf("%d of %d, up to row %s", v.N, v.Of, words.Count(v.Upto)))
	}
	if back := s.RollbackWindow; back != nil {
		if back.EndsAt.After(s.At) {
			field(&b, "Ends", "at "+clockOf(back.EndsAt)+" at this rate")
		}
		field(&b, "Window", windowOf(s))
	}
	if !s.Deadline.IsZero() {
		field(&b, "Deadline", clockOf(s.Deadline))
	}
	if c := s.Asked; c != nil {
		field(&b, "Asked", asked(*c, clockOf(c.At)))
	}
	for i, step := range words.WaysOn(s.Folder, s.Ways) {
		field(&b, label(i, "Next"), step.Command)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// phase is what the run is at, why, since when, and until when.
func phase(s control.Document) string {
	text := words.Standing(s.Phase, s.Why)
	if !s.Since.IsZero() {
		text += fmt.Sprintf(", since %s (%s)", clockOf(s.Since), words.Duration(s.At.Sub(s.Since)))
	}
	if !s.Until.IsZero() {
		text += ", until " + clockOf(s.Until)
	}
	return text
}

// rowsDone is how many rows are done, and what became of them.
func rowsDone(s control.Document) string {
	parts := []string{fmt.Sprintf("%s of %s done", words.Count(s.Done), words.Count(s.Rows))}
	for _, status := range result.Statuses() {
		if n := s.Counts[status]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", words.Count(n), status))
		}
	}
	return strings.Join(parts, ", ")
}

// windowOf is whether what was done can be undone in time.
func windowOf(s control.Document) string {
	back := s.RollbackWindow
	text := "a rollback of what is done takes " + words.Milliseconds(back.RollbackMs)
	if !back.NoReturnAt.IsZero() {
		text += fmt.Sprintf("; the point of no return is %s, after %s", clockOf(back.NoReturnAt), words.CountOf(back.NoReturnRows, "row"))
	}
	return text
}

// clockOf is a moment where this is read.
func clockOf(t time.Time) string { return t.Local().Format(words.Clock) }
