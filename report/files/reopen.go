package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/bulknum/bulknum/batch/folder"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/report/page"
)

// Reopen makes the files of a run's folder say that the run goes on, if they tell of an earlier
// execution or of a plan. report.html and summary.json are written without rows, with how these
// stand as it is told; results.csv is removed until [Finish] writes it. Until the execution sends,
// a plan is one still, which somebody may want to see before agreeing to it.
func Reopen(ctx context.Context, in runs.Folder, name string, since time.Time, counts map[result.Status]int, sends bool) error {
	if !anyReport(folder.At(in.Dir, name)) {
		return nil
	}
	run, err := in.Open(ctx, name)
	if err != nil || !sends && !run.Applied {
		return err
	}
	s, err := runs.Uncounted(ctx, run)
	if err != nil {
		return err
	}
	s.State, s.Stop, s.EndedAt, s.Guards = runs.Running, nil, time.Time{}, nil
	s.Counts = counts
	for _, n := range counts {
		s.Rows += n
	}
	me := store.Myself(run.Folder(), "")
	who := fmt.Sprintf("process %d on %s", me.PID, me.Host)
	return errors.Join(
		run.Dir().WriteAtomic(folder.SummaryFile, func(w io.Writer) error { return JSON(w, s) }),
		run.Dir().WriteAtomic(folder.HTMLFile, func(w io.Writer) error { return page.Reopened(w, run, s, since, who) }),
		run.Dir().RemoveFile(folder.ResultsFile),
	)
}

// anyReport reports whether a folder has what tells how a run stands.
func anyReport(dir *folder.Folder) bool {
	for _, name := range []string{folder.HTMLFile, folder.SummaryFile, folder.ResultsFile} {
		if _, err := os.Lstat(dir.File(name)); !errors.Is(err, fs.ErrNotExist) {
			return true
		}
	}
	return false
}
