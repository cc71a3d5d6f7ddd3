package page

import (
	"fmt"
	"io"
	"time"

	"github.com/bulknum/bulknum/batch/folder"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/page/html"
	"github.com/bulknum/bulknum/report/words"
)

// Reopened writes the page of a run that an execution has just taken up, without its rows. The page
// stays so until somebody writes another one, also when the execution is cut off: it says of
// which moment it is, by whom the run was taken up, and where it can be seen how it stands.
func Reopened(w io.Writer, run *runs.Run, s *runs.Summary, since time.Time, who string) error {
	page := pageOf(s, run.Plan, nil)
	page.Headline = fmt.Sprintf("Goes on since %s; how it stands now is not on this page", since.Format(words.Clock))
	page.Tone = html.Warning
	page.Lead = append(page.Lead, fmt.Sprintf("%s works on it, or was cut off. This page is of %s, and is written again at the end.",
		words.Capital(words.Printable(who)), page.MadeAt))
	at := words.ShellWord(s.Folder)
	page.Next = []html.Command{
		{Label: "See how it stands while it goes on:", Line: "bulknum ctl " + at + " status"},
		{Label: "See what became of it, also if it was cut off:", Line: "bulknum report " + at},
	}
	page.Rows, page.CSV = 0, s.Folder+"/"+folder.ResultsFile+", once the run has ended"
	return html.Write(w, page, noRows)
}
