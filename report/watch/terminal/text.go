package terminal

import (
	"fmt"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/result"
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
func progressParts(s *control.Status) []part {
	p := s.Progress
	parts := []part{{text: doneText(p)}}
	if s.Wave != nil && !p.Reading {
		parts = append(parts, part{text: fmt.Sprintf("wave %d of %d", s.Wave.N, s.Wave.Of)})
	}
	if p.Total > 0 {
		parts = append(parts, part{text: fmt.Sprintf("%d %%", p.Done*100/p.Total)})
	}
	if p.Left > 0 {
		parts = append(parts, part{text: words.Duration(p.Left) + " left"})
	}
	rate := fmt.Sprintf("%.0f/m", p.Rate)
	if !p.Reading {
		rate += fmt.Sprintf(" (average %.0f/m)", p.Average)
	}
	parts = append(parts, part{text: rate})
	if !p.Ends.IsZero() {
		clock := words.ClockTime
		if p.Left >= 24*time.Hour || p.Ends.Day() != s.At.Day() {
			clock = words.Clock
		}
		parts = append(parts, part{text: "done at " + p.Ends.Format(clock)})
	}
	return parts
}

// doneText is how much is done, and of how much.
func doneText(p control.Progress) string {
	text := words.Count(p.Done)
	if p.Total > 0 || !p.Reading {
		text += "/" + words.Count(p.Total)
	}
	if p.Reading {
		return "reading " + text
	}
	return text
}

// stateParts say what is going on and how rows ended, most important first.
func stateParts(s *control.Status, zone *time.Location) []part {
	var parts []part
	if s.Draining {
		parts = append(parts, part{text: fmt.Sprintf("stopping, %s in flight", words.Count(s.Drained)), color: yellow})
	}
	switch {
	case s.Phase.Holds() && s.Why != "":
		text := words.Standing(s.Phase, s.Why)
		if !s.Until.IsZero() {
			text += ", until " + s.Until.In(zone).Format(words.ClockTime)
		}
		parts = append(parts, part{text: text, color: yellow})
	case s.Wait.Reason != "":
		parts = append(parts, part{text: "waiting: " + words.Wait(s.Wait, zone), color: yellow})
	}
	for _, status := range result.Statuses() {
		if n := s.Finished[status]; n > 0 {
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
