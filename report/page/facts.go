package page

import (
	"fmt"
	"strings"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/page/html"
	"github.com/bulknum/bulknum/report/words"
)

// facts are the particulars of a run, in the words of its summary.
func facts(s *runs.Summary, made *plan.Plan) []html.Fact {
	run := s.Run
	name := run.Name
	if run.Job != "" {
		name += ", job " + run.Job
	}
	list := []html.Fact{
		{Label: "Run", Lines: []string{name}},
		{Label: "Input", Lines: []string{run.Source + ", " + words.CountOf(int(run.Input.Bytes), "byte"), "SHA-256 " + run.Input.SHA256}},
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
	add("Started", strings.TrimSpace(s.StartedAt.Format(words.Clock)+" "+by(run)))
	if !s.EndedAt.IsZero() {
		add("Ended", fmt.Sprintf("%s, after %s", s.EndedAt.Format(words.Clock), words.Took(s)))
	}
	if s.Stop != nil {
		add("Why it stopped", words.StopReason(s.Stop))
	}
	add("Requests", words.Requests(s))
	add("Waits", words.Waits(s))
	add("Limit", words.Limit(s))
	if made != nil {
		add("Reading", words.Capital(words.Reading(made.Reading)))
		add("Plan", words.PlanRequests(made.Budget), "Hash "+made.Hash+", made at "+made.MadeAt.Format(words.Clock))
		add("Notes", noted(made.Notes)...)
	}
	if back := standsAt(s, made); back != nil {
		add("Rollback window", words.RollbackWindow(*back)...)
	}
	add("In service", words.Service(s.Service, s.StartedAt.Location())...)
	if lines := asked(s.Controls); len(lines) > 0 {
		add("Asked for", lines...)
	}
	add("Late answers", words.LateAnswers(s.LateAnswers)...)
	add("Settings", sentWith(run))
	add("Version", "bulknum "+run.Version)
	add("Folder", s.Folder)
	return list
}

// sentWith is how a run sends; a plan has a rate only, and what else holds, who applies it says.
func sentWith(run runs.Identity) string {
	text := run.Rate + ", " + words.CountOf(run.Workers, "worker")
	if run.DryRun {
		return text
	}
	return fmt.Sprintf("%s, stops at more than %s failures", text, run.MaxFailures)
}

// standsAt is where a run stands, or a plan would stand if it were begun.
func standsAt(s *runs.Summary, made *plan.Plan) *plan.RollbackWindow {
	if s.Run.DryRun && made != nil {
		return made.RollbackWindow
	}
	return s.RollbackWindow
}

// asked are the things that were asked of a run while it went.
func asked(controls []event.Commanded) []string {
	var lines []string
	for _, c := range controls {
		line := c.At.Format(words.Clock) + " " + string(c.What)
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

// noted are the notes of a plan.
func noted(notes []plan.Note) []string {
	lines := make([]string, len(notes))
	for i, note := range notes {
		lines[i] = note.String()
	}
	return lines
}
