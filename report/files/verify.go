package files

import (
	"context"
	"errors"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/folder"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/words"
)

// FinishVerify writes verify.csv into the run's folder, and report.html anew,
// which tells of it; each wholly or not at all.
func FinishVerify(ctx context.Context, run *runs.Run) error {
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
func writeVerified(ctx context.Context, run *runs.Run) error {
	last, err := run.LastVerified()
	if err != nil || len(last) == 0 {
		return err
	}
	return run.Dir().WriteAtomic(folder.VerifyCSVFile, func(w io.Writer) error { return VerifyCSV(w, run.Verified(ctx)) })
}

// verifyColumns are those of verify.csv.
const verifyColumns = "Row,Line,Number,Status,Verified,Drift,Error,ReadAt,NotShown"

// VerifyCSV writes what numbers were found to be as verify.csv has it, a line a
// row: Status is what the run says of it, Drift what was asked for and what the
// number has. It streams. Cells that a spreadsheet would take for a formula are
// made harmless with a ' in front.
func VerifyCSV(w io.Writer, rows iter.Seq2[runs.VerifiedRow, error]) error {
	return writeCSV(w, verifyColumns, rows, func(r runs.VerifiedRow, line func(...string)) {
		line(strconv.Itoa(r.Row), strconv.Itoa(r.Line), cell(r.Number), string(r.Result), string(r.Status),
			cell(words.Drift(r.Drift)), cell(r.Error), moment(r.At), cell(strings.Join(r.NotShown, " ")))
	})
}

// verifyVersion is the version of the document of verify.
const verifyVersion = 1

// VerifyDocument is what [VerifyJSON] writes.
type VerifyDocument struct {
	VerifyHead
	// VerifyRows are all rows that were sent, in the order of the input.
	VerifyRows []runs.VerifiedRow `json:"verifyRows"`
}

// VerifyHead is what a [VerifyDocument] has before its rows.
type VerifyHead struct {
	// Version is the version of this document.
	Version int `json:"version"`
	// At is when the numbers were read.
	At time.Time `json:"at"`
	// Folder is the run's, as a path.
	Folder string        `json:"folder"`
	Run    runs.Identity `json:"run"`
	// Rows is how many were read again, Counts how many of them were found to be how.
	Rows   int                         `json:"rows"`
	Counts map[result.VerifyStatus]int `json:"counts"`
	// NotShown is of how many rows the API does not show a field, by its name.
	NotShown map[string]int `json:"notShown,omitempty"`
	// Reading is how the numbers were read.
	Reading plan.Reading `json:"reading"`
}

// VerifyJSON writes a verification as one JSON document, a [VerifyDocument] that has a line a row. It streams. Times are
// UTC, to the millisecond.
func VerifyJSON(w io.Writer, v *batch.Verification, rows iter.Seq2[runs.VerifiedRow, error]) error {
	head := VerifyHead{
		Version: verifyVersion, At: inUTC(v.At), Folder: v.Run.Folder(), Run: v.Run.Identity,
		Rows: v.Rows, Counts: v.Counts, NotShown: v.NotShown, Reading: v.Reading,
	}
	return documentJSON(w, head, "verifyRows", rows, func(r runs.VerifiedRow) runs.VerifiedRow {
		r.At = inUTC(r.At)
		return r
	})
}
