package terminal

import (
	"fmt"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/report/watch/progress"
	"github.com/bulknum/bulknum/report/words"
)

// part is a piece of the display that is shown whole or not at all. Its colour,
// an ANSI code, repeats what its words say.
type part struct {
	text  string
	color string
}

// The colours that terminals have had from the beginning.
const (
	red    = "31"
	green  = "32"
	yellow = "33"
)

// gap separates parts.
const gap = "  "

// fit joins as many parts as there is room for.
func fit(parts []part, width int, color bool) string {
	var b strings.Builder
	used := 0
	for _, p := range parts {
		need := len(p.text)
		if used > 0 {
			need += len(gap)
		}
		if used+need > width {
			break
		}
		if used > 0 {
			b.WriteString(gap)
		}
		used += need
		if color && p.color != "" {
			fmt.Fprintf(&b, "\x1b[%sm%s\x1b[0m", p.color, p.text)
		} else {
			b.WriteString(p.text)
		}
	}
	return b.String()
}

// progressParts say how far and how fast, most important first.
func progressParts(v progress.View) []part {
	parts := []part{{text: doneText(v)}}
	if v.Wave != nil && !v.Reading {
		parts = append(parts, part{text: fmt.Sprintf("wave %d of %d", v.Wave.N, v.Wave.Of)})
	}
	if v.Total > 0 {
		parts = append(parts, part{text: fmt.Sprintf("%d %%", v.Done*100/v.Total)})
	}
	if v.Left > 0 {
		parts = append(parts, part{text: words.Duration(v.Left) + " left"})
	}
	pace := fmt.Sprintf("%.0f/min", v.Rate)
	if !v.Reading {
		pace += fmt.Sprintf(" (average %.0f)", v.Average)
	}
	parts = append(parts, part{text: pace})
	if !v.Ends.IsZero() {
		parts = append(parts, part{text: "done at " + v.Ends.Format(progress.Clock)})
	}
	return parts
}

// doneText is how much is done, and of how much.
func doneText(v progress.View) string {
	text := words.Count(v.Done)
	if v.Total > 0 || !v.Reading {
		text += "/" + words.Count(v.Total)
	}
	if v.Reading {
		return "reading " + text
	}
	return text
}

// stateParts say what is going on and how rows ended, most important first.
func stateParts(v progress.View, zone *time.Location) []part {
	var parts []part
	if v.Stopping {
		parts = append(parts, part{text: fmt.Sprintf("stopping, %s in flight", words.Count(v.InFlight)), color: yellow})
	}
	if v.Wait.Reason != "" {
		parts = append(parts, part{text: "waiting: " + progress.WaitText(v.Wait, zone), color: yellow})
	}
	for _, status := range result.Statuses() {
		if n := v.Counts[status]; n > 0 {
			parts = append(parts, part{text: string(status) + " " + words.Count(n), color: statusColor(status)})
		}
	}
	return parts
}

func statusColor(s result.Status) string {
	switch s {
	case result.Updated, result.Unchanged:
		return green
	case result.Failed, result.Unknown:
		return red
	default:
		return yellow
	}
}
