package page

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/folder"
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/page/html"
	"github.com/bulknum/bulknum/report/words"
)

// found is what the numbers of a run were found to be after they were sent, by
// verify or after their wave.
type found struct {
	last     map[int]runs.Verified // by line
	counts   map[result.VerifyStatus]int
	from, to time.Time
	inWaves  int
	drifted  string // the first number that did, if one did
	hidden   map[string]int
	worst    []result.Result // the rows that are not in sync, the first ones
}

// add takes in what a row's number was found to be, if it was read.
func (f *found) add(r result.Result) {
	v, read := f.last[r.Line]
	if !read {
		return
	}
	if f.counts == nil {
		f.counts, f.hidden = map[result.VerifyStatus]int{}, map[string]int{}
	}
	f.counts[v.Status]++
	for _, field := range v.NotShown {
		f.hidden[field]++
	}
	if f.from.IsZero() || v.At.Before(f.from) {
		f.from = v.At
	}
	if v.At.After(f.to) {
		f.to = v.At
	}
	if v.Wave > 0 {
		f.inWaves++
	}
	if v.Status == result.Drifted && f.drifted == "" {
		f.drifted = r.Number
	}
	if v.Status != result.InSync && len(f.worst) < words.FirstRows {
		f.worst = append(f.worst, r)
	}
}

// line is what the table says of a row's number; routes have their names.
func (f *found) line(r result.Result, routes map[string]string) []string {
	v := f.last[r.Line]
	what := words.WithRouteNames(words.Drift(v.Drift)+v.Error, routes)
	return []string{words.PlaceCell(r.Line, r.Row), r.Number, string(v.Status), what, v.At.Format(words.Clock)}
}

// tell puts it on the page of the run.
func (f *found) tell(page *html.Page, s *runs.Summary) {
	total := f.counts[result.InSync] + f.counts[result.Drifted] + f.counts[result.NotShown] + f.counts[result.Unreadable]
	if total == 0 {
		return
	}
	figure := html.Figure{Label: "Read again, in sync", Value: words.Count(f.counts[result.InSync]), Note: "of " + words.CountOf(total, "number"), Tone: html.Good}
	if worse := f.worse(); worse != "" {
		figure.Note, figure.Tone = worse, html.Warning
		if words.NotInSync(s) == "" { // otherwise it says so
			page.Headline += "; read again later, " + worse
		}
		if page.Tone == html.Good {
			page.Tone = html.Warning
		}
	}
	page.Figures = append(page.Figures, figure)
	page.Tables = append(page.Tables, f.table(total, s))
	if f.drifted != "" && s.RolledBack == nil {
		page.Next = append(page.Next, f.next(s)...)
	}
}

// worse counts what is not in sync in words, if anything is.
func (f *found) worse() string {
	var parts []string
	if n := f.counts[result.Drifted]; n > 0 {
		parts = append(parts, words.Count(n)+" drifted")
	}
	if n := f.counts[result.NotShown]; n > 0 {
		parts = append(parts, words.Count(n)+" not shown by the API")
	}
	if n := f.counts[result.Unreadable]; n > 0 {
		parts = append(parts, words.Count(n)+" unreadable")
	}
	return strings.Join(parts, ", ")
}

// table lists what is not in sync.
func (f *found) table(total int, s *runs.Summary) html.Table {
	t := html.Table{ID: "found", Title: "Read again"}
	for _, r := range f.worst {
		t.Lines = append(t.Lines, f.line(r, s.Routes))
	}
	t.Note = fmt.Sprintf("Of %s that were read again after they were sent, %s", words.CountOf(total, "number"), f.when())
	if f.inWaves > 0 {
		t.Note += fmt.Sprintf(" (%s after their wave)", words.Count(f.inWaves))
	}
	t.Note += fmt.Sprintf(", %s %s in sync", words.Count(f.counts[result.InSync]), words.Verb(f.counts[result.InSync]))
	if worse := f.worse(); worse != "" {
		t.Note += ", " + worse + ". A number that drifted was changed by somebody else since, or did not keep what it was given"
		t.Columns = []html.Column{{Name: words.PlaceColumn, Numeric: true}, {Name: "Number", Whole: true}, {Name: "Found", Whole: true}, {Name: "From what was asked to what it has"}, {Name: "Read at", Whole: true}}
	}
	if more := total - f.counts[result.InSync] - len(f.worst); more > 0 {
		t.Note += fmt.Sprintf(". The first %d are listed; the rows below can be filtered by it, and %s/%s has them all", len(f.worst), s.Folder, folder.VerifyCSVFile)
	}
	t.Note += "."
	if len(f.hidden) > 0 {
		t.Note += " Not shown by the API, so not compared: " + words.NotShown(f.hidden) + "."
	}
	return t
}

// when says when the numbers were read.
func (f *found) when() string {
	if f.to.Sub(f.from) < time.Minute {
		return "at " + f.to.Format(words.Clock)
	}
	return "between " + f.from.Format(words.Clock) + " and " + f.to.Format(words.Clock)
}

// next is what can be done about numbers that drifted.
func (f *found) next(s *runs.Summary) []html.Command {
	history := "bulknum history " + f.drifted
	if dir := filepath.Dir(s.Folder); dir != "runs" {
		history += " --" + option.RunsDir + " " + words.ShellWord(dir)
	}
	return []html.Command{
		{Label: "See what your runs did to a number that drifted:", Line: history},
		{Label: "Read the numbers again:", Line: "bulknum verify " + words.ShellWord(s.Folder)},
	}
}
