package report

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/folder"
	"github.com/bulknum/bulknum/batch/settings"
)

// FinishVerify writes verify.csv into the run's folder, and report.html anew,
// which tells of it; each wholly or not at all.
func FinishVerify(ctx context.Context, run *batch.Run) error {
	now, done, ours, err := run.Hold(ctx)
	if err != nil || !ours {
		return err
	}
	err = errors.Join(now.Dir().Ensure(), writeVerified(ctx, now))
	done()
	return errors.Join(err, retell(ctx, run))
}

// writeVerified writes verify.csv, if numbers were read again after they were
// sent.
func writeVerified(ctx context.Context, run *batch.Run) error {
	last, err := run.LastVerified()
	if err != nil || len(last) == 0 {
		return err
	}
	return run.Dir().WriteAtomic(folder.VerifyCSVFile, func(w io.Writer) error { return VerifyCSV(w, run.Verified(ctx)) })
}

// verifyLine is a line of verify.csv: the columns in their order.
type verifyLine struct {
	Row, Line int
	Number    cell
	Status    batch.Status
	Verified  batch.VerifyStatus
	Drift     cell
	Error     cell
	ReadAt    moment
}

// VerifyCSV writes what numbers were found to be as verify.csv has it, a line a
// row: Status is what the run says of it, Drift what was asked for and what the
// number has. It streams. Cells that a spreadsheet would take for a formula are
// made harmless with a ' in front.
func VerifyCSV(w io.Writer, rows iter.Seq2[batch.VerifiedRow, error]) error {
	return writeCSV(w, rows, func(lines []verifyLine, r batch.VerifiedRow) []verifyLine {
		return append(lines, verifyLine{
			Row: r.Row, Line: r.Line, Number: cell(r.Number), Status: r.Result, Verified: r.Status,
			Drift: cell(driftText(r.Drift)), Error: cell(r.Error), ReadAt: moment{r.At},
		})
	})
}

// driftText is what differs, in one line.
func driftText(drift []settings.Change) string {
	texts := make([]string, len(drift))
	for i, c := range drift {
		texts[i] = c.String()
	}
	return strings.Join(texts, "; ")
}

// verifyVersion is the version of the document of verify.
const verifyVersion = 1

// VerifyJSON writes a verification as one JSON document: version, run, folder,
// when and how the numbers were read, counts, and verifyRows, an array of
// [batch.VerifiedRow] that has a line a row. It streams. Times are UTC, to the
// millisecond.
func VerifyJSON(w io.Writer, v *batch.Verification, rows iter.Seq2[batch.VerifiedRow, error]) error {
	head := struct {
		Version int                        `json:"version"`
		At      string                     `json:"at"`
		Folder  string                     `json:"folder"`
		Run     batch.Identity             `json:"run"`
		Rows    int                        `json:"rows"`
		Counts  map[batch.VerifyStatus]int `json:"counts"`
		Reading batch.Reading              `json:"reading"`
	}{verifyVersion, v.At.UTC().Format("2006-01-02T15:04:05.000Z"), v.Run.Folder(), v.Run.Identity, v.Rows, v.Counts, v.Reading}
	return documentJSON(w, head, "verifyRows", rows, func(r batch.VerifiedRow) batch.VerifiedRow {
		r.At = inUTC(r.At)
		return r
	})
}

// VerifyText writes a verification for people: the rows that are not as asked,
// ! with a line for each field that differs or the reason why the number cannot
// be read; then the figures. The first 50 of either kind are listed, or all of
// them if full is set.
func VerifyText(w io.Writer, v *batch.Verification, rows iter.Seq2[batch.VerifiedRow, error], full bool) error {
	var b bytes.Buffer
	listed := map[batch.VerifyStatus]int{}
	for r, err := range rows {
		if err != nil {
			return err
		}
		if r.Status == batch.AsAsked {
			continue
		}
		if listed[r.Status]++; full || listed[r.Status] <= firstRows {
			notAsAsked(&b, r)
		}
	}
	for _, status := range []batch.VerifyStatus{batch.Drifted, batch.Unreadable} {
		if more := listed[status] - firstRows; more > 0 && !full {
			fmt.Fprintf(&b, "… %s %s: --full shows them\n", countOf(more, "more row"), status)
		}
	}
	if b.Len() > 0 {
		b.WriteString("\n")
	}
	verifyTotals(&b, v)
	_, err := b.WriteTo(w)
	return err
}

// notAsAsked writes a row that drifted or cannot be read.
func notAsAsked(b *bytes.Buffer, r batch.VerifiedRow) {
	begin := fmt.Sprintf("! %s  %-*s  ", text.Pad(shownNumber(r.Number), numberWidth, ' '), len(batch.Unreadable), r.Status)
	indent := columns(begin)
	lines := wrapped(fmt.Sprintf("line %s: %s", Count(r.Line), printable(r.Error)), textWidth-indent)
	if len(r.Drift) > 0 {
		lines = nil
		for _, c := range r.Drift {
			lines = append(lines, printable(c.String()))
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
	if n := v.Rows - v.Counts[batch.AsAsked]; n > 0 {
		fmt.Fprintf(b, "Run %s: %s of %s are not as asked\n\n", name, Count(n), countOf(v.Rows, "row"))
	} else {
		fmt.Fprintf(b, "Run %s: every number is as asked\n\n", name)
	}
	number := len(Count(v.Rows))
	fmt.Fprintf(b, "Rows          %*s\n", number, Count(v.Rows))
	for _, status := range batch.VerifyStatuses() {
		if n := v.Counts[status]; n > 0 {
			fmt.Fprintf(b, "  %-10s  %*s\n", status, number, Count(n))
		}
	}
	b.WriteString("\n")
	field(b, "Reading", strings.TrimPrefix(ReadingText(v.Reading), "reading "))
	rolledBack(b, v.RolledBack)
	field(b, "Folder", v.Run.Folder())
}
