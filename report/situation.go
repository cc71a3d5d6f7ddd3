package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch"
)

// SituationJSON writes where a live run stands as one document.
func SituationJSON(w io.Writer, s batch.Situation) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(s)
}

// SituationText writes where a live run stands, for people.
func SituationText(w io.Writer, s batch.Situation) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Run %s: %s\n", s.Run, phase(s))
	if s.Rows > 0 || len(s.Counts) > 0 {
		field(&b, "Rows", rowsDone(s))
	}
	field(&b, "In flight", countOf(s.InFlight, "request"))
	field(&b, "Pace", s.Rate)
	if v := s.Wave; v != nil {
		field(&b, "Wave", fmt.Sprintf("%d of %d, up to row %s", v.N, v.Of, Count(v.Upto)))
	}
	if back := s.WayBack; back != nil {
		field(&b, "Ends", "at "+clockOf(back.EndsAt)+" at this pace")
		field(&b, "Way back", wayBack(s))
	}
	if !s.Deadline.IsZero() {
		field(&b, "Deadline", clockOf(s.Deadline))
	}
	_, err := w.Write(b.Bytes())
	return err
}

// phase is what the run is at, since when, why, and until when.
func phase(s batch.Situation) string {
	text := strings.ReplaceAll(string(s.Phase), "_", " ")
	if !s.Since.IsZero() {
		text += fmt.Sprintf(" since %s (%s)", clockOf(s.Since), Duration(s.At.Sub(s.Since)))
	}
	if !s.Until.IsZero() {
		text += ", until " + clockOf(s.Until)
	}
	if s.Why != "" {
		text += ": " + printable(s.Why)
	}
	return text
}

// rowsDone is how many rows are done, and what became of them.
func rowsDone(s batch.Situation) string {
	parts := []string{fmt.Sprintf("%s of %s done", Count(s.Done), Count(s.Rows))}
	for _, status := range batch.Statuses() {
		if n := s.Counts[status]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", Count(n), status))
		}
	}
	return strings.Join(parts, ", ")
}

// wayBack is whether what was done can be undone in time.
func wayBack(s batch.Situation) string {
	back := s.WayBack
	text := "a rollback of what is done takes " + milliseconds(back.RollbackMs)
	if !back.NoReturnAt.IsZero() {
		text += fmt.Sprintf("; the point of no return is %s, after %s", clockOf(back.NoReturnAt), countOf(back.NoReturnRows, "row"))
	}
	return text
}

// clockOf is a moment where this is read.
func clockOf(t time.Time) string { return t.Local().Format(clock) }
