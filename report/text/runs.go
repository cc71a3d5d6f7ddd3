package text

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/bulknum/bulknum/batch/prune"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/words"
)

// Runs writes a list of runs as a table for people, as they are at a moment.
func Runs(w io.Writer, all []runs.Info, now time.Time) error {
	t := table.NewWriter()
	t.SetStyle(tableStyle())
	t.SuppressTrailingSpaces()
	t.AppendHeader(table.Row{"Run", "Job", "State", "Rows", "Age", "Started", "What became of the rows"})
	for _, run := range all {
		t.AppendRow(table.Row{
			words.Printable(run.Name), words.Printable(run.Job), run.State, rowCount(run), Age(now.Sub(run.StartedAt)),
			run.StartedAt.Local().Format("2006-01-02 15:04 MST"), words.Printable(runDetail(run)),
		})
	}
	_, err := io.WriteString(w, t.Render()+"\n")
	return err
}

// rowCount is how many rows a run has, if that is known.
func rowCount(run runs.Info) string {
	if run.Counts == nil {
		return ""
	}
	return words.Count(run.Rows)
}

// runDetail is what there is to say of a run: its counts, why it ended early,
// who works on it.
func runDetail(run runs.Info) string {
	var parts []string
	for _, status := range result.Statuses() {
		if n := run.Counts[status]; n > 0 {
			parts = append(parts, words.Count(n)+" "+string(status))
		}
	}
	text := strings.Join(parts, ", ")
	var notes []string
	if run.Sandbox {
		notes = append(notes, "sandbox")
	}
	switch {
	case run.RollbackOf != "":
		notes = append(notes, "rollback of "+run.RollbackOf)
	case run.Waves != "":
		notes = append(notes, "waves "+run.Waves)
	}
	if run.RolledBack != nil {
		notes = append(notes, run.RolledBack.String())
	}
	if run.Why != "" {
		notes = append(notes, run.Why)
	}
	if run.FolderGone {
		notes = append(notes, "no folder here: bulknum report "+run.Name+" makes it")
	}
	if h := run.Holder; h != nil {
		notes = append(notes, fmt.Sprintf("pid %d on %s", h.PID, h.Host))
	}
	if len(notes) > 0 {
		text = strings.TrimSpace(text + " (" + strings.Join(notes, "; ") + ")")
	}
	return text
}

// Age is a length of time in its largest unit: 12 m, 5 h, 90 d.
func Age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", max(0, d)/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d m", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", d/time.Hour)
	default:
		return fmt.Sprintf("%d d", d/(24*time.Hour))
	}
}

// Prune writes what is to be done about old runs: verb is for those that can
// go. Those that are kept come with their reasons.
func Prune(w io.Writer, p *prune.Plan, verb string, now time.Time) error {
	var b strings.Builder
	for _, run := range p.Old {
		fmt.Fprintf(&b, "%s %s: %s, %s old\n", verb, words.Printable(run.Name), run.State, Age(now.Sub(run.StartedAt)))
	}
	for _, run := range p.Kept {
		for _, reason := range run.Reasons {
			fmt.Fprintf(&b, "keep %s: %s\n", words.Printable(run.Name), words.Printable(reason))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
