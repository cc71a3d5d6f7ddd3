package text

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/bulknum/bulknum/batch/history"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/words"
)

// History writes a number's story for people, the oldest first. Times are
// shown in the zone that they are in.
func History(w io.Writer, h *history.Number) error {
	var b bytes.Buffer
	for i, p := range h.Entries {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%s  %s%s\n", p.At.Format(words.Clock), words.Printable(p.Run), nature(p))
		for _, line := range entryLines(p) {
			parts := wrapped(words.Printable(line), textWidth-len("    "))
			b.WriteString("  " + strings.Join(parts, "\n    ") + "\n")
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// nature says what kind of run it was, if it was no common one.
func nature(p history.Entry) string {
	var parts []string
	if p.RollbackOf != "" {
		parts = append(parts, "rollback of "+words.Printable(p.RollbackOf))
	} else if p.Waves != "" {
		parts = append(parts, "waves "+words.Printable(p.Waves))
	}
	if p.State != runs.Finished {
		parts = append(parts, string(p.State))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, "; ") + ")"
}

// entryLines are what there is to say of one run.
func entryLines(p history.Entry) []string {
	var lines []string
	for _, change := range p.Changes {
		text := change.String()
		if p.ReadAt.IsZero() {
			text = change.Field + " -> " + cmp.Or(change.New, "(empty)") + " (nothing was read before)"
		}
		lines = append(lines, words.WithRouteNames(text, p.Routes))
	}
	lines = append(lines, words.WithRouteNames(words.Outcome(p.Result), p.Routes))
	for _, late := range p.LateAnswers {
		lines = append(lines, words.WithRouteNames(words.LateAnswer(late), p.Routes))
	}
	if v := p.Verified; v != nil {
		lines = append(lines, words.WithRouteNames(verifiedText(v), p.Routes))
	}
	if p.RolledBackBy != "" {
		lines = append(lines, "rolled back by run "+p.RolledBackBy)
	}
	if text := behalfLine(p); text != "" {
		lines = append(lines, text)
	}
	return lines
}

// verifiedText is what a later reading found.
func verifiedText(v *runs.Verified) string {
	at := v.At.Format(words.Clock)
	switch v.Status {
	case result.InSync:
		return "verified " + at + ": in sync"
	case result.Drifted:
		return "read " + at + ": changed since: " + words.Drift(v.Drift)
	default:
		return "could not be verified " + at + ": " + v.Error
	}
}

// behalfLine says for whom, why and by whom.
func behalfLine(p history.Entry) string {
	var parts []string
	for _, f := range []struct{ label, text string }{
		{"job", p.Job}, {"ticket", p.Ticket}, {"reason", p.Reason}, {"operator", p.Operator}, {"user", p.User},
	} {
		if f.text != "" {
			parts = append(parts, f.label+" "+f.text)
		}
	}
	return strings.Join(parts, ", ")
}
