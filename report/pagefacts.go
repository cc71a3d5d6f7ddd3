package report

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/report/html"
)

// facts are the particulars of a run, in the words of its summary.
func facts(s *batch.Summary, plan *batch.Plan) []html.Fact {
	run := s.Run
	list := []html.Fact{
		{Label: "Run", Lines: []string{run.Name + ", job " + run.Job}},
		{Label: "Input", Lines: []string{run.Source + ", " + countOf(int(run.Input.Bytes), "byte"), "SHA-256 " + run.Input.SHA256}},
	}
	add := func(label string, lines ...string) {
		if text := strings.Join(lines, ""); text != "" {
			list = append(list, html.Fact{Label: label, Lines: lines})
		}
	}
	if run.Account != "" {
		add("Account", run.Account+" at "+run.API)
	}
	add("Ticket", run.Ticket)
	add("Operator", run.Operator)
	add("Reason", run.Reason)
	add("Started", strings.TrimSpace(s.StartedAt.Format(clock)+" "+by(run)))
	if !s.EndedAt.IsZero() {
		add("Ended", fmt.Sprintf("%s, after %s", s.EndedAt.Format(clock), milliseconds(s.DurationMs)))
	}
	if s.Stop != nil {
		add("Why it stopped", reason(s.Stop))
	}
	add("Requests", written(requests, s))
	add("Waits", written(waits, s))
	if plan != nil {
		add("Reading", capital(ReadingText(plan.Reading)))
		add("Plan", planRequests(plan.Budget), "Hash "+plan.Hash+", made at "+plan.MadeAt.Format(clock))
		add("Notes", noted(plan.Notes)...)
	}
	if back := standsAt(s, plan); back != nil {
		add("Way back", WayBackLines(*back)...)
	}
	if lines := asked(s.Controls); len(lines) > 0 {
		add("Asked for", lines...)
	}
	add("Settings", fmt.Sprintf("%s, %s, stops at more than %s failures", run.Rate, countOf(run.Workers, "worker"), run.MaxFailures))
	add("Version", "bulknum "+run.Version)
	add("Folder", s.Folder)
	return list
}

// standsAt is where a run stands, or would stand if its plan were begun.
func standsAt(s *batch.Summary, plan *batch.Plan) *batch.WayBack {
	if s.WayBack == nil && plan != nil {
		return plan.WayBack
	}
	return s.WayBack
}

// asked are the things that were asked of a run while it went.
func asked(controls []batch.Controlled) []string {
	var lines []string
	for _, c := range controls {
		line := c.At.Format(clock) + " " + string(c.What)
		if c.Detail != "" {
			line += " " + c.Detail
		}
		if c.By != "" {
			line += ", by " + c.By
		}
		lines = append(lines, line)
	}
	return lines
}

// written is what a part of the summary says, without its label.
func written(part func(*bytes.Buffer, *batch.Summary), s *batch.Summary) string {
	var b bytes.Buffer
	part(&b, s)
	if b.Len() <= labelWidth {
		return ""
	}
	return strings.TrimSpace(b.String()[labelWidth:])
}

// noted are the notes of a plan.
func noted(notes []batch.PlanNote) []string {
	lines := make([]string, len(notes))
	for i, note := range notes {
		lines[i] = note.String()
	}
	return lines
}
