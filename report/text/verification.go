package text

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/words"
)

// Verification writes a verification for people: the rows that are not in sync,
// ! with a line for each field that differs or the reason why the number cannot
// be read; then the figures. The first 50 of either kind are listed, or all of
// them if full is set.
func Verification(w io.Writer, v *batch.Verification, rows iter.Seq2[runs.VerifiedRow, error], full bool) error {
	var b bytes.Buffer
	listed := map[result.VerifyStatus]int{}
	var routes map[string]string
	if v.Run.Plan != nil {
		routes = v.Run.Plan.Routes
	}
	for r, err := range rows {
		if err != nil {
			return err
		}
		if r.Status == result.InSync {
			continue
		}
		if listed[r.Status]++; full || listed[r.Status] <= words.FirstRows {
			notInSync(&b, r, routes)
		}
	}
	for _, status := range []result.VerifyStatus{result.Drifted, result.NotShown, result.Unreadable} {
		if more := listed[status] - words.FirstRows; more > 0 && !full {
			fmt.Fprintf(&b, "… %s %s: --"+option.Full+" shows them\n", words.CountOf(more, "more row"), status)
		}
	}
	if b.Len() > 0 {
		b.WriteString("\n")
	}
	verifyTotals(&b, v)
	_, err := b.WriteTo(w)
	return err
}

// notInSync writes a row that drifted or cannot be read.
func notInSync(b *bytes.Buffer, r runs.VerifiedRow, routes map[string]string) {
	begin := fmt.Sprintf("! %s  %-*s  ", text.Pad(words.Number(r.Number), words.NumberWidth, ' '), len(result.Unreadable), r.Status)
	indent := words.Width(begin)
	lines := wrapped(fmt.Sprintf("%s: %s", result.Place(r.Line, r.Row), words.Printable(r.Error)), textWidth-indent)
	if len(r.Drift) > 0 {
		lines = nil
		for _, c := range r.Drift {
			lines = append(lines, words.Printable(words.WithRouteNames(c.String(), routes)))
		}
	}
	for _, line := range lines {
		b.WriteString(begin + line + "\n")
		begin = strings.Repeat(" ", indent)
	}
}

// verifyTotals writes what a verification comes to.
func verifyTotals(b *bytes.Buffer, v *batch.Verification) {
	name := v.Run.Identity.Name
	if n := v.Rows - v.Counts[result.InSync]; n > 0 {
		fmt.Fprintf(b, "Run %s: %s of %s %s not in sync\n\n", name, words.Count(n), words.CountOf(v.Rows, "row"), words.Verb(n))
	} else {
		seen := ""
		if len(v.NotShown) > 0 {
			seen = ", as far as the API shows it"
		}
		fmt.Fprintf(b, "Run %s: every number is in sync%s\n\n", name, seen)
	}
	number := len(words.Count(v.Rows))
	fmt.Fprintf(b, "Rows          %*s\n", number, words.Count(v.Rows))
	for _, status := range result.VerifyStatuses() {
		if n := v.Counts[status]; n > 0 {
			fmt.Fprintf(b, "  %-10s  %*s\n", status, number, words.Count(n))
		}
	}
	b.WriteString("\n")
	if len(v.NotShown) > 0 {
		field(b, "Not shown", words.NotShown(v.NotShown))
	}
	field(b, "Reading", strings.TrimPrefix(words.Reading(v.Reading), "reading "))
	rolledBack(b, v.RolledBack)
	field(b, "Folder", words.Printable(v.Run.Folder()))
}
