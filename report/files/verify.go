package files

import (
	"context"
	"errors"
	"io"
	"iter"
	"strconv"
	"strings"

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

// VerifyJSON writes a verification as one JSON document: version, run, folder,
// when and how the numbers were read, counts, the fields that were not shown, and verifyRows, an array of
// [runs.VerifiedRow] that has a line a row. It streams. Times are UTC, to the
// millisecond.
func VerifyJSON(w io.Writer, v *batch.Verification, rows iter.Seq2[runs.VerifiedRow, error]) error {
	head := struct {
		Version  int                         `json:"version"`
		At       string                      `json:"at"`
		Folder   string                      `json:"folder"`
		Run      runs.Identity               `json:"run"`
		Rows     int                         `json:"rows"`
		Counts   map[result.VerifyStatus]int `json:"counts"`
		NotShown map[string]int              `json:"notShown,omitempty"`
		Reading  plan.Reading                `json:"reading"`
	}{
		verifyVersion, v.At.UTC().Format("2006-01-02T15:04:05.000Z"), v.Run.Folder(), v.Run.Identity,
		v.Rows, v.Counts, v.NotShown, v.Reading,
	}
	return documentJSON(w, head, "verifyRows", rows, func(r runs.VerifiedRow) runs.VerifiedRow {
		r.At = inUTC(r.At)
		return r
	})
}
