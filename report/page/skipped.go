package page

import (
	"github.com/bulknum/bulknum/batch/folder"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/page/html"
	"github.com/bulknum/bulknum/report/words"
)

// addSkipped puts the rows that a rollback skips on its page.
func addSkipped(page *html.Page, s *runs.Summary, skipped []runs.Skipped) {
	if len(skipped) == 0 {
		return
	}
	page.Figures = append(page.Figures, html.Figure{
		Label: "Skipped", Value: words.Count(len(skipped)), Note: "rows of the run that is rolled back, or parts of them", Tone: html.Warning,
	})
	page.Headline += "; " + words.CountOf(len(skipped), "row") + " of run " + s.Run.RollbackOf + " " + words.Verb(len(skipped)) + " skipped, wholly or in part"
	if page.Tone == html.Good {
		page.Tone = html.Warning
	}
	t := html.Table{
		ID: "skipped", Title: "Skipped",
		Note:    "Rows of run " + s.Run.RollbackOf + " that cannot be rolled back, or only in part: the former value of a field is not known.",
		Columns: []html.Column{{Name: "Its line", Numeric: true}, {Name: "Number", Whole: true}, {Name: "Rolled back", Whole: true}, {Name: "Why not"}},
	}
	for _, l := range skipped[:min(len(skipped), words.FirstRows)] {
		extent := "no"
		if l.Partly {
			extent = "in part"
		}
		t.Lines = append(t.Lines, []string{words.Count(l.Line), l.Number, extent, l.Why})
	}
	if more := len(skipped) - words.FirstRows; more > 0 {
		t.Note += " " + words.CountOf(more, "more row") + " in " + s.Folder + "/" + folder.SummaryFile + "."
	}
	page.Tables = append(page.Tables, t)
}
