package batch

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/bulknum/bulknum/batch/folder"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/route"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/internal/safefile"
)

// includeFailed adds to the copy of the input the rows that failed in the job's last run and that it does not name. A
// file that cannot be read stays as it is: its check refuses it.
func includeFailed(
	ctx context.Context, cfg *Config, dir *folder.Folder, account store.Account, own folder.Copied,
) (folder.Copied, error) {
	cfg.included = &runs.Included{SHA256: own.SHA256}
	path := dir.File(own.File)
	named, err := input.NamedBy(ctx, path, cfg.Input)
	if _, unreadable := errors.AsType[*input.FileError](err); unreadable {
		return own, nil
	}
	if err != nil {
		return own, err
	}
	failed, err := cfg.runs().Failed(ctx, cfg.Job, account, named, cfg.included)
	if err != nil || len(failed) == 0 {
		return own, err
	}
	var more bytes.Buffer
	added, err := input.Append(&more, path, cfg.Input, own.Bytes, func(yield func(input.Row, error) bool) {
		for _, row := range failed {
			if !yield(row, nil) {
				return
			}
		}
	})
	if err != nil {
		return own, err
	}
	cfg.Input.Added, cfg.included.Line = added, added.Lines
	if bytes.HasPrefix(more.Bytes(), []byte("\n")) {
		cfg.included.Line++
	}
	file, err := safefile.Open(path)
	if err != nil {
		return own, err
	}
	defer file.Close()
	return dir.CopyInput(ctx, io.MultiReader(file, &more), func(string) string { return own.File })
}

// noteIncluded notes in a plan which rows of another run were included, which of the lines that it names are theirs, and
// which names in them mean other routes by now.
func noteIncluded(ctx context.Context, included *runs.Included, routes *route.Directory, made *plan.Plan) error {
	if included == nil {
		return nil
	}
	for i := range made.Notes {
		made.Notes[i].Included = included.Of(made.Notes[i].Lines)
	}
	made.Notes = append(made.Notes, plan.Note{Detail: included.String(), Aside: true}) // it was told before the check
	moved, err := routes.Moved(ctx, included.Meant, "in run "+included.Run)
	for _, what := range moved {
		made.Notes = append(made.Notes, plan.Note{Detail: what + ": the included rows go where it means now"})
	}
	return err
}
